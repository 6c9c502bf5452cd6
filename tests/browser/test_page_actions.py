"""The main action of each view, by the page alone: what a person sees before, and afterwards."""

import re

import people
import pytest
import seed as seeding


@pytest.fixture
def page(browser, seed):
    """The page, with an owner signed in."""
    people.come_back(browser, seed.sluice)
    return browser


def names(page):
    """Of the updates that are listed, from the top."""
    return page.script("return [...document.querySelectorAll('main tbody a bdi:first-child')]"
                       ".map((one) => one.textContent)")  # fmt: skip


def test_what_a_machine_lacks_and_why_it_failed_can_be_read(page):
    people.go(page, "Computers")
    page.choose("Coverage", "failed")
    page.click("link", "pilot-3")
    page.see("heading", "pilot-3")
    text = page.reads("What failed, and why")
    assert seeding.WORDS in text
    figures = page.see("list", "Updates by status")
    assert re.search(r"failed\s+1\b", figures.text) and not page.all("image")
    assert page.see("link", "pilot").element.get_property("href").endswith("group=pilot")


def figures(page, links):
    """[(what is counted, as many, the list it links to)] of some links of a view."""
    for link in page.driver.find_elements("css selector", links):
        place = link.find_element("xpath", "./ancestor::*[self::li or self::p or self::dd or self::h2][1]")
        said = link.accessible_name if any(c.isdigit() for c in link.accessible_name) else place.text
        if number := re.search(r"\d[\d,]*", said):
            yield said, int(number[0].replace(",", "")), link.get_property("href")


@pytest.mark.parametrize(
    "place, links, least",
    [("overview", ".stack a", 12), ("certification", ".legend a", 4), ("coverage", ".legend a", 8),
     ("update?name=debian-security%2Fnginx%3D1.22.1-9%2Bdeb12u3", ".legend a", 4)],
)  # fmt: skip
def test_every_figure_leads_to_a_list_of_as_many(page, place, links, least):
    page.open(f"{page.address.split('#')[0]}#/{place}")
    people.settled(page)
    page.wait(lambda: len(page.driver.find_elements("css selector", links)) >= least, place)
    counted = list(figures(page, links))
    assert len(counted) >= least
    for said, number, href in counted:
        page.open(href)
        people.settled(page)
        total = page.wait(lambda: page.script("return document.querySelector('.total')?.innerText"), said)
        assert total.split()[0] == str(number), (said, href)
        assert len(page.all("rowheader")) >= number, (said, href)


def test_what_the_server_did_by_itself_and_what_waits_are_said_in_words(page):
    people.go(page, "Overview")
    page.reads("Of each update its newest version waits")
    page.open(f"{page.address.split('#')[0]}#/channels/certification")
    assert "schedule" not in page.reads("the server")


def test_what_counts_against_a_silent_machine_is_explained(page):
    page.open(f"{page.address.split('#')[0]}#/computers?text=desk-03")
    page.first("rowheader", "desk-03")
    page.reads("whatever is past its deadline counts as overdue")
    page.first("link", "desk-03").click()
    page.reads("each update of its channel counts as overdue once its deadline has passed")


def test_what_is_called_so_comes_before_what_speaks_of_it(page):
    """Of the newest, thunderbird ("mail client") and sudo ("limited") have it in their summaries."""
    people.go(page, "Updates")
    page.fill("searchbox", "Find", "li")
    called = ["linux", "libxml2"]
    page.wait(lambda: names(page)[:2] == called, "the two called so do not come first")
    page.choose("Sort by", "Released ↓")
    page.wait(lambda: "libxml2" not in names(page)[:3], "the newest do not come first")
    page.choose("Sort by", "Best match first")
    page.wait(lambda: names(page)[:2] == called, "the two called so do not come first again")


def test_a_machine_that_waits_is_accepted_and_one_is_moved(page, seed):
    people.go(page, "Computers")
    page.choose("State", "waits to be accepted")
    page.click("link", "new-server")
    page.click("button", "Accept …")
    people.answer(page, "Accept")
    page.gone("dialog")
    page.gone("button", "Accept …")
    assert seed.sluice.ctl("computer", "show", "new-server")["state"] == "active"

    people.go(page, "Computers")
    page.fill("searchbox", "Find", "desk-01")
    page.reads("1 computer\n")
    page.click("checkbox", "Select desk-01")
    page.click("button", "Move …")
    page.choose("Group", "pilot (certification)", page.see("dialog"))
    page.reads("1 computer will be offered what certification has")
    people.answer(page, "Move")
    page.gone("dialog")
    page.wait(lambda: "pilot" in people.row(page, "desk-01").text, "desk-01 is not moved")
    assert seed.sluice.ctl("computer", "show", "desk-01")["group"] == "pilot"


def test_coverage_shows_curves_and_their_figures(page):
    people.go(page, "Coverage")
    page.choose("Curves", "By rating")
    page.see("image", re.compile("^Share of computers covered"))
    page.wait(lambda: "%" in people.row(page, "critical").text, "no figures of critical")
    assert page.script("return document.querySelector('canvas').width") > 100
    page.click("link", "pilot")
    page.see("heading", "Computers")
    assert "group=pilot" in page.address


def test_the_audit_log_is_filtered_and_verified(page):
    people.go(page, "Audit")
    page.first("link", "recall").click()
    page.reads("2 entries")
    assert "action=recall" in page.address
    page.click("button", "Verify")
    page.reads(re.compile(r"All \d+ entries are as they were written"))
