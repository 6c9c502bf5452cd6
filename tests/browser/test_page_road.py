"""The whole road as a new administrator walks it: from the set-up code to the audit log."""

import csv
import re
import threading

import people
import pytest
import seed
from agent import Agent
from archive import Archive, Server
from roots import SmallRoot
from sluice import add_upstream as upstream_by_shell

OLD, NEW = "3.0.16-1~deb12u1", "3.0.17-1~deb12u2"


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

    def machine(self, sluice, name, group):
        """A machine with the old openssl, enrolled into a group."""
        root = SmallRoot(self.folder / name)
        old = [one["Filename"] for one in self.archive.packages if one["Version"] == OLD]
        root.install("--allow-unauthenticated", *[str(self.archive.root / path) for path in old])
        agent = Agent(root, name)
        agent.enroll(sluice.url, sluice.ctl("token", "new", "--group", group)["token"])
        return agent

    def close(self):
        self.mirror.stop()
        self.archive.close()


@pytest.fixture
def world(folder, request):
    place = folder / re.sub(r"\W", "", request.node.name)[:12]
    place.mkdir()
    made = World(place)
    yield made
    made.close()


def set_up(browser, sluice):
    """The first person, by the code that the server printed."""
    browser.open(people.address(sluice))
    browser.fill("textbox", "Set-up code", sluice.ctl("setup-code")["code"])
    browser.fill("textbox", "Your name", seed.OWNER)
    browser.fill("textbox", "Password", seed.PASSWORD)
    browser.fill("textbox", "Password once more", seed.PASSWORD)
    browser.click("button", "Create the account")
    browser.see("navigation", people.VIEWS)


def steps_done(browser):
    """The first words of the first steps that are ticked off."""
    browser.driver.refresh()
    browser.see("heading", "First steps")
    return re.findall(r"^(\w+) .* – done$", browser.text(), re.M)


def test_the_first_steps_are_ticked_off_as_they_are_taken(browser, new, world):
    set_up(browser, new)
    assert steps_done(browser) == []
    upstream_by_shell(new, world.archive, world.mirror)
    assert steps_done(browser) == ["Say"]
    new.ctl_text("sync")
    assert steps_done(browser) == ["Say", "Sync"]
    new.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    assert steps_done(browser) == ["Say", "Sync", "Approve"]
    # one approval and no machine make no curve
    people.go(browser, "Coverage")
    browser.reads("Nothing is counted yet")
    browser.see("link", "See the groups")


def test_production_before_certification_is_refused_for_its_reason(browser, new, world):
    set_up(browser, new)
    upstream_by_shell(new, world.archive, world.mirror)
    new.ctl_text("sync")
    people.go(browser, "Updates")
    browser.click("link", re.compile("^curl "))
    browser.click("button", "Approve for production …")
    text = browser.reads("is not approved for certification; approve it there first")
    assert "This is refused" in text and "You may not" not in text
    assert browser.see("button", "Approve for production").disabled


def decide(browser, button, reason=None, outcome=None):
    """Takes a decision: the dialog says what it would do, then what it did."""
    browser.click("button", button)
    dialog = browser.see("dialog")
    told = browser.reads(re.compile(r"\b1 update\b"))
    if reason:
        browser.fill("textbox", re.compile("^Reason"), reason, dialog)
    verb = re.compile("^" + button.split(" ", 1)[0])
    browser.wait(lambda: not browser.see("button", verb, dialog).disabled, f"{button} stays disabled")
    browser.click("button", verb, dialog)
    if outcome:
        browser.reads(outcome)
        browser.click("button", "Close")
    browser.gone("dialog")
    return told


def find(browser, words):
    """Types into the search of the updates and opens the one that is found."""
    people.go(browser, "Updates")
    browser.fill("searchbox", "Find", words)
    browser.reads("2 updates")  # of three
    browser.click("link", f"openssl {NEW}")
    browser.see("heading", f"openssl {NEW}")


def missing(browser):
    """The overview's big number, as it is now."""
    people.go(browser, "Overview")
    browser.driver.refresh()
    return int(re.search(r"(\d+)\s+computers? lacks? updates", browser.reads("lack"))[1])


def add_upstream(browser, world):
    """The form, and a first sync whose progress can be watched."""
    people.go(browser, "Upstreams")
    browser.reads("No upstreams yet")
    browser.act(lambda: browser.first("button", "Add an upstream …").click(), "add an upstream")
    dialog = browser.see("dialog", "Add an upstream")
    fields = {"Name": "debian-security", "Address": world.mirror.url, "Suite": "bookworm-security",
              re.compile("^Serves"): "debian:bookworm"}  # fmt: skip
    for name, text in fields.items():
        browser.fill("textbox", name, text, dialog)
    browser.see("button", re.compile("^Keyring file"), dialog).element.send_keys(str(world.archive.keyring()))
    browser.click("DisclosureTriangle", "More", dialog)
    browser.click("checkbox", "It is inside our own network", dialog)
    browser.click("button", "Add", dialog)
    browser.see("heading", "debian-security")
    waiting = threading.Event()
    world.mirror.faults["by-hash"] = lambda handler: waiting.wait(60) and handler.serve_file()
    browser.act(lambda: browser.first("button", "Sync now").click(), "sync")
    browser.first("progressbar")
    world.mirror.faults.clear()
    waiting.set()
    browser.reads("Synced debian-security")


def find_and_read(browser):
    """What is to be known of an update before deciding."""
    find(browser, "openssl")
    text = browser.reads("Secure Sockets Layer toolkit")
    return all(word in text for word in (NEW, "libssl3", "debian-security"))


def download(browser, link):
    """The rows of a CSV that a link gives."""
    before = set(browser.downloads.iterdir())
    browser.click("link", link)

    def came():
        new = [one for one in browser.downloads.iterdir() if one not in before]
        return [one for one in new if one.suffix == ".csv"]

    path = browser.wait(came, "no file came")[0]
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_new_administrator_walks_the_whole_road(browser, new, world):
    set_up(browser, new)
    base = people.address(new)

    # an upstream, by the form, and what it has
    add_upstream(browser, world)
    assert find_and_read(browser)

    new.ctl_text("group", "add", "pilot", "--channel", "certification")
    new.ctl_text("group", "add", "office", "--channel", "production")
    pilot, desk = (world.machine(new, *one) for one in (("pilot-1", "pilot"), ("desk-1", "office")))
    for agent in (pilot, desk):
        agent.install()
        assert agent.machine.versions()["openssl"] == OLD

    # certification: the plan says to how many machines, the agent brings the evidence
    find(browser, "openssl")
    told = decide(browser, "Approve for certification …", "as every week",
                  "Computers of certification are offered it from now on.")  # fmt: skip
    assert "1 computer" in told
    pilot.install()
    desk.install()
    assert pilot.machine.versions()["openssl"] == NEW and desk.machine.versions()["openssl"] == OLD
    find(browser, "openssl")
    browser.reads("Evidence from certification")
    browser.reads(re.compile(r"installed it\s+1\b"))

    # production: coverage moves when the machine has it
    decide(browser, "Approve for production …", None, "Computers of production are offered it from now on.")
    assert missing(browser) == 1
    desk.install()
    assert desk.machine.versions()["openssl"] == NEW
    assert missing(browser) == 0

    # a file for the spreadsheet
    people.go(browser, "Updates")
    rows = download(browser, "CSV")
    assert {row["version"]: row["state"] for row in rows}[NEW] == "production"

    # back out, and everything can be read afterwards
    find(browser, "openssl")
    decide(browser, "Recall …", "breaks the printers", "Computers of production are offered it no longer.")
    people.go(browser, "Audit")
    text = browser.text()
    assert "breaks the printers" in text and "as every week" in text
    assert text.count(seed.OWNER) >= 4
    assert browser.requests_elsewhere(base) == []
