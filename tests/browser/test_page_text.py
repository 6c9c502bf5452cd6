"""What upstreams, machines and people say is text on every view, whatever it says (A-07)."""

import pathlib
import time
import urllib.parse

import people
import pytest
import seed
from admin import get, post
from archive import Archive, Server
from machine import Machine
from sluice import Sluice, add_upstream

PAYLOADS = (pathlib.Path(__file__).parent / "payloads.txt").read_text().splitlines()
VERSION = "1.0-1"
ENDLESS = "W" * 100  # as long as a name may be
SHOWN = 400  # characters of a text, until somebody asks for all of it


def plain(text):
    """A text as the page shows it: blanks are one blank."""
    return " ".join(text.split())


def fill_archive(archive):
    """Each payload as the description, the section and the home page of a package."""
    for number, payload in enumerate(PAYLOADS):
        archive.add(
            f"p{number:02}", VERSION, Description=payload, Section=payload, Homepage=payload,
            Maintainer=payload,
        )  # fmt: skip
    archive.publish()


def fill_fleet(sluice):
    """Each payload as all that a machine says of itself, and of what went wrong."""
    token = sluice.ctl("token", "new", "--group", "office")["token"]
    keys = None
    for number, payload in enumerate(PAYLOADS):
        machine = Machine(sluice.url, f"host{number:02}", [(f"p{number:02}", "0.9", "amd64")], keys)
        keys = machine.server
        status, answer = machine.enroll(token)
        assert status == 200, answer
        result = {
            "package": f"p{number:02}", "version": VERSION, "architecture": "amd64", "status": "failed",
            "at": int(time.time()), "message": payload,
        }  # fmt: skip
        machine.name = payload
        facts = machine.facts(kernel=payload, os_version=payload, agent=payload)
        status, answer = machine.check_in(facts=facts, problem=payload, results=[result])
        assert status == 200, answer


def fill_endless(sluice):
    """Names and reasons as long as they may be, of one word; one turns round what would follow it."""
    post(sluice, "groups", {"name": ENDLESS, "channel": "production"})
    post(sluice, "people", {"name": ENDLESS, "role": "viewer", "password": seed.PASSWORD})
    machine = Machine(sluice.url, "aaa", [("p00", "0.9", "amd64")])
    assert machine.enroll(sluice.ctl("token", "new", "--group", ENDLESS)["token"])[0] == 200
    assert machine.check_in(problem=ENDLESS * 40)[0] == 200
    post(sluice, "ratings", {"name": "p00", "rating": "low", "reason": "\u202e" + ENDLESS * 9})


def fill_decisions(sluice):
    """Each payload as a reason, and as a name where it may be one."""
    for number, payload in enumerate(PAYLOADS):
        rating = {"name": f"p{number:02}", "rating": "high", "reason": payload}
        answer = post(sluice, "ratings", rating)
        assert answer.status in (200, 201), answer.body
        post(sluice, "groups", {"name": payload, "channel": "production"})
        person = {"name": payload, "role": "viewer", "password": seed.PASSWORD}
        if number < 10:  # each takes the time of a password
            post(sluice, "people", person)
    names = [f"p{number:02}" for number in range(len(PAYLOADS))]
    for channel in ("certification", "production"):
        sluice.ctl_text("approve", *names, "--channel", channel, "--emergency", "--reason", PAYLOADS[10], "--yes")


@pytest.fixture(scope="module")
def hostile(folder):
    archive = Archive(folder / "archive")
    mirror = Server(archive.root)
    sluice = Sluice(folder)
    sluice.start()
    try:
        fill_archive(archive)
        add_upstream(sluice, archive, mirror, "hostile")
        sluice.ctl_text("sync")
        sluice.ctl_text("group", "add", "office", "--channel", "production")
        fill_decisions(sluice)
        fill_fleet(sluice)
        fill_endless(sluice)
        post(sluice, "people", {"name": seed.OWNER, "role": "owner", "password": seed.PASSWORD})
        yield sluice
    finally:
        sluice.stop()
        mirror.stop()
        archive.close()


@pytest.fixture
def owner(browser, hostile):
    """An owner who is signed in, on a page that has been quiet."""
    people.come_back(browser, hostile)
    browser.console()
    browser.said.clear()
    return browser


def untouched(browser, base):
    """No script of theirs ran, no policy was needed, nothing was asked for elsewhere."""
    assert browser.script("return window.ran") is None, browser.address
    assert browser.console() == [], browser.address
    assert browser.requests_elsewhere(base) == []


def all_of(browser, view, arguments=""):
    """All that can be read on a list's pages."""
    address = people.views(browser)[view]
    text = ""
    for offset in (0, 50):
        browser.open(f"{address}?{arguments}&offset={offset}")
        people.settled(browser)
        text += plain(browser.text()) + "\n"
    return text


def test_the_payloads_reached_the_server(hostile):
    items = get(hostile, "updates?limit=200").json["items"]
    summaries = {one["summary"] for one in items}
    assert len(PAYLOADS) == 60 and {plain(one) for one in summaries} >= {plain(one) for one in PAYLOADS}


def test_a_description_is_text_in_the_list(owner, hostile):
    text = all_of(owner, "Updates")
    assert [payload for payload in PAYLOADS if plain(payload) not in text] == []
    untouched(owner, people.address(hostile))


def test_what_an_update_says_of_itself_is_text(owner, hostile):
    base = people.address(hostile)
    for number, payload in enumerate(PAYLOADS):
        name = urllib.parse.quote(f"hostile/p{number:02}={VERSION}", safe="")
        owner.open(f"{base}#/update?name={name}")
        people.settled(owner)
        assert plain(payload) in plain(owner.text())
        untouched(owner, base)


def test_every_view_is_quiet_and_as_wide_as_the_window(owner, hostile):
    base = people.address(hostile)
    for _ in people.places(owner):
        untouched(owner, base)
        for width in (1280, 390):
            owner.size(width)
            assert owner.script("return document.documentElement.scrollWidth <= innerWidth"), (
                width, owner.address)  # fmt: skip
        owner.size(1280)


def test_what_a_machine_says_is_text(owner, hostile):
    base = people.address(hostile)
    for one in get(hostile, "computers?limit=200").json["items"]:
        owner.open(f"{base}#/computers/{one['id']}")
        people.settled(owner)
        text = plain(owner.text())
        assert plain(one["name"]) in text and plain(one["problem"][:SHOWN]) in text
        untouched(owner, base)


def test_reasons_are_text_in_the_audit_log(owner, hostile):
    text = all_of(owner, "Audit", "action=rate")
    assert [payload for payload in PAYLOADS if plain(payload) not in text] == []
    untouched(owner, people.address(hostile))


@pytest.mark.parametrize("place", ["#/updates?text={}", "#/{}", "#/update?name={}", "#/updates?sort={}"])
def test_an_address_is_text(owner, hostile, place):
    base = people.address(hostile)
    for payload in PAYLOADS[::4]:
        owner.open(base + place.format(urllib.parse.quote(payload, safe="")))
        people.settled(owner)
        assert owner.script("return window.ran") is None
    said = [line for line in owner.console() if " network: " not in line]  # what is refused is
    assert said == [] and owner.requests_elsewhere(base) == []


def test_an_answer_is_nothing_that_a_browser_would_show(hostile):
    for path in ("updates?limit=200", "computers?limit=200", "audit?limit=200", "groups"):
        answer = get(hostile, path)
        assert answer.status == 200 and answer.json["items"]
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
