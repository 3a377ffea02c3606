"""Numbers in the chapters' prose are those that their cells print.

A number that a sentence gives as measured, or as counted, stands in an output or in the code of the
same section, rounded as the sentence rounds it. Not looked at are formulas, code, sentences with a
citation (the source answers for them) and exercises, whose numbers are made up and whose answers
their checks hold. What is left stands in `GIVEN`, with its reason.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
SMALLEST = 13  # a whole number below needs no cell: "three layers"

# Sizes of the data sets, of their images and of a byte, wherever they come up.
DATA = {64, 1797, 13, 16, 784, 28, 60_000, 10_000, 70_000, 50_000, 255, 256}
GIVEN = {
    "neuron": {
        "7.389": "exp(2), by hand",
        "2.718": "exp(1), by hand",
        "11.107": "exp(2) + exp(1) + 1, by hand",
        "709.8": "log of float64's largest number",
    },
    "network": {
        "15": "16 rows but one",
        "1.9": "4 bytes for 784 × 600 weights, in MB",
        "36": "4 bytes for 3000 × 3000 weights, in MB",
    },
    "backprop": {
        "999,000": "1,000² − 1,000 places off the diagonal",
        "2,688": "32 × 64 + 64 × 10 products, as in the exercise",
        "0.209": "the neuron's slope, printed a section later",
        "540": "1,797 − 1,257 digits",
        "477,010": "parameters of 784-600-10",
        "954,020": "two runs for each of them",
        "117": "1.1 to the power of 50",
    },
    "initialization": {
        "135": "steps of three epochs of 1,438 digits in batches of 32",
        "1,438": "four fifths of the digits",
        "1.21": "sqrt(3 / 2) squared, by the formula beside it",
    },
    "regularization": {
        "1,597": "1,797 − 200 digits",
        "4,810": "parameters of 64-64-10",
        "97": "the read-out of the explorer above",
        "32": "units of this chapter's networks",
    },
    "normalization": {
        "22": "the mean of the five numbers above",
        "39": "their standard deviation",
        "0.47": "the mean distance of two uniform numbers, 2/3 of 0.7",
    },
    "convolution": {
        "180": "degrees of half a turn",
    },
    "optimizers": {
        "−1.9133": "what lists of test functions give",
        "0.0868": "2 − 1.9132",
        "33": "rates of the race, five to a power of ten",
        "99": "33 rates from three starts",
        "nineteen": "(1 + μ) / (1 − μ) at 0.9",
        "477,010": "parameters of 784-600-10",
        "228": "their square, in billions",
    },
    "diagnosis": {
        "65,504": "the largest number of float16",
    },
    "schedules": {
        "773": "1,797 − 1,024 digits",
        "98": "of a chi-squared distribution, by its table",
        "2.4": "log 10 and what random weights add",
    },
    "mnist": {
        "67": "printed where MNIST is at hand",
        "99.85": "all but the 15 wrong labels of 10,000",
        "95": "an example",
        "160": "numbers in a batch's gradient of the logits, 16 × 10",
        "477,010": "parameters of 784-600-10",
        "25": "epochs of the recorded runs, in their recipe",
        "3,750": "60,000 images in batches of 16",
        "75": "an example",
        "997": "1,797 − 500 − 300 digits",
        "512": "bits of a register",
        "1.3": "millions of parameters of the recipe in the record",
        "48": "writers, by the labels of the paper cited before",
        "15": "wrong labels, as cited before",
    },
}

NUMBER = re.compile(r"(?<![\w.,/^-])[−-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[−-]?\d+)?(?![\w/]|[.,]\d)")
ANY_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[−+-]?\d+)?")
TENS = {
    word: 10 * n
    for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
TEENS = {
    word: n
    for n, word in enumerate(
        "thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 13
    )
}
UNITS = {
    word: n
    for n, word in enumerate("one two three four five six seven eight nine".split(), 1)
}  # fmt: skip
WORD = re.compile(
    rf"\b(?:({'|'.join(TENS)})(?:-({'|'.join(UNITS)}))?|({'|'.join(TEENS)}))\b", re.IGNORECASE
)


def prose(markdown):
    """What a reader takes as said: no code, formulas, citations, addresses or headings."""
    text = re.sub(r"^(```|~~~).*?^\1", " ", markdown, flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " f ", text, flags=re.S)
    text = re.sub(r"[^.!?|\n]*(?:\n[^.!?|\n]+)*\{cite[^}]*\}`[^`]*`[^.!?|\n]*", " ", text)
    text = re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`|<[^>]*>", " c ", text)
    text = re.sub(r"\]\((?:[^()]|\([^()]*\))*\)", "]", text)
    text = re.sub(r"\[exercise \d+\]", " ", text)
    return re.sub(r"^\d+\. |^#+ .*$", "", text, flags=re.M)


def value(text):
    return float(text.replace(",", "").replace("−", "-"))


def rounding(text):
    """The unit of the last digit that is given: 0.1 of 2.5, 100 of 4,300."""
    digits, _, exponent = text.replace(",", "").replace("−", "-").partition("e")
    _, point, places = digits.partition(".")
    zeros = len(digits) - len(digits.rstrip("0")) if digits.strip("-0") else 0
    return 10.0 ** ((-len(places) if point else zeros) + int(exponent or 0))


def claimed(text):
    """The numbers of a text that need a source: [(as written, value, unit of the last digit)]."""
    found = []
    for match in NUMBER.finditer(text):
        size, percent = abs(value(match[0])), text[match.end() :].lstrip().startswith("%")
        year = 1800 <= size <= 2100 and "," not in match[0] and "." not in match[0]
        if (percent or "." in match[0] or size >= SMALLEST) and not year:
            found.append((match[0], size, rounding(match[0])))
    for match in WORD.finditer(text):
        tens, unit, teen = (word and word.lower() for word in match.groups())
        size = TEENS[teen] if teen else TENS[tens] + UNITS.get(unit, 0)
        found.append((match[0], size, 10 if tens and not unit else 1))
    return found


def shown(numbers, size, unit):
    """Is this one of the numbers, rounded, or given as a share or in percent?"""
    return any(
        abs(abs(n) * factor - size) <= unit / 2 * (1 + 1e-9)
        for n in numbers
        for factor in (1, 100, 0.01)
    )


def numbers(text):
    return {value(n) for n in ANY_NUMBER.findall(text)}


def sections(chapter):
    """(heading, prose, numbers shown) of each section; the summary and what follows see all."""
    cells = json.loads((ROOT / f"chapters/{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    found = []
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found[-1][2] |= numbers(text)
            if "nbval-ignore-output" not in cell["metadata"].get("tags", ()):  # the same each time
                found[-1][2] |= numbers(json.dumps(cell["outputs"], ensure_ascii=False))
            continue
        for part in re.split(r"^(?=##? )", text, flags=re.M):
            if heading := re.match(r"##? (.*)", part):
                found.append([heading[1], "", set(DATA)])
            if found:
                found[-1][1] += prose(part) + "\n\n"
                given = re.findall(r"^```.*?^```|\$[^$]*\$|`[^`]*`", part, re.M | re.S)
                found[-1][2] |= numbers(" ".join(given))
    everything = set().union(*(shown for _, _, shown in found))
    for section in found:
        if section[0] in ("Summary", "Common mistakes") or section is found[0]:
            section[2] = everything
    last = [heading for heading, _, _ in found].index("Exercises")
    return found[:last]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_numbers_in_prose_are_printed_by_a_cell(chapter):
    given = GIVEN.get(chapter, {})
    without = [
        f"{heading}: {number}"
        for heading, text, known in sections(chapter)
        for number, size, unit in claimed(text)
        if not shown(known, size, unit) and number not in given
    ]
    assert without == []


@pytest.mark.parametrize("chapter", GIVEN)
def test_each_exception_is_one(chapter):
    needed = {
        number
        for _, text, known in sections(chapter)
        for number, size, unit in claimed(text)
        if not shown(known, size, unit)
    }
    assert set(GIVEN[chapter]) - needed == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 97.4 % of 1,500 images, −2.5 at most.", [97.4, 1500, 2.5]),
        ("sixty lines, twenty-five epochs, Fourteen", [60, 25, 14]),
        ("In 2017 three layers of 12 units", []),
        ("$0.5$ and `0.25` and {cite}`a2017`", []),
        ("A paper finds 88 % ({cite}`a2017`). Here it is 77 %.", [77]),
        ("It is 77 %.\nA paper finds 88 %\n({cite}`a2017`).", [77]),
        ("[section 3.25](#a-3.25)", [3.25]),
        ("1. One\n2. Two\n\n## 3.25", []),
    ],
)
def test_what_counts_as_a_number(text, found):
    assert [size for _, size, _ in claimed(prose(text))] == found


def test_a_wrong_number_is_found():
    known = numbers("0.9741 and 1487 steps, 3.2e-05")
    assert shown(known, 97.4, 0.1) and shown(known, 1500, 100) and shown(known, 0.97, 0.01)
    assert (
        not shown(known, 97.5, 0.1) and not shown(known, 1490, 1) and not shown(known, 0.96, 0.01)
    )
    assert rounding("2.50") == 0.01 and rounding("4,300") == 100 and rounding("3e-05") == 1e-5
