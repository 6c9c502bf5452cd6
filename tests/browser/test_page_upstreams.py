"""Upstreams, by the page: added and synced, changed, given other keys, stopped and removed."""

import re

import people
import pytest
import seed as seeding
from admin import get, post
from archive import Archive, Server
from sluice import Sluice, add_upstream

FIELDS = ("url", "components", "architectures", "serves", "exclude")


@pytest.fixture(scope="module")
def archive(folder):
    made = Archive(folder / "archive")
    made.add("tool", "1.0-1", Description="a tool")
    made.add("tool-doc", "1.0-1", architecture="all", Source="tool")
    made.publish()
    yield made
    made.close()


@pytest.fixture(scope="module")
def mirror(archive):
    server = Server(archive.root)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shop(folder):
    started = Sluice(folder).start()
    post(started, "people", {"name": seeding.OWNER, "role": "owner", "password": seeding.PASSWORD})
    yield started
    started.stop()


@pytest.fixture
def name(shop, archive, mirror):
    """An upstream of this test's own, which was synced."""
    mine = f"upstream-{len(known(shop))}"
    add_upstream(shop, archive, mirror, mine, "--as", mine, "--exclude", "*-dbgsym")
    shop.ctl_text("sync", mine)
    return mine


@pytest.fixture
def page(browser, shop, name):
    """That upstream, with an owner signed in."""
    people.come_back(browser, shop)
    people.go(browser, "Upstreams")
    browser.click("link", name, browser.see("region", "upstreams"))
    browser.see("heading", name)
    return browser


def known(sluice):
    return {one["name"]: one for one in get(sluice, "upstreams").json["items"]}


def sync(page, name):
    page.click("button", "Sync now", first=True)
    page.reads(f"Synced {name}")


def updates(sluice, name):
    """{version: update} of what an upstream has brought."""
    items = get(sluice, f"updates?upstream={name}").json["items"]
    return {one["version"]: one for one in items}


def test_an_upstream_is_added_by_form_and_synced(page, shop, archive, mirror, folder):
    keyring = folder / "trusted.gpg"
    keyring.write_bytes(archive.keyring().read_bytes())
    people.go(page, "Overview")
    people.go(page, "Upstreams")
    page.click("button", "Add an upstream …")
    dialog = page.see("dialog")
    for label, text in (
        ("Name", "second"), ("Address", mirror.url), ("Suite", archive.suite),
        ("Serves", "debian:trixie"),
    ):  # fmt: skip
        page.fill("textbox", label, text, dialog)
    page.upload("Keyring file", keyring, dialog)
    page.click("DisclosureTriangle", "More", dialog)
    page.fill("textbox", re.compile("^Publish as suite"), "second-suite", dialog)
    page.click("checkbox", "It is inside our own network", dialog)
    page.click("button", "Add", dialog)
    page.see("heading", "second")
    page.reads("Never synced")
    sync(page, "second")
    page.reads(re.compile("[12] new updates?"))
    assert known(shop)["second"]["publish_suite"] == "second-suite"
    assert known(shop)["second"]["last_outcome"] == "changed"


def test_a_change_keeps_what_is_not_changed_and_counts_from_the_next_sync_on(page, shop, name, archive):
    before = known(shop)[name]
    page.click("button", "Change …")
    dialog = page.see("dialog", f"Change {name}")
    labels = {"url": "Address", "components": "Components", "architectures": "Architectures",
              "serves": "Serves", "exclude": re.compile("^Leave out")}  # fmt: skip
    shown = {field: page.see("textbox", label, dialog).value for field, label in labels.items()}
    assert shown == {
        field: before[field] if field == "url" else " ".join(before[field]) for field in FIELDS
    }
    page.fill("textbox", labels["exclude"], "*-dbgsym, *-doc", dialog)
    page.click("button", "Change", dialog)
    page.gone("dialog")
    page.reads("*-dbgsym *-doc")
    after = known(shop)[name]
    assert after == dict(before, exclude=["*-dbgsym", "*-doc"])
    assert people.written(shop) == (seeding.OWNER, "upstream change", name)

    assert updates(shop, name)["1.0-1"]["packages"] == 2
    archive.add("tool", "1.1-1", Description="a tool")
    archive.add("tool-doc", "1.1-1", architecture="all", Source="tool")
    archive.publish()
    sync(page, name)
    assert updates(shop, name)["1.1-1"]["packages"] == 1


def test_an_address_that_is_none_is_refused_and_what_was_typed_stays(page, shop, name):
    before = known(shop)
    page.click("button", "Change …")
    people.answer(page, "Change", Address="ftp://archive.example.org/")
    page.wait(lambda: [one.text for one in page.all("alert") if "ftp" in one.text], "no word of it")
    assert page.see("textbox", "Address").value == "ftp://archive.example.org/"
    assert known(shop) == before


def test_other_keys_are_compared_before_they_are_trusted(page, shop, name, archive, folder):
    other = folder / "other.gpg"
    archive.keys.make("other")
    other.write_bytes(archive.keys.public("other"))
    before = known(shop)[name]["fingerprints"]
    page.click("button", "Keys …")
    dialog = page.see("dialog")
    page.upload("Keyring file", other, dialog)
    page.click("button", "Look at them", dialog)
    asked = page.see("dialog", f"Trust these keys for {name}?")
    assert before[0] in asked.text
    page.click("button", "Cancel", asked)
    page.gone("dialog")
    assert known(shop)[name]["fingerprints"] == before

    page.click("button", "Keys …")
    page.upload("Keyring file", other, page.see("dialog"))
    page.click("button", "Look at them")
    page.click("button", "Trust these", page.see("dialog", f"Trust these keys for {name}?"))
    page.reads(f"{name} has other keys")
    after = known(shop)[name]["fingerprints"]
    assert after and after != before and after[0] in page.reads(after[0])
    # what was signed by the key before is not taken any more, and the page says why
    page.click("button", "Sync now", first=True)
    page.reads("is not signed by the keys it is trusted with")


def test_an_upstream_is_stopped_and_goes_on(page, shop, name):
    for button, label, enabled in (("Disable …", "Disable", False), ("Enable …", "Enable", True)):
        page.click("button", button)
        people.answer(page, label)
        page.gone("dialog")
        page.gone("button", button)
        assert known(shop)[name]["enabled"] is enabled
        assert people.written(shop) == (seeding.OWNER, f"upstream {label.lower()}", name)


def test_an_upstream_that_has_brought_updates_stays_and_the_page_says_why(page, shop, name):
    page.click("button", "Remove …")
    assert "disable it instead" in people.answer(page, "Remove")
    page.wait(lambda: [one.text for one in page.all("alert") if "disable" in one.text], "no reason given")
    assert name in known(shop) and updates(shop, name)


def test_an_upstream_that_brought_nothing_is_removed(page, shop, name, archive, mirror):
    add_upstream(shop, archive, mirror, "mistaken", "--as", "mistaken")
    people.go(page, "Overview")
    people.go(page, "Upstreams")
    page.click("link", "mistaken")
    page.see("heading", "mistaken")
    page.click("button", "Remove …")
    people.answer(page, "Remove")
    page.gone("dialog")
    page.see("heading", "Upstreams")
    page.gone("link", "mistaken")
    assert "mistaken" not in known(shop) and name in known(shop)
    assert people.written(shop) == (seeding.OWNER, "upstream remove", "mistaken")
