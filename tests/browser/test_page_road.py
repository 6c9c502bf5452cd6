"""The whole road as a new administrator walks it: from the set-up code to the audit log."""

import re
import shlex
import threading

import people
import pytest
import seed
from agent import Agent
from archive import Archive, Server
from hands import Keyboard
from roots import SmallRoot
from sluice import add_upstream as upstream_by_shell
from terminal import at_a_terminal
from visitor import move_time

OLD, NEW = "3.0.16-1~deb12u1", "3.0.17-1~deb12u2"
OPENSSL = f"debian-security/openssl={NEW}"


class World:
    """What is outside of the page: an archive with openssl, and machines with real agents."""

    def __init__(self, folder):
        self.folder = folder
        self.archive = Archive(folder / "archive", "bookworm-security", "bookworm-security")
        self.mirror = Server(self.archive.root)
        for version in (OLD, NEW):
            fields = {"source": f"openssl ({version})", "Description": "Secure Sockets Layer toolkit"}
            self.archive.add("openssl", version, Depends="libssl3", **fields)
            self.archive.add("libssl3", version, **fields)
        self.archive.add("curl", "7.88.1-10", Description="transfers data")
        self.archive.publish()

    def machine(self, name, command, token):
        """A machine with the old openssl, where its administrator types what the page said to type."""
        root = SmallRoot(self.folder / name)
        old = [one["Filename"] for one in self.archive.packages if one["Version"] == OLD]
        root.install("--allow-unauthenticated", *[str(self.archive.root / path) for path in old])
        agent = Agent(root, name)
        program, *words = shlex.split(command)
        assert program == "sluice-agent"
        status, screen = at_a_terminal(shlex.join(agent.command(*words)), f"{token}\ny\n")
        assert status == 0, screen
        return agent

    def close(self):
        self.mirror.stop()
        self.archive.close()


@pytest.fixture
def world(folder, request):
    place = folder / re.sub(r"\W", "", request.node.name)[-12:]
    place.mkdir()
    made = World(place)
    yield made
    made.close()


@pytest.fixture(params=["mouse", "keyboard"])
def hands(request, browser):
    return Keyboard(browser) if request.param == "keyboard" else browser


def steps_done(browser):
    """The first words of the first steps that are ticked off."""
    browser.driver.refresh()
    browser.reads("First steps")
    return re.findall(r"^(\w+) .* – done$", browser.text(), re.M)


def test_the_first_steps_are_ticked_off_as_they_are_taken(browser, new, world):
    people.set_up(browser, new)
    assert steps_done(browser) == []
    upstream_by_shell(new, world.archive, world.mirror)
    assert steps_done(browser) == ["Say"]
    assert browser.see("link", "Sync") and browser.all("link", "See the groups") == []
    new.ctl_text("sync")
    assert steps_done(browser) == ["Say", "Sync"]
    new.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    assert steps_done(browser) == ["Say", "Sync", "Approve"]
    # one approval and no machine make no curve
    people.go(browser, "Coverage")
    browser.reads("Nothing is counted yet")
    browser.see("link", "See the groups")
    # nor is there anything to filter, count or take along
    people.go(browser, "Computers")
    browser.reads("No computers yet")
    assert "0 computers" not in browser.text() and browser.all("combobox") == []


def test_production_before_certification_is_an_emergency_and_named_so(browser, new, world):
    people.set_up(browser, new)
    upstream_by_shell(new, world.archive, world.mirror)
    new.ctl_text("sync")
    people.go(browser, "Updates")
    browser.click("link", re.compile("^curl "))
    browser.see("button", "Approve for certification …")
    assert not browser.all("button", "Approve for production …")
    browser.click("button", "Emergency: production without certification …")
    browser.reads("an emergency needs one")
    assert browser.see("button", "Emergency: approve for production").disabled
    browser.click("checkbox", re.compile("^Emergency"))
    text = browser.reads("is not approved for certification; approve it there first")
    assert "This is refused" in text and "You may not" not in text
    assert browser.see("button", "Approve for production").disabled


def test_advisories_come_as_a_file_and_say_what_an_update_fixes(browser, new, world, folder):
    listed = folder / "list"
    listed.write_text("[11 Nov 2025] DSA-9999-1 curl - security update\n\t{CVE-2025-0001 CVE-2025-0002}\n"
                      "\t[bookworm] - curl 1\n")  # fmt: skip
    people.set_up(browser, new)
    upstream_by_shell(new, world.archive, world.mirror)
    new.ctl_text("sync")
    people.go(browser, "Overview")
    browser.click("link", "Import the advisories")
    browser.click("button", "Import advisories …")
    dialog = browser.see("dialog")
    browser.click("button", "Import", dialog)
    browser.reads("Advisory list: please fill this in")
    browser.upload(re.compile("^Advisory list"), listed, dialog)
    browser.click("button", "Import", dialog)
    browser.reads("1 advisory imported: 1 update has one")
    people.go(browser, "Updates")
    browser.choose("Awaits", "certification")
    browser.reads("2 CVEs")
    assert browser.see("combobox", "Sort by").value == "urgency"
    people.go(browser, "Overview")
    assert "Import the advisories" not in browser.reads("Needs a decision")


def add_upstream(hands, world):
    """The form, and a first sync whose progress can be watched."""
    people.go(hands, "Upstreams")
    hands.reads("No upstreams yet")
    hands.click("button", "Add an upstream …", first=True)
    dialog = hands.see("dialog", "Add an upstream")
    fields = {"Name": "debian-security", "Address": world.mirror.url, "Suite": "bookworm-security",
              re.compile("^Serves"): "debian:bookworm"}  # fmt: skip
    for name, text in fields.items():
        hands.fill("textbox", name, text, dialog)
    hands.upload(re.compile("^Keyring file"), world.archive.keyring(), dialog)
    hands.click("DisclosureTriangle", "More", dialog)
    hands.click("checkbox", "It is inside our own network", dialog)
    hands.click("button", "Add", dialog)
    hands.see("heading", "debian-security")
    waiting = threading.Event()
    world.mirror.faults["by-hash"] = lambda handler: waiting.wait(60) and handler.serve_file()
    hands.click("button", "Sync now", first=True)
    hands.first("progressbar")
    world.mirror.faults.clear()
    waiting.set()
    hands.reads("Synced debian-security")


def add_group(hands, name, channel):
    """A group, and a token for it: the command that the page shows, and what it will ask for."""
    people.go(hands, "Groups")
    hands.click("button", "Add a group …", first=True)
    dialog = hands.see("dialog", "Add a group")
    hands.fill("textbox", "Name", name, dialog)
    hands.choose("Channel", channel, dialog)
    hands.click("button", "Add", dialog)
    hands.see("heading", name)
    hands.click("button", "Make a token …")
    people.answer(hands, "Make the token")
    command = hands.see("textbox", re.compile("^Type this on")).value
    token = hands.see("textbox", re.compile("this token$")).value
    hands.click("button", "I have it")
    hands.gone("dialog")
    return command, token


def offered(channel):
    return f"of {channel} are offered it from now on"


def find(hands, words):
    """Types into the search of the updates and opens the one that is found."""
    people.go(hands, "Updates")
    hands.fill("searchbox", "Find", words)
    hands.reads("2 updates")  # of three
    hands.click("link", f"openssl {NEW}")
    hands.see("heading", f"openssl {NEW}")


def read(hands):
    """What is to be known of an update before deciding."""
    text = hands.reads("Secure Sockets Layer toolkit")
    assert all(word in text for word in (NEW, "libssl3", "debian-security"))


def missing(hands):
    """The overview's big number, as it is now."""
    people.go(hands, "Overview")
    return int(re.search(r"(\d+)\s+\w+ lacks? updates", hands.reads(re.compile("lacks? updates")))[1])


def covered(hands, channel):
    """Per cent of a channel's machines, on the coverage view as it is now."""
    people.go(hands, "Coverage")
    line = hands.wait(lambda: people.row(hands, channel).text, f"no line of {channel}")
    return float(re.search(r"([\d.]+) %", line)[1])


def add_viewer(hands):
    people.go(hands, "Settings")
    hands.click("button", "Add a person …")
    secret = {"First_password": seed.PASSWORD, "First_password_once_more": seed.PASSWORD}
    people.answer(hands, "Add", Name=seed.VIEWER, **secret)
    hands.gone("dialog")
    hands.wait(lambda: "viewer" in people.row(hands, seed.VIEWER).text, "no viewer is there")


def a_viewer_may_not(viewer, sluice):
    """Sees what everybody sees, is offered no decision, and gets nowhere without being offered it."""
    before = people.written(sluice)
    people.sign_in(viewer, sluice, seed.VIEWER)
    find(viewer, "openssl")
    read(viewer)
    assert people.changing(viewer) == []
    recall = {"kind": "recall", "names": [OPENSSL], "reason": "because I can"}
    assert people.ask(viewer, "approvals", recall) == 403
    people.go(viewer, "Audit")
    viewer.reads("as every week")
    assert people.written(sluice) == before
    assert sluice.ctl("update", "show", OPENSSL)["production"] == "approved"


def test_a_new_administrator_walks_the_whole_road(hands, new, world, elsewhere):
    people.set_up(hands, new)
    add_upstream(hands, world)
    find(hands, "openssl")
    read(hands)

    # two machines come, with what the page says to type on them
    pilot = world.machine("pilot-1", *add_group(hands, "pilot", "certification"))
    desk = world.machine("desk-1", *add_group(hands, "office", "production"))
    for agent in (pilot, desk):
        agent.install()
        assert agent.machine.versions()["openssl"] == OLD

    # certification: the plan says to how many machines, the agent brings the evidence
    find(hands, "openssl")
    told = people.decide(hands, "Approve for certification …", "Approve", offered("certification"),
                         "as every week")  # fmt: skip
    assert re.search(r"1 update for 1 \w+:", told)
    pilot.install()
    desk.install()
    assert pilot.machine.versions()["openssl"] == NEW and desk.machine.versions()["openssl"] == OLD
    find(hands, "openssl")
    hands.reads("Evidence from certification")
    hands.reads(re.compile(r"installed it\s+1\b"))

    # production, when some time has passed: coverage moves when the machine has it
    move_time(new, 400)
    people.go(hands, "Certification")
    hands.reads("Soaked for")
    told = people.decide(hands, re.compile("^Approve … "), "Approve", offered("production"), confirmed=False)
    assert re.search(r"1 update for 1 \w+:", told)
    assert missing(hands) == 1 and covered(hands, "production") == 0
    desk.install()
    assert desk.machine.versions()["openssl"] == NEW
    assert missing(hands) == 0 and covered(hands, "production") == 100

    # a file for the spreadsheet
    people.go(hands, "Updates")
    rows = people.download(hands, "CSV")
    assert {row["version"]: row["state"] for row in rows}[NEW] == "production"

    # somebody who may look, at another desk
    add_viewer(hands)
    a_viewer_may_not(Keyboard(elsewhere) if isinstance(hands, Keyboard) else elsewhere, new)

    # back out, and everything can be read afterwards
    find(hands, "openssl")
    people.decide(hands, "Recall …", "Recall", "of production are offered it no longer",
                  "breaks the printers")  # fmt: skip
    assert new.ctl("update", "show", OPENSSL)["production"] != "approved"
    people.go(hands, "Audit")
    text = hands.reads("breaks the printers")
    assert "as every week" in text and text.count(seed.OWNER) >= 8
    hands.click("button", "Verify")
    hands.reads(re.compile(r"All \d+ entries are as they were written"))
    for browser in (hands, elsewhere):
        assert browser.requests_elsewhere(people.address(new)) == []
