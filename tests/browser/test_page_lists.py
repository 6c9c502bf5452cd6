"""Every list of the page: found, sorted, turned over and taken along, also when it is long or empty."""

import csv
import io
import json
import re
import sqlite3
import time
import urllib.request

import people
import pytest
import seed
from admin import post
from sluice import Sluice
from visitor import move_time

MANY = 120  # more than a page of anything
PLACES = ("updates", "certification", "computers", "groups", "groups/many", "channels",
          "channels/production", "upstreams", "upstreams/long-ago", "audit", "settings",
          "coverage")  # fmt: skip


@pytest.fixture(scope="module")
def office(folder):
    """Nothing to install, but many people, groups, tokens and syncs."""
    server = Sluice(folder)
    server.start()
    for name, role in ((seed.OWNER, "owner"), *((f"Reader {n:03}", "viewer") for n in range(2))):
        post(server, "people", {"name": name, "role": role, "password": seed.PASSWORD})
    now = int(time.time())
    with sqlite3.connect(server.state / "sluice.db", timeout=30) as db:
        for number, (name, outcome) in enumerate((("long-ago", "failed"), ("often", "unchanged")), 1):
            db.execute(
                "INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
                " publish_suite, keyring, fingerprints, enabled, added_at) VALUES (?, ?, 'debian', 'updates',"
                " 'http://127.0.0.1:1/', 'stable', 'main', 'amd64', ?, x'00', ?, 0, 1)",
                (number, name, name, "A" * 40))  # fmt: skip
            db.executemany(
                "INSERT INTO sync_run (upstream_id, started_at, finished_at, person, outcome, message)"
                " VALUES (?, ?, ?, 'schedule', ?, 'no answer')",
                [(number, now - 9000 + n, now - 9000 + n, outcome) for n in range((1, 300)[number - 1])])  # fmt: skip
        db.executemany("INSERT INTO computer_group (name, channel_id, added_at) VALUES (?, 2, ?)",
                       [("many", now), *((f"group {n:03}", now) for n in range(MANY))])  # fmt: skip
        db.executemany("INSERT INTO token (digest, prefix, group_id, made_at, person, revoked_at)"
                       " VALUES (randomblob(32), ?, 1, ?, 'ann', ?)",
                       [(f"tok{n:03}", now + n, None if n % 2 else now) for n in range(MANY)])  # fmt: skip
        db.executemany("INSERT INTO person (name, role, password, added_at) VALUES (?, 'viewer', '-', ?)",
                       [(f"Zoë {n:03}", now) for n in range(MANY)])  # fmt: skip
        db.executemany("INSERT INTO api_token (digest, prefix, name, person, role, made_at, expires_at)"
                       " VALUES (randomblob(32), ?, ?, 'root', 'viewer', ?, ?)",
                       [(f"api{n:03}", f"script {n:03}", now + n, now + 9999) for n in range(MANY)])  # fmt: skip
    yield server
    server.stop()


@pytest.fixture
def page(browser, office):
    people.come_back(browser, office)
    return browser


def show(page, server, place):
    page.open(f"{people.address(server)}#/{place}")
    people.settled(page)


def lines(page, within):
    """What the first cells of a list say."""
    return [one.name for one in page.all("rowheader", None, within)]


def fetched(page, link):
    """What a person gets behind a link of the page."""
    cookie = page.driver.get_cookie("sluice_session")["value"]
    request = urllib.request.Request(link.element.get_property("href"))
    request.add_header("Cookie", f"sluice_session={cookie}")
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode("utf-8-sig")


def test_an_upstream_says_how_its_last_sync_ended_however_many_others_there_were(page, office):
    people.go(page, "Upstreams")
    page.wait(lambda: len(lines(page, page.see("region", "upstreams"))) == 2, "not both upstreams")
    text = page.reads(re.compile(r"long-ago.*Failed.*often.*Nothing new", re.S))
    assert "never synced" not in text
    # so few need no filter to be found; a link may filter all the same
    assert page.all("combobox", "Last sync") == []
    show(page, office, "upstreams?outcome=unchanged")
    page.choose("Last sync", "failed")
    page.reads("1 upstream\n")
    assert "outcome=failed" in page.address
    page.driver.refresh()
    page.reads("1 upstream\n")


@pytest.mark.parametrize(("place", "name", "prefix", "total"), [
    ("upstreams/often", "syncs", "", 299 + 1), ("groups", "groups", "", MANY + 1),
    ("groups/many", "tokens", "", MANY), ("settings", "people", "people.", MANY + 3),
    ("settings", "API tokens", "tokens.", MANY),
])  # fmt: skip
def test_a_long_list_is_turned_over_and_taken_along_whole(page, office, place, name, prefix, total):
    def place_of():
        return page.see("region", name)

    show(page, office, place)
    page.wait(lambda: len(lines(page, place_of())) == 50, "no lines")
    page.click("button", "Next", place_of())
    pages = re.compile("^Pages")
    page.wait(lambda: f"51–100 of {total}" in page.see("navigation", pages, place_of()).text, "no page 2")
    assert f"{prefix}offset=50" in page.address
    second = lines(page, place_of())
    page.driver.refresh()  # as who gets the link sees it
    people.settled(page)
    page.wait(lambda: f"51–100 of {total}" in page.see("navigation", pages, place_of()).text, "no page 2")
    assert lines(page, place_of()) == second
    link = page.see("link", re.compile("^JSON"), place_of())
    assert len(json.loads(fetched(page, link))["items"]) == total
    table = list(csv.reader(io.StringIO(fetched(page, page.see("link", re.compile("^CSV"), place_of())))))
    assert len(table) == total + 1


def test_two_lists_of_a_view_do_not_disturb_each_other(page, office):
    show(page, office, "settings")
    persons = page.see("region", "people")
    page.fill("searchbox", "Find", "Zoë 11", persons)
    page.wait(lambda: len(lines(page, page.see("region", "people"))) == 10, "not those that fit")
    assert len(lines(page, page.see("region", "API tokens"))) == 50
    assert "people.text=" in page.address and "tokens." not in page.address
    tokens = page.see("region", "API tokens")
    page.click("button", re.compile("^What for"), tokens)
    page.wait(lambda: lines(page, page.see("region", "API tokens"))[0] == "script 000", "not sorted")
    assert len(lines(page, page.see("region", "people"))) == 10


def test_every_list_with_lines_can_be_taken_along(page, office):
    taken = set()
    for place in PLACES:
        show(page, office, place)
        for region in page.all("region"):
            if page.all("rowheader", None, region) and not page.all("region", None, region)[1:]:
                links = {name.split(" ")[0] for name in page.names("link", region)}
                assert {"CSV", "JSON"} <= links, f"{place}: {region.name}"
                taken.add(place)
    assert {"groups", "groups/many", "upstreams", "upstreams/long-ago", "audit", "settings"} <= taken


def test_an_empty_list_says_what_to_do_next(browser, new):
    post(new, "people", {"name": seed.OWNER, "role": "owner", "password": seed.PASSWORD})
    post(new, "groups", {"name": "many", "channel": "production"})
    people.sign_in(browser, new)
    empty = {}
    for place in PLACES:
        show(browser, new, place)
        empty[place] = browser.script(
            "return [...document.querySelectorAll('main .box.empty')].map((one) =>"
            " [one.querySelector('h2').innerText, one.querySelectorAll('a, button').length])"
        )
    nothing = {place for place, boxes in empty.items() if not boxes}
    nothing.discard("channels/production")  # the first publication may be there already
    assert nothing == {"groups", "audit"}  # what was done for this test
    dead_ends = [(place, one) for place, boxes in empty.items() for one in boxes if one[1] == 0]
    assert dead_ends == []


def test_nobody_stays_signed_in_because_the_overview_looks_by_itself(page, office):
    """The clock of the page is put forward so that it looks again, the server's so that time passes."""
    looks = "return performance.getEntriesByType('resource').filter((one) =>" \
            " one.name.endsWith('/overview')).length"  # fmt: skip
    people.go(page, "Overview")
    page.reads("Needs a decision")  # what somebody asked for is there: from now on it looks by itself
    for _ in range(3):
        before = page.script(looks)
        move_time(office, 12 * 60)
        page.script("const now = Date.now; Date.now = () => now() + 60000")
        page.wait(lambda seen=before: page.script(looks) > seen, "it does not look again")
    page.see("dialog", re.compile("sign in again"))
