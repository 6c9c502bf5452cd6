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
import seed as seeding
from admin import get, post
from sluice import Sluice
from visitor import move_time

MANY = 120  # more than a page of anything
PLACES = ("updates", "certification", "computers", "groups", "groups/many", "channels",
          "channels/production", "upstreams", "upstreams/long-ago", "audit", "settings",
          "coverage", "jobs")  # fmt: skip
SEED_PLACES = ("updates", "certification", "computers", "groups", "groups/office", "channels",
               "channels/production", "upstreams", "upstreams/debian-security",
               "audit", "settings", "coverage", "jobs")  # fmt: skip


@pytest.fixture(scope="module")
def office(folder):
    """Nothing to install, but many people, groups, tokens and syncs."""
    server = Sluice(folder)
    server.start()
    for name, role in ((seeding.OWNER, "owner"), *((f"Reader {n:03}", "viewer") for n in range(2))):
        post(server, "people", {"name": name, "role": role, "password": seeding.PASSWORD})
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
    page.wait(lambda: page.script("return document.querySelector('main table.lines, main .box.empty')"),
              f"no list at {place}")  # fmt: skip
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


def rows_of(page, region, place):
    """(link, rows behind it as dictionaries) of a list's CSV and JSON."""
    links = {one.name.split(" ")[0]: one for one in page.all("link", None, region)}
    assert {"CSV", "JSON"} <= set(links), f"{place}: {region.name}"
    table = csv.DictReader(io.StringIO(fetched(page, links["CSV"])))
    return list(table), json.loads(fetched(page, links["JSON"]))["items"]


def taken_along(page, server, places):
    """{"place: list"} of those with lines, each of which is the same as CSV and as JSON."""
    seen = set()
    for place in places:
        show(page, server, place)
        for region in page.all("region"):
            heads = region.element.find_elements("css selector", "tbody tr:not(.group) > th")
            if not heads or page.all("region", None, region)[1:]:
                continue
            table, items = rows_of(page, region, place)
            assert len(table) == len(items) >= len(heads), f"{place}: {region.name}"
            shown = json.dumps(items, ensure_ascii=False)
            for head in heads:  # but for times, which the page says in other words
                if not head.find_elements("css selector", "time"):
                    word = head.text.split()[-1 if place == "jobs" else 0].rstrip("…")
                    assert json.dumps(word, ensure_ascii=False)[1:-1] in shown, f"{place}: {head.text}"
            seen.add(f"{place}: {region.name}")
    return seen


def test_every_list_with_lines_can_be_taken_along(page, office):
    seen = taken_along(page, office, PLACES)
    assert seen >= {
        "groups: groups", "groups/many: tokens", "upstreams: upstreams", "upstreams: syncs",
        "upstreams/long-ago: syncs", "audit: entries", "settings: people", "settings: API tokens",
        "jobs: jobs",
    }  # fmt: skip


def test_what_forty_days_brought_can_be_taken_along(browser, seed):
    people.come_back(browser, seed.sluice)
    newest = {one["name"]: one["publication"] for one in get(seed.sluice, "channels").json["items"]}
    (machine,) = get(seed.sluice, "computers?text=bureau-2").json["items"]
    places = [*SEED_PLACES, f"channels/production/{newest['production']}", "update?name=openssl",
              f"computers/{machine['id']}"]  # fmt: skip
    seen = taken_along(browser, seed.sluice, places)
    assert {one.split(": ")[0] for one in seen} == set(places)
    assert seen >= {f"coverage: {name}" for name in ("groups", "computers", "updates")}


def test_what_is_told_of_an_update_can_be_taken_along(browser, seed):
    people.come_back(browser, seed.sluice)
    show(browser, seed.sluice, "update?name=debian-security/nginx%3D1.22.1-9%2Bdeb12u3")
    whole = get(seed.sluice, "update?name=debian-security/nginx%3D1.22.1-9%2Bdeb12u3").json
    for what, n in (("history", len(whole["history"])), ("versions", len(whole["versions"])),
                    ("computers", get(seed.sluice, "computers?update=nginx").json["total"])):  # fmt: skip
        table = list(csv.DictReader(io.StringIO(fetched(browser, browser.see("link", f"CSV of {what}")))))
        items = json.loads(fetched(browser, browser.see("link", f"JSON of {what}")))["items"]
        assert len(table) == len(items) == n > 1, what
    browser.click("link", "In the audit log")
    browser.wait(lambda: f"{len(whole['history'])} entries" in browser.text(), "not its entries alone")


def test_a_link_that_asks_for_a_file_shows_the_list(page, office):
    """Arguments that are the list's own business, as who edits an export's address gets them."""
    show(page, office, "groups?format=csv&limit=1&text=group+11")
    page.wait(lambda: len(lines(page, page.see("region", "groups"))) == 10, "not those that fit")
    show(page, office, "groups/many?group=group+001&text=tok00")
    page.wait(lambda: len(lines(page, page.see("region", "tokens"))) == 10, "not this group's")


def test_the_syncs_of_all_upstreams_are_in_one_list(page, office):
    show(page, office, "upstreams?syncs.outcome=failed&sort=-name")
    syncs = page.see("region", "syncs")
    page.wait(lambda: len(lines(page, page.see("region", "syncs"))) == 1, "not the one that failed")
    assert "long-ago" in syncs.text and len(lines(page, page.see("region", "upstreams"))) == 2
    page.click("button", "Clear filters", syncs)
    page.wait(lambda: "301 syncs" in page.see("region", "syncs").text, "not all syncs")
    page.click("button", re.compile("^Upstream"), page.see("region", "syncs"))
    page.wait(lambda: "syncs.sort=upstream" in page.address, "no link to this order")
    assert "sort=-name" in page.address


def test_an_empty_list_says_what_to_do_next(browser, new):
    post(new, "people", {"name": seeding.OWNER, "role": "owner", "password": seeding.PASSWORD})
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
    nothing -= {"channels/production", "jobs"}  # what a start brings may be there already
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
