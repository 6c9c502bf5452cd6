"""Coverage on paper: what a manager is handed has the curves and the figures, and nothing to click."""

import base64
import re

import people
import pytest
from admin import get

A4 = {"paperWidth": 8.27, "paperHeight": 11.69, "marginLeft": 0.4, "marginRight": 0.4}  # inches
WITHIN = round((8.27 - 2 * 0.4) * 96)  # pixels between the margins
# a sheet is no window that gets smaller: nobody tells the chart
NOBODY_TOLD = "window.ResizeObserver = class { observe() {} unobserve() {} disconnect() {} };"
INKED = """
const canvas = document.querySelector("canvas"), { width, height } = canvas;
const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
return pixels.some((one) => one !== 0);
"""
STICKING_OUT = """
return [...document.querySelectorAll("main canvas, main table, main .card, main th, main td")]
	.filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
	.map((one) => one.outerHTML.slice(0, 80));
"""
DISPLAYS = "return [...new Set([...document.querySelectorAll('main tr')].map((one) => getComputedStyle(one).display))]"


@pytest.fixture
def coverage(browser, seed):
    """The coverage view, with an owner signed in who works in the dark."""
    told = browser.command("Page.addScriptToEvaluateOnNewDocument", source=NOBODY_TOLD)
    browser.scheme("dark")
    people.come_back(browser, seed.sluice)
    people.go(browser, "Coverage")
    browser.see("image", re.compile("^Share of "))
    yield browser
    browser.command("Page.removeScriptToEvaluateOnNewDocument", **told)


@pytest.fixture
def paper(coverage):
    """As it comes out of the printer, on a sheet of A4."""
    coverage.size(WITHIN)
    coverage.scheme("dark", "print")
    return coverage


def test_the_curves_and_all_figures_are_on_paper(paper, seed):
    paper.see("image", re.compile("^Share of "))
    assert paper.script(INKED)
    for one in get(seed.sluice, "coverage?by=group").json["items"]:
        line = people.row(paper, re.compile(f"^{re.escape(one['name'])}$")).text
        assert str(one["computers"]) in line and "%" in line
    for caption in ("the curves in figures", "channel", "group", "that lack most", "missing most"):
        paper.see("table", re.compile(caption, re.I))
    assert re.search(r"As of .*\d{4}.*, \d+ approvals", paper.text())


def test_nothing_that_can_only_be_clicked_is_on_paper(paper):
    assert paper.all("navigation") == [] and paper.all("button") == []
    assert paper.all("combobox") == []
    text = paper.text()
    assert "CSV" not in text and "Sign out" not in text and "Skip to" not in text


def test_nothing_is_cut_off_at_the_edge_of_the_paper(paper):
    assert paper.script("return document.documentElement.scrollWidth - innerWidth") <= 0
    assert paper.script(STICKING_OUT) == []
    assert paper.script(DISPLAYS) == ["table-row"]  # lines, and no cards


def test_paper_is_white_whoever_prints_in_the_dark(paper):
    assert paper.script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for place in ("h1", "main td", "main .quiet"):
        colour = paper.script("return getComputedStyle(document.querySelector(arguments[0])).color", place)
        assert max(int(one) for one in re.findall(r"\d+", colour)[:3]) < 128, place


def test_it_prints_on_a_few_sheets(coverage):
    """What its button does, which opens a dialog of Chromium's own, that no test can see."""
    coverage.script("window.print = () => { window.printed = true; }")
    coverage.click("button", "Print")
    assert coverage.script("return window.printed")
    answer = coverage.command("Page.printToPDF", printBackground=False, **A4)
    paper = base64.b64decode(answer["data"])
    assert paper.startswith(b"%PDF-")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 3
