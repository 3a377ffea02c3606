"""The page Draw a digit as the build writes it: its tool before it starts, and recorded numbers."""

import json
import re

import numpy as np
from bookbuild import digit as page
from bs4 import BeautifulSoup

from nnbook import digit


def test_the_numbers_are_those_of_the_record():
    record = json.loads(page.RECORD.read_text(encoding="utf-8"))
    [before], after = record["runs"], record["eight_bits"]
    told = page.recorded()
    assert told["before"] == f"{100 - len(before['wrong']) / 100:.2f}"
    assert told["after"] == f"{100 - len(after['wrong']) / 100:.2f}"
    assert told["parameters"] == f"{784 * 600 + 600 + 600 * 10 + 10:,}"
    size = (page.ROOT / "nnbook/digit.npz").stat().st_size
    assert told["kilobytes"] == f"{size / 1000:.0f}"
    readings = [dict(zip(run["wrong"], run["read_as"], strict=True)) for run in (before, after)]
    changed = [k for k in range(10_000) if readings[0].get(k) != readings[1].get(k)]
    assert told["changed"] == str(len(changed))


def test_the_page_asks_for_no_other_numbers():
    text = (page.ROOT / "digit.md").read_text(encoding="utf-8")
    assert set(re.findall(r"{{ (\w+) }}", text)) == {"tool", *page.recorded()}
    assert "{{" not in page.tool()


def test_before_it_starts_the_tool_shows_an_example():
    tool = BeautifulSoup(page.tool(), "html.parser")
    reading = digit.read(digit.examples()[page.EXAMPLE]["picture"])
    assert tool.select_one(".nn-says").get_text() == reading["says"]
    bars = [float(bar["value"]) for bar in tool.select(".nn-bars progress")]
    np.testing.assert_allclose(bars, reading["probabilities"], atol=1e-4)
    [most] = tool.select(".nn-bars .nn-most label")
    assert most.get_text().strip() == str(np.argmax(reading["probabilities"]))
    assert len(tool.select(".nn-units li")) == digit.UNITS
    assert [b["value"] for b in tool.select(".nn-truth button")] == [str(k) for k in range(10)]


def test_a_picture_is_its_pixels():
    pixels = bytes([0, 255, 51] + [0] * 781)
    squares = BeautifulSoup(page.svg(pixels), "html.parser").select("rect")
    assert [(s["x"], s["y"], s["opacity"]) for s in squares] == [
        ("1", "0", "1.00"), ("2", "0", "0.20")
    ]  # fmt: skip
