"""Every view, with forty days of life in it: usable by everybody, quiet, and at home."""

import re

import axe
import people
import pytest
from sluice import Sluice

LOOKS = ((1280, "light"), (1280, "dark"), (390, "light"))
NARROWEST = 360
DESKS = (1100, 1160, 1280)  # one column, and where facts stand beside a table
STICKING_OUT = """return [...document.querySelectorAll("main table")].filter((table) =>
	table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right + 1
	).map((table) => table.caption.textContent)"""
SLIPS = re.compile(r"undefined|\bNaN\b|\[object |\bnull\b|Invalid Date")


class Visit:
    """What is to be said of one place on the page."""

    def __init__(self, browser, script):
        self.address = browser.address
        self.headings = [one.name for one in browser.all("heading") if one.states.get("level") == 1]
        self.dialogs = browser.names("dialog")
        self.title = browser.driver.title
        self.text = browser.text()
        self.alerts = [one.text for one in browser.all("alert") if one.text]
        self.axe = []
        for width, scheme in LOOKS:
            browser.size(width)
            browser.scheme(scheme)
            found = axe.violations(browser, script) if script else []
            self.axe += [f"{width} {scheme}: {line}" for line in found]
        browser.scheme("light")
        self.sticking_out = []
        for width in DESKS:
            browser.size(width)
            self.sticking_out += [(width, table) for table in browser.script(STICKING_OUT)]
        browser.size(NARROWEST)
        self.too_wide = browser.script("return document.documentElement.scrollWidth - innerWidth")
        browser.size(1280)
        self.console = browser.console()
        self.elsewhere = browser.requests_elsewhere(self.address.split("#", maxsplit=1)[0])
        browser.said.clear()
        browser.asked.clear()


def before_signing_in(chromium, seed, folder):
    """Name of what is seen by somebody who may be anybody."""
    nobody_yet = Sluice(folder).start()
    try:
        chromium.open(people.address(nobody_yet))
        people.settled(chromium)
        yield "Set-up"
    finally:
        nobody_yet.stop()
    chromium.open(people.address(seed.sluice))
    people.settled(chromium)
    yield "Sign-in"


@pytest.fixture(scope="module")
def pages(chromium, seed, folder):
    """{place: Visit} of one walk through everything as an owner."""
    try:
        script = axe.source()
    except pytest.skip.Exception:
        script = None  # the test that needs it says so
    chromium.fresh()
    outside = before_signing_in(chromium, seed, folder)
    seen = {name: Visit(chromium, script) for name in outside}
    people.sign_in(chromium, seed.sluice)
    seen |= {name: Visit(chromium, script) for name in people.places(chromium)}
    seen |= {name: Visit(chromium, script) for name in people.details(chromium, seed.sluice)}
    return seen


def test_the_navigation_leads_to_every_noun(pages):
    wanted = {"Overview", "Updates", "Certification", "Computers", "Groups", "Coverage", "Channels",
              "Upstreams", "Audit", "Settings"}  # fmt: skip
    assert wanted - set(pages) == set()


def test_nothing_could_not_be_shown(pages):
    assert {name: one.alerts for name, one in pages.items() if one.alerts} == {}


def test_axe_has_nothing_to_say(pages, axe_core):
    found = {name: one.axe for name, one in pages.items() if one.axe}
    assert found == {}


def test_the_console_stays_empty(pages):
    assert {name: one.console for name, one in pages.items() if one.console} == {}


def test_no_request_leaves_the_server(pages):
    assert {name: one.elsewhere for name, one in pages.items() if one.elsewhere} == {}


def test_each_view_says_where_one_is(pages):
    for name, one in pages.items():
        # a dialog has a name, and what is behind it is not there for a screen reader
        assert (len(one.headings), len(one.dialogs)) in ((1, 0), (0, 1)), name
        assert all(one.headings + one.dialogs), name
        assert one.title.endswith("Sluice") and one.title != "Sluice", name
    titles = {one.headings[0]: one.title for one in pages.values() if one.headings}
    assert len(set(titles.values())) == len(titles) > 20


def test_nothing_is_shown_that_only_a_program_understands(pages):
    assert {name: SLIPS.findall(one.text) for name, one in pages.items() if SLIPS.search(one.text)} == {}


def test_nothing_has_to_be_scrolled_sideways_on_a_small_telephone(pages):
    assert {name: one.too_wide for name, one in pages.items() if one.too_wide > 0} == {}


def test_no_table_sticks_out_of_its_card(pages):
    assert {name: one.sticking_out for name, one in pages.items() if one.sticking_out} == {}
