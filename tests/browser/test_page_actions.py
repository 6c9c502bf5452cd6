"""The main action of each view, by the page alone: what a person sees before, and afterwards."""

import json
import re
import urllib.request

import people
import pytest
import seed as seeding


@pytest.fixture
def page(browser, seed):
    """The page, with an owner signed in."""
    people.sign_in(browser, seed.sluice)
    return browser


def answer(page, button, **fields):
    """Fills in the dialog that is open and takes its action; what it said before that."""
    dialog = page.see("dialog")
    said = dialog.text
    for name, text in fields.items():
        page.fill("textbox", name.replace("_", " "), text, dialog)
    page.click("button", button, dialog)
    return said


def row(page, name):
    """The line of a list that begins with a name."""
    header = page.see("rowheader", re.compile(re.escape(name)))
    return header.element.find_element("xpath", "./..")


def test_what_a_machine_lacks_and_why_it_failed_can_be_read(page):
    people.go(page, "Computers")
    page.choose("Coverage", "failed")
    page.click("link", "pilot-3")
    page.see("heading", "pilot-3")
    text = page.reads("What failed, and why")
    assert seeding.WORDS in text
    assert page.see("link", "pilot").element.get_property("href").endswith("group=pilot")


def test_a_machine_that_waits_is_accepted_and_one_is_moved(page, seed):
    people.go(page, "Computers")
    page.choose("State", "waits to be accepted")
    page.click("link", "new-server")
    page.click("button", "Accept …")
    answer(page, "Accept")
    page.gone("button", "Accept …")

    people.go(page, "Computers")
    page.fill("searchbox", "Find", "desk-01")
    page.reads("1 computer\n")
    page.click("checkbox", "Select desk-01")
    page.click("button", "Move …")
    page.choose("Group", "pilot (certification)")
    page.reads("1 computer will be offered what certification has")
    answer(page, "Move")
    page.gone("dialog")
    page.wait(lambda: "pilot" in row(page, "desk-01").text, "desk-01 is not moved")
    assert seed.sluice.ctl("computer", "show", "desk-01")["group"] == "pilot"


def test_a_group_is_added_and_its_token_is_shown_once(page, seed):
    people.go(page, "Groups")
    page.click("button", "Add a group …")
    answer(page, "Add", Name="kiosks <i>")
    page.see("heading", "kiosks <i>")
    page.click("button", "Make a token …")
    answer(page, "Make the token")
    command = page.see("textbox", "Type this on the computer, as root").value
    assert command.startswith(f"sluice-agent enroll {seed.sluice.url} --token ")
    page.reads("sluice-agent is built with the server")
    token = command.split()[-1]
    page.click("button", "I have it")
    page.gone("dialog")
    page.reads("valid")
    assert token not in page.text()
    page.click("button", re.compile("^Revoke"))
    answer(page, "Revoke")
    page.gone("button", re.compile("^Revoke"))
    page.reads("revoked")


def test_what_is_certified_is_held_and_let_go(page):
    people.go(page, "Certification")
    page.click("button", re.compile("^Hold … .*/linux="))
    answer(page, "Hold", Reason="wait for the other kernel")
    page.gone("dialog")
    page.reads(f"Held by {seeding.OWNER}")
    page.reads("wait for the other kernel")
    page.click("button", re.compile("^Unhold … .*/linux="))
    page.click("button", "Unhold", page.see("dialog"))
    page.see("button", re.compile("^Hold … .*/linux="))


def test_coverage_shows_curves_and_their_figures(page):
    people.go(page, "Coverage")
    page.choose("Curves", "By rating")
    page.see("image", re.compile("^Share of computers covered"))
    page.wait(lambda: "%" in row(page, "critical").text, "no figures of critical")
    assert page.script("return document.querySelector('canvas').width") > 100
    page.click("link", "pilot")
    page.see("heading", "Computers")
    assert "group=pilot" in page.address


def test_an_upstream_is_added_by_form_and_synced(page, seed, folder):
    keyring = folder / "trusted.gpg"
    keyring.write_bytes(seed.archive.keyring().read_bytes())
    people.go(page, "Upstreams")
    page.click("button", "Add an upstream …")
    dialog = page.see("dialog")
    for name, text in (
        ("Name", "second"), ("Address", seed.mirror.url), ("Suite", seed.archive.suite),
        ("Serves", "debian:trixie"),
    ):  # fmt: skip
        page.fill("textbox", name, text, dialog)
    page.see("button", "Keyring file", dialog).element.send_keys(str(keyring))
    page.click("DisclosureTriangle", "More", dialog)
    page.fill("textbox", re.compile("^Publish as suite"), "second-suite", dialog)
    page.click("checkbox", "It is inside our own network", dialog)
    page.click("button", "Add", dialog)
    page.see("heading", "second")
    page.reads("Never synced")
    page.first("button", "Sync now").click()
    page.reads("Synced second")
    page.reads("new updates")


def test_the_audit_log_is_filtered_and_verified(page):
    people.go(page, "Audit")
    page.first("link", "recall").click()
    page.reads("2 entries")
    assert "action=recall" in page.address
    page.click("button", "Verify")
    page.reads(re.compile(r"All \d+ entries are as they were written"))


def test_settings_add_a_person_and_change_what_ratings_ask(page):
    people.go(page, "Settings")
    page.click("button", "Add a person …")
    secret = "a sentence for the first day"
    answer(page, "Add", Name="Edsger", First_password=secret, First_password_once_more=secret)
    page.gone("dialog")
    page.wait(lambda: "viewer" in row(page, "Edsger").text, "Edsger is not there")
    page.click("button", "Change …")
    dialog = page.see("dialog")
    page.fill("spinbutton", "Time allowed (days)", "5", page.see("group", "high", dialog))
    page.click("button", "Change", dialog)
    page.gone("dialog")
    page.wait(lambda: "5 days" in row(page, "high").text, "high still allows what it did")


def test_an_api_token_is_shown_once_and_signs_a_script_in(page, seed):
    people.go(page, "Settings")
    page.click("button", "Make an API token …")
    answer(page, "Make the token", What_for="monitoring")
    secret = page.see("textbox", "API token").value
    request = urllib.request.Request(f"{people.address(seed.sluice)}api/v1/session")
    request.add_header("Authorization", f"Bearer {secret}")
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["role"] == "viewer"
    page.click("button", "I have it")
    page.gone("dialog")
    assert secret not in page.reads("monitoring")


def test_a_channel_returns_to_an_earlier_publication(page, seed):
    people.go(page, "Channels")
    page.click("link", "certification", page.first("heading", "certification"))
    page.see("heading", "Channel certification")
    page.first("button", re.compile("Return to this"))
    changes = [one.text for one in page.driver.find_elements("css selector", ".changes li")]
    assert len(changes) > 4 and all(one[0] in "+−" for one in changes)
    earlier = page.all("button", re.compile("Return to this"))[3]  # the latest was a recall alone
    number = re.search(r"publication (\d+)", earlier.name)[1]
    earlier.click()
    page.reads("apt does not go back by itself")
    said = answer(page, "Return certification", Reason="too early")
    groups = {one["name"]: one["computers"] for one in seed.sluice.ctl("group", "list")}
    assert f"for {groups['pilot']} computers of certification" in said
    page.reads("Computers of certification are offered it from now on.")
    page.click("button", "Close")
    page.gone("dialog")
    page.reads(f"return to {number}")
