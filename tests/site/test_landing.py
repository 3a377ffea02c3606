"""The landing page, as a first visitor meets it: something to move, the chapters, the archive."""

import zipfile

import pytest
from bookbuild.archive import ADDRESS, ALONE, NAME, archive
from bookbuild.mistakes import chapters
from driver import Watch
from driver.page import cards, opened_cards, soup, weights
from playwright.sync_api import expect

HTML_LIMIT = 60_000  # bytes as they travel: half of a chapter's
HEIGHT = 900


@pytest.fixture
def front(site, new_page, book):
    with new_page(height=HEIGHT) as page:
        watch = Watch(page)
        page.goto(f"{site}/intro.html")
        page.wait_for_load_state("networkidle")
        yield page
        assert watch.faults == []


def test_it_begins_with_an_explorer_that_answers(front, book):
    [controls] = opened_cards(front, book / "intro.html")
    box = controls.box.bounding_box()
    assert box["y"] + box["height"] <= HEIGHT, "a desktop shows all of it without scrolling"
    setting = dict(controls.start)
    for name in setting:
        setting[name] = controls.by_keyboard(name, "End", setting[name])
        controls.assert_shows(setting)


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1600])
def test_nothing_sticks_out(front, width):
    front.set_viewport_size({"width": width, "height": HEIGHT})
    assert front.evaluate("document.documentElement.scrollWidth") <= width
    top = front.locator("nn-explorer .nn-pictures").bounding_box()["y"]
    assert top < HEIGHT / 2, "the picture is in the upper half of the first screen"


def test_it_is_light(book):
    html, frames = weights(book / "intro.html")
    assert html <= HTML_LIMIT, f"the HTML has {html:,} bytes, compressed"
    assert frames <= HTML_LIMIT, f"the frames have {frames:,} bytes, compressed"


def test_each_chapter_has_a_card_with_a_picture(front):
    links = front.locator(".nn-chapters a")
    assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        f"{chapter}.html" for chapter in chapters()
    ]
    for link in links.all():
        expect(link.locator("svg.nn-small")).to_be_visible()
        expect(link.locator("small")).to_contain_text(" min · ")
    front.locator(".nn-chapters a").nth(3).click()
    front.wait_for_url("**/chapters/optimizers.html")


def test_no_two_parts_of_it_have_one_name(book):
    names = [element["id"] for element in soup(book / "intro.html").select("[id]")]
    assert len(names) == len(set(names))


def test_it_gives_the_book_away(front):
    with front.expect_download() as download:
        front.get_by_role("link", name="Download the book").click()
    assert download.value.suggested_filename == f"{NAME}.zip"
    with zipfile.ZipFile(download.value.path()) as file:
        assert f"{NAME}/README.txt" in file.namelist()


@pytest.mark.parametrize("chapter", chapters())
def test_a_chapters_menu_saves_files(chapter, book):
    links = {a["href"]: a for a in soup(book / f"{chapter}.html").select("a[class*=btn-download]")}
    assert set(links) == {f"../_sources/{chapter}.ipynb", f"../{ADDRESS}"}
    for address, link in links.items():
        assert link.has_attr("download") and not link.has_attr("target")
        assert (book / "chapters" / address).resolve().is_file()


def test_a_saved_notebook_says_what_it_needs(book):
    for chapter in chapters():
        assert ALONE in (book / f"_sources/{chapter}.ipynb").read_text(encoding="utf-8")


def test_the_archive_is_the_one_that_was_made(book):
    assert (book / ADDRESS).read_bytes() == archive()


def test_its_explorer_is_the_chapters_own(book):
    [ours] = cards(book / "intro.html")
    [theirs] = [c for c in cards(book / f"{chapters()[0]}.html") if c.name == ours.name]
    assert ours.frames == theirs.frames
