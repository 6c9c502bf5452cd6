"""Decisions where certification and the channels are shown: promoted, held, returned, and truly so."""

import re

import people
import pytest
import seed as seeding
from admin import get, post

LINUX = "debian-security/linux=6.1.153-1"
SHOWN = "linux 6.1.153-1"


@pytest.fixture
def page(browser, seed):
    """The page, with an owner signed in."""
    people.come_back(browser, seed.sluice)
    return browser


def evidence(seed, name):
    """What the server knows of an update in certification."""
    items = get(seed.sluice, "certification").json["items"]
    return next((one for one in items if one["update"] == name), None)


def content(seed, channel, number):
    """What a publication holds: {name: version}."""
    items = get(seed.sluice, f"channel-items?channel={channel}&number={number}").json["items"]
    return {one["name"]: one["version"] for one in items}


def newest(seed, channel):
    return next(one["publication"] for one in seed.sluice.ctl("channel", "list") if one["name"] == channel)


def to_production(seed, name):
    """The status and the words that somebody gets who approves it in another way than by the page."""
    request = {"kind": "approve", "names": [name], "channel": "production", "dry_run": True}
    answer = post(seed.sluice, "approvals", request)
    return answer.status, answer.json.get("detail")


def test_what_is_held_stays_out_of_production_until_it_is_unheld(page, seed):
    people.go(page, "Certification")
    page.see("button", f"Approve … {SHOWN}")
    page.click("button", f"Hold … {SHOWN}")
    people.answer(page, "Hold", Reason="wait for the other kernel")
    page.gone("dialog")
    page.reads("wait for the other kernel")
    page.reads(f"Held by {seeding.OWNER}")
    page.gone("button", f"Approve … {SHOWN}")
    held = evidence(seed, LINUX)["held"]
    assert (held["person"], held["reason"]) == (seeding.OWNER, "wait for the other kernel")
    status, words = to_production(seed, LINUX)
    assert status >= 400 and "wait for the other kernel" in words
    assert people.written(seed.sluice)[:2] == (seeding.OWNER, "hold")

    page.click("button", f"Unhold … {SHOWN}")
    people.answer(page, "Unhold")
    page.gone("dialog")
    page.see("button", f"Approve … {SHOWN}")
    assert evidence(seed, LINUX)["held"] is None
    assert to_production(seed, LINUX)[0] == 200
    assert people.written(seed.sluice)[:2] == (seeding.OWNER, "unhold")


def test_what_was_certified_goes_to_production_from_where_its_evidence_is(page, seed):
    before = newest(seed, "production")
    people.go(page, "Certification")
    told = people.decide(page, f"Approve … {SHOWN}", "Approve", "of production are offered it from now on")
    groups = get(seed.sluice, "groups").json["items"]
    most = sum(one["computers"] for one in groups if one["channel"] == "production")
    assert 0 < int(re.search(r"1 update for (\d+) ", told)[1]) <= most
    assert SHOWN in told and LINUX not in told
    page.gone("button", f"Approve … {SHOWN}")
    assert evidence(seed, LINUX) is None
    assert seed.sluice.ctl("update", "show", LINUX)["production"] == "approved"
    number = newest(seed, "production")
    assert number > before
    name, version = LINUX.split("/")[1].split("=")
    assert content(seed, "production", before)[name] != version
    assert content(seed, "production", number)[name] == version


def test_a_channel_returns_to_an_earlier_publication(page, seed):
    people.go(page, "Channels")
    page.click("link", "certification", page.first("heading", "certification"))
    page.see("heading", "Channel certification")
    page.first("button", re.compile("Return to this"))
    changes = [one.text for one in page.driver.find_elements("css selector", ".changes li")]
    assert len(changes) > 4 and all(one[0] in "+−" for one in changes)
    earlier = page.all("button", re.compile("Return to this"))[3]  # the latest was a recall alone
    number = int(re.search(r"publication (\d+)", earlier.name)[1])
    earlier.click()
    page.reads("apt does not go back by itself")
    said = people.answer(page, "Return certification", Reason="too early")
    groups = {one["name"]: one["computers"] for one in seed.sluice.ctl("group", "list")}
    assert re.search(rf"for {groups['pilot']} \w+ of certification", said)
    page.reads("of certification are offered it from now on")
    page.click("button", "Close")
    page.gone("dialog")
    page.reads(f"return to {number}")
    now = newest(seed, "certification")
    assert now > number
    assert content(seed, "certification", now) == content(seed, "certification", number)
    assert people.written(seed.sluice) == (seeding.OWNER, "return", f"certification {number}")


def test_an_update_shows_what_became_of_its_approval(page):
    page.open(f"{page.address.split('#')[0]}#/updates?text=sudo")
    page.first("link", re.compile("^sudo .*u2$")).click()
    page.reads("not fetched yet")
    people.decide(page, "Approve for certification …", "Approve for certification", "from now on")
    for gone in ("not fetched yet", "not published yet"):
        page.wait(lambda: gone not in page.text(), f"it is still shown as {gone}")
