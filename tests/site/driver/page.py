"""The explorers of a built page: what its files say that a card must show, and how it is moved."""

import functools
import gzip
import json
import re
from math import prod
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from book_files import ROOT
from bs4 import BeautifulSoup

from . import Controls, latencies, start_stopwatch

FRAMES = re.compile(r'nnFrames\((".*?"),(.*)\);\s*', re.S)
IMPORTS = re.compile(r'(?:from|import) ?"(\./[^"]+)"')
OUR_SCRIPTS = ROOT / "_ext/bookbuild/static"

# How much of the screen moved how far by itself: (share, what moved: from, to) in window.shifts.
# For a page's beginning, before it loads.
COUNT_SHIFTS = """
window.shifts = [];
const named = ({node, previousRect: a, currentRect: b}) =>
  `${node?.nodeName} ${node?.className ?? node?.data} ${a.y},${a.height} -> ${b.y},${b.height}`;
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) shifts.push([entry.value, entry.sources.map(named)]);
}).observe({type: "layout-shift", buffered: true});
"""

# Whether MathJax has come, if the page asks for it, and has set the formulas on the screen.
MATH_IS_SET = """async () => {
  if (!document.querySelector("script[data-src]")) return true;
  if (!window.MathJax?.startup?.promise) return false;
  await MathJax.startup.promise;
  return [...document.querySelectorAll("mjx-lazy")].every(formula => {
    const {top, bottom} = formula.getBoundingClientRect();
    return !formula.checkVisibility() || bottom < 0 || top > innerHeight;
  });
}"""


# They come when a card is near the screen.
FRAMES_ARE_THERE = "card => Boolean(card.frames)"


@functools.lru_cache(maxsize=2)
def soup(page):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def cards(page):
    """The explorers of a built page (a path), in order, as the build has written them into it."""
    return [Card(page, element) for element in soup(page).select("nn-explorer")]


class Card:
    """What the build wrote of one explorer: its controls, its links, and every frame."""

    def __init__(self, page, element):
        self.name = element["id"]
        self.frames_file = page.parent / urlsplit(element["data-frames"]).path
        self.controls = {box["data-name"]: box for box in element.select("[data-name]")}
        self.labels, self.values, self.words, self.start = {}, {}, {}, {}
        for name, box in self.controls.items():
            self.labels[name] = box.find(["legend", "label"]).get_text().strip()
            options = box.select("option") or box.select("input[type=radio]")
            self.values[name] = [option["value"] for option in options]
            self.words[name] = [(o.string or o.parent.get_text()).strip() for o in options]
            (self.start[name],) = [
                k for k, o in enumerate(options) if {"selected", "checked"} & set(o.attrs)
            ]
        self.plays = next((n for n, box in self.controls.items() if box.select(".nn-play")), None)
        self.tries = [
            (link.get_text(), self.named(dict(parse_qsl(link["href"].partition("?")[2]))))
            for link in element.select(".nn-tries a")
        ]
        self.panels = len(element.select(".nn-panel"))

    @functools.cached_property
    def frames(self):
        """Each frame, [drawing of each panel …, sentence], in the order of the controls' values."""
        text = self.frames_file.read_text(encoding="utf-8")
        name, frames = FRAMES.fullmatch(text).groups()
        frames = json.loads(frames)
        count = prod(map(len, self.values.values()))
        assert json.loads(name) == self.name, f"{self.frames_file} is of {name}"
        assert len(frames) == count, f"{self.name} has {len(frames)} frames for {count} settings"
        assert {len(frame) for frame in frames} == {self.panels + 1}
        return frames

    def frame(self, setting):
        """The drawings of all panels, and the sentence: the last control is the fastest."""
        place = 0
        for name, values in self.values.items():
            place = place * len(values) + setting[name]
        *drawings, sentence = self.frames[place]
        return drawings, sentence

    def named(self, values):
        """The setting that an address names by its values; elsewhere it is at the start."""
        return self.start | {n: self.values[n].index(value) for n, value in values.items()}

    def query(self, setting):
        """The setting in an address: what differs from the start."""
        return {n: self.values[n][k] for n, k in setting.items() if k != self.start[n]}


class PageControls(Controls):
    """The native controls of a card, as a reader finds them: sliders, menus, radio buttons."""

    LOOK = """() => {
      const controls = [...explorer.querySelectorAll("[data-name]")];
      const word = box => tidy(box.querySelector("select")?.selectedOptions[0]?.text
        ?? [...box.querySelectorAll(":checked")].map(r => r.parentElement.textContent).join("+"));
      const all = what => Object.fromEntries(controls.map(box => [box.dataset.name, what(box)]));
      const sliders = controls.filter(box => box.querySelector("[type=range]"));
      const slider = box => box.querySelector("[type=range]");
      return {
        controls: all(word),
        sliders: Object.fromEntries(sliders.map(box => [box.dataset.name, slider(box).value])),
        spoken: Object.fromEntries(sliders.map(
          box => [box.dataset.name, slider(box).getAttribute("aria-valuetext")])),
        sentence: tidy(explorer.querySelector(".nn-says > span").textContent),
        pictures: [...explorer.querySelectorAll("g.nn-frame")].map(group => group.innerHTML),
      };
    }"""

    def __init__(self, box, card):
        super().__init__(box, card.words, card.start)
        self.card = card

    def expected(self, setting):
        drawings, sentence = self.card.frame(setting)
        words = {name: self.words[name][index] for name, index in setting.items()}
        sliders = [name for name in self.words if self.kind(name) == "slider"]
        return {
            "controls": words,
            "sliders": {name: str(setting[name]) for name in sliders},
            "spoken": {name: words[name] for name in sliders},
            "sentence": " ".join(sentence.split()),
            "pictures": drawings,
        }

    def kind(self, name):
        kinds = {"nn-slider", "nn-choice", "nn-menu"} & set(self.card.controls[name]["class"])
        return kinds.pop().removeprefix("nn-")

    def control(self, name):
        return self.box.locator(f'[data-name="{name}"]')

    def by_keyboard(self, name, step, now):
        """Move by the keyboard: an arrow key (step of 1 or -1), Home or End; the index to reach.

        Radio buttons know the arrows only, and go on with the first one after the last.
        """
        control, kind, last = self.control(name), self.kind(name), self.last(name)
        if kind == "choice":
            steps = {"Home": -now, "End": last - now}.get(step, step)
            for _ in range(abs(steps)):
                control.locator(":checked").press("ArrowRight" if steps > 0 else "ArrowLeft")
            return (now + steps) % (last + 1)
        if kind == "slider":
            key = {1: "ArrowRight", -1: "ArrowLeft"}.get(step, step)
            control.locator("input").press(key)
        else:
            key = {1: "ArrowDown", -1: "ArrowUp"}.get(step, step)
            control.locator("select").press(key)
        return {"Home": 0, "End": last, 1: min(last, now + 1), -1: max(0, now - 1)}[step]

    def by_mouse(self, name, goal, now):
        """Move by the mouse to the value with this index."""
        control, kind = self.control(name), self.kind(name)
        if kind == "slider":
            track = control.locator("input")
            width, height = track.evaluate("e => [e.clientWidth, e.clientHeight]")
            thumb, share = 24, goal / max(1, self.last(name))
            track.click(position={"x": thumb / 2 + share * (width - thumb), "y": height / 2})
        elif kind == "choice":
            control.locator("label").nth(goal).click()
        else:
            control.locator("select").select_option(index=goal)
        return goal

    def by_value(self, name, goal, now):
        """Choose a slider's value where it is written."""
        self.control(name).locator(".nn-value").select_option(index=goal)
        return goal

    def tour(self):
        yield from super().tour()
        for name in self.words:
            if self.kind(name) == "slider":
                yield name, self.by_value, self.last(name) // 3


def measure_keys(controls, presses=6):
    """Milliseconds from each of some key presses to its picture, with nobody else looking."""
    page = controls.box.page
    controls.assert_shows(controls.start)
    setting = dict(controls.start)
    for name in setting:
        setting[name] = controls.by_keyboard(name, "Home", setting[name])
    controls.assert_shows(setting)
    controls.box.scroll_into_view_if_needed()
    page.wait_for_function(FRAMES_ARE_THERE, arg=controls.box.element_handle())
    page.wait_for_function(MATH_IS_SET)
    start_stopwatch(controls.box)
    for name in setting:
        for press in range(min(presses, controls.last(name))):
            controls.by_keyboard(name, 1, press)
            page.wait_for_timeout(60)
    return latencies(controls.box)


def opened_cards(page, path):
    """The explorers of a page that is open, driven by what its file (a path) holds."""
    return [PageControls(page.locator(f"nn-explorer#{card.name}"), card) for card in cards(path)]


def zipped(path):
    """Bytes of a file as it travels."""
    return len(gzip.compress(Path(path).read_bytes(), 6))


def weights(page):
    """Bytes of a built page (a path) as they travel: its HTML, and the heaviest file of frames."""
    return zipped(page), max((zipped(card.frames_file) for card in cards(page)), default=0)


def weight_of_scripts():
    """Bytes, as they travel, of all scripts that this book wrote for its pages."""
    return sum(map(zipped, sorted(OUR_SCRIPTS.glob("*.js"))))


def weight_of_a_click(static):
    """Bytes, as they travel, of the scripts that a Run button loads from a built site's folder."""
    found, new = set(), {static / "live/cells.js", static / "live/worker.js"}
    while new:
        found |= new
        named = {
            (script.parent / name).resolve()
            for script in new
            for name in IMPORTS.findall(script.read_text(encoding="utf-8"))
        }
        new = named - found
    return sum(map(zipped, found))
