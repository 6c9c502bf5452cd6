"""Groups and their tokens, by the page: what changes there, machines notice."""

import re

import people
import pytest
import seed as seeding
from admin import get, post
from machine import Machine

ODD = "kiosks <i>"  # a name that is not markup


@pytest.fixture
def groups(browser, seed):
    """The groups, with an owner signed in."""
    people.come_back(browser, seed.sluice)
    people.go(browser, "Groups")
    return browser


def known(seed):
    return {one["name"]: one for one in get(seed.sluice, "groups").json["items"]}


def add(seed, name, channel="production"):
    answer = post(seed.sluice, "groups", {"name": name, "channel": channel})
    assert answer.status in (200, 201), answer.body


def enrolled(seed, token, name):
    """The status that a machine gets which comes with a token."""
    return Machine(seed.sluice.url, name).enroll(token)[0]


def open_group(page, name):
    page.click("link", name)
    page.see("heading", name)


def make_token(page, seed):
    """By the page; the token."""
    page.click("button", "Make a token …")
    people.answer(page, "Make the token")
    command = page.see("textbox", re.compile("^Type this on")).value
    assert command == f"sluice-agent enroll {seed.sluice.url}"
    token = page.see("textbox", "Then, when it asks, this token").value
    page.reads("needs the program sluice-agent")
    page.click("button", "I have it")
    page.gone("dialog")
    return token


def test_a_group_is_added_and_its_token_lets_machines_in_until_it_is_revoked(groups, seed):
    groups.click("button", "Add a group …")
    people.answer(groups, "Add", Name=ODD)
    groups.see("heading", ODD)
    token = make_token(groups, seed)
    groups.reads("valid")
    assert token not in groups.text()
    assert enrolled(seed, token, "kiosk-1") == 200
    assert seed.sluice.ctl("computer", "show", "kiosk-1")["group"] == ODD

    groups.click("button", re.compile("^Revoke"))
    people.answer(groups, "Revoke")
    groups.gone("dialog")
    groups.gone("button", re.compile("^Revoke"))
    groups.reads("revoked")
    assert enrolled(seed, token, "kiosk-2") != 200
    assert known(seed)[ODD]["computers"] == 1 and known(seed)[ODD]["tokens"] == 0
    assert people.written(seed.sluice)[:2] == (seeding.OWNER, "token revoke")


def test_who_goes_back_from_a_dialog_is_where_the_address_says(groups, seed):
    """Its view is shown anew when the dialog is done; not where one has left it."""
    add(seed, "left-early")
    people.go(groups, "Coverage")
    groups.script("location.hash = '#/groups/left-early'")
    people.settled(groups, "left-early")
    groups.click("button", "Make a token …")
    people.answer(groups, "Make the token")
    groups.see("textbox", re.compile("^Type this on"))
    groups.driver.back()
    groups.gone("dialog")
    people.settled(groups, "Coverage")
    groups.reads("Covered since approval")
    assert groups.address.endswith("#/coverage")


def test_a_group_gets_another_name_and_another_channel(groups, seed):
    before = known(seed)["office"]
    answer = seed.machines["desk-01"].check_in()[1]
    assert answer["channel"] == "production"
    open_group(groups, "office")
    groups.click("button", "Change …")
    dialog = groups.see("dialog", "Change office")
    groups.fill("textbox", "Name", ODD.upper(), dialog)
    groups.choose("Channel", "certification", dialog)
    text = groups.reads("will be offered what certification has instead")
    assert re.search(rf"\b{before['computers']} \w+ will be offered", text)
    assert "apt does not go back by itself" in " ".join(text.split())
    groups.click("button", "Change", dialog)
    groups.see("heading", ODD.upper())
    groups.see("link", "certification")
    after = known(seed)
    assert "office" not in after
    assert after[ODD.upper()]["channel"] == "certification"
    assert after[ODD.upper()]["computers"] == before["computers"]
    assert seed.machines["desk-01"].check_in()[1]["channel"] == "certification"
    assert people.written(seed.sluice) == (seeding.OWNER, "group change", "office")


def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(groups, seed):
    add(seed, "first")
    add(seed, "second")
    groups.driver.refresh()
    groups.reads("second")
    open_group(groups, "second")
    groups.click("button", "Change …")
    people.answer(groups, "Change", Name="first")
    groups.wait(lambda: [one.text for one in groups.all("alert") if "first" in one.text], "no word of it")
    assert groups.see("textbox", "Name").value == "first"
    assert {"first", "second"} <= set(known(seed))


def test_a_group_without_machines_is_removed_with_its_tokens(groups, seed):
    add(seed, "short-lived")
    token = seed.make_token("short-lived")
    groups.driver.refresh()
    groups.reads("short-lived")
    open_group(groups, "short-lived")
    groups.click("button", "Remove …")
    assert "Its tokens go with it" in people.answer(groups, "Remove")
    groups.gone("dialog")
    groups.see("heading", "Groups")
    groups.gone("link", "short-lived")
    assert "short-lived" not in known(seed)
    assert enrolled(seed, token, "too-late") != 200
    assert people.written(seed.sluice) == (seeding.OWNER, "group remove", "short-lived")


def test_a_group_with_machines_cannot_be_removed(groups):
    open_group(groups, "pilot")
    groups.see("button", "Change …")
    assert groups.all("button", "Remove …") == []
