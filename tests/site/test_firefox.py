"""Explorers in Firefox: each control by the keyboard, the right frame, nothing from elsewhere."""

import pytest
from driver import Watch
from driver.page import opened_cards

CHAPTERS = ["appendix/explorers", "chapters/neuron"]  # between them each kind of control


@pytest.mark.parametrize("name", CHAPTERS)
def test_explorers_answer_the_keyboard_in_firefox(name, book, site, firefox):
    with firefox.new_page() as page:
        watch = Watch(page)
        page.goto(f"{site}/{name}.html")
        explorers = opened_cards(page, book / f"{name}.html")
        assert explorers, f"{name} has no explorers"
        for controls in explorers:
            setting = dict(controls.start)
            controls.assert_shows(setting)
            for control in setting:
                for key in ("End", -1, "Home", 1):
                    setting[control] = controls.by_keyboard(control, key, setting[control])
                    controls.assert_shows(setting)
        assert watch.faults == []


def test_the_driver_tells_what_goes_wrong_in_a_page(site, firefox):
    """Else no fault would be a proof of nothing."""
    with firefox.new_page() as page:
        watch = Watch(page, ours=(f"{site}/intro",))
        page.goto(f"{site}/intro.html")
        page.evaluate("""async () => {
          console.error("a message");
          setTimeout(() => { throw new Error("an error"); });
          await fetch("not-there.html");
        }""")
        told = "\n".join(watch.faults)
        for fault in ("a message", "Error: an error", f"foreign request: {site}/_static", "404 "):
            assert fault in told, told
        with pytest.raises(RuntimeError, match="no element nn-nothing"):
            page.locator("nn-nothing").evaluate("element => element.id")
        with pytest.raises(TimeoutError, match="not within"):
            page.wait_for("() => false", seconds=0)


def test_the_mouse_and_the_screen_in_firefox(site, firefox):
    """A radio button that is clicked is chosen; a narrow screen is as narrow as was asked for."""
    with firefox.new_page(width=390, height=844) as page:
        page.goto(f"{site}/appendix/explorers.html")
        assert page.evaluate("() => [innerWidth, innerHeight]") == [390, 844]
        radio = "nn-explorer .nn-choice input:not(:checked)"
        value = page.locator(radio).evaluate("radio => radio.value")
        page.locator(radio).click()
        page.wait_for("value => document.querySelector(`[value='${value}']`).checked", value)
        assert page.screenshot().startswith(b"\x89PNG")
