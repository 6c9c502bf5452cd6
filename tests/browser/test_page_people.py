"""People and what scripts sign in with, by the page's Settings: changed there, and true at once."""

import urllib.error
import urllib.request

import people
import pytest
import seed as seeding
from admin import get
from visitor import Visitor

OTHER = "a sentence that nobody guesses"


@pytest.fixture
def settings(browser, seed):
    """The settings, with an owner signed in."""
    people.come_back(browser, seed.sluice)
    people.go(browser, "Settings")
    return browser


@pytest.fixture
def at_another_desk(seed):
    """Signs somebody in elsewhere; that browser, whoever it is."""

    def sign_in(name, password=seeding.PASSWORD):
        visitor = Visitor(seed.sluice)
        visitor.answer = visitor.sign_in(name, password)
        return visitor

    return sign_in


def signed_in(visitor):
    """Who is, or None."""
    return visitor.get("session").json["person"]


def roles(seed):
    return {one["name"]: one["role"] for one in get(seed.sluice, "people").json["items"]}


def test_another_role_is_true_at_once(settings, seed, at_another_desk):
    visitor = at_another_desk(seeding.VIEWER)
    settings.click("button", f"Role … {seeding.VIEWER}")
    dialog = settings.see("dialog", f"Another role for {seeding.VIEWER}")
    settings.choose("Role", "Certifier: approves for certification", dialog)
    assert "signed out everywhere" in people.answer(settings, "Change")
    settings.gone("dialog")
    settings.reads(f"Changed the role of {seeding.VIEWER}")
    settings.wait(lambda: "certifier" in people.row(settings, seeding.VIEWER).text, "still a viewer")
    assert roles(seed)[seeding.VIEWER] == "certifier"
    assert signed_in(visitor) is None
    assert at_another_desk(seeding.VIEWER).get("session").json["role"] == "certifier"
    assert people.written(seed.sluice) == (seeding.OWNER, "person role", seeding.VIEWER)


def test_who_is_removed_is_out_at_once(settings, seed, at_another_desk):
    visitor = at_another_desk(seeding.CERTIFIER)
    assert signed_in(visitor) == seeding.CERTIFIER
    settings.click("button", f"Remove … {seeding.CERTIFIER}")
    said = people.answer(settings, "Remove")
    assert "stays in the audit log" in " ".join(said.split())
    settings.gone("dialog")  # what is behind it is not there
    settings.gone("rowheader", seeding.CERTIFIER)
    assert seeding.CERTIFIER not in roles(seed)
    assert signed_in(visitor) is None
    assert at_another_desk(seeding.CERTIFIER).answer.status == 401
    assert people.written(seed.sluice) == (seeding.OWNER, "person remove", seeding.CERTIFIER)


def test_an_owner_is_offered_nothing_that_would_lock_the_door(settings):
    assert [name for name in settings.names("button") if name.endswith(seeding.OWNER)] == []


def test_an_owner_gives_somebody_another_password(settings, seed, at_another_desk):
    visitor = at_another_desk(seeding.APPROVER)
    settings.click("button", f"Password … {seeding.APPROVER}")
    fields = {"New_password": OTHER, "New_password_once_more": OTHER}
    assert "signed out everywhere" in people.answer(settings, "Set the password", **fields)
    settings.gone("dialog")
    settings.reads(f"{seeding.APPROVER} has a new password")
    assert signed_in(visitor) is None
    assert at_another_desk(seeding.APPROVER).answer.status == 401
    assert signed_in(at_another_desk(seeding.APPROVER, OTHER)) == seeding.APPROVER
    assert people.written(seed.sluice) == (seeding.OWNER, "person password", seeding.APPROVER)


def test_an_own_password_is_changed_by_who_knows_it(browser, seed, at_another_desk):
    visitor = at_another_desk(seeding.VIEWER)
    people.sign_in(browser, seed.sluice, seeding.VIEWER)
    people.go(browser, "Settings")
    browser.click("button", "Change your password …")
    fields = {"New_password": OTHER, "New_password_once_more": OTHER}
    people.answer(browser, "Change", Password_until_now="not what it is", **fields)
    browser.wait(lambda: [one.text for one in browser.all("alert") if one.text], "no word of what is wrong")
    assert browser.see("textbox", "New password").value == OTHER
    assert signed_in(visitor) == seeding.VIEWER

    people.answer(browser, "Change", Password_until_now=seeding.PASSWORD)
    browser.gone("dialog")
    browser.reads("Your password is changed")
    assert signed_in(visitor) is None
    assert at_another_desk(seeding.VIEWER).answer.status == 401
    assert signed_in(at_another_desk(seeding.VIEWER, OTHER)) == seeding.VIEWER
    # who changed it stays signed in, and may go on changing things
    people.go(browser, "Groups")
    people.go(browser, "Settings")
    browser.click("button", "Make an API token …")
    people.answer(browser, "Make the token", What_for="after the change")
    browser.see("textbox", "API token")


def status_for(seed, secret):
    """What the server answers a script with that API token."""
    request = urllib.request.Request(f"{people.address(seed.sluice)}api/v1/status")
    request.add_header("Authorization", f"Bearer {secret}")
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as problem:
        return problem.code


def test_an_api_token_is_shown_once_and_ends_when_it_is_removed(settings, seed):
    settings.click("button", "Make an API token …")
    people.answer(settings, "Make the token", What_for="monitoring")
    secret = settings.see("textbox", "API token").value
    assert secret in settings.see("textbox", "For example").value
    settings.click("button", "I have it")
    settings.gone("dialog")
    assert secret not in settings.reads("monitoring")
    assert status_for(seed, secret) == 200
    begins = people.row(settings, "monitoring").find_element("css selector", "code").text.rstrip("…")
    assert secret.startswith(begins)

    settings.click("button", f"Remove … {begins}")
    assert "monitoring" in people.answer(settings, "Remove")
    settings.gone("dialog")
    settings.gone("rowheader", "monitoring")
    assert status_for(seed, secret) == 401
    assert "monitoring" not in [one["name"] for one in get(seed.sluice, "api-tokens").json["items"]]


def test_two_people_are_asked_for_and_one_again(settings, seed):
    for button, label, on in (("Ask for two …", "Ask for two", True), ("Let one decide …", "Let one decide", False)):
        settings.click("button", button)
        people.answer(settings, label)
        settings.gone("dialog")
        settings.gone("button", button)
        assert get(seed.sluice, "settings").json["two_people"] is on
        assert people.written(seed.sluice)[:2] == (seeding.OWNER, "setting")


def test_what_ratings_ask_for_is_changed_and_nothing_else_is(settings, seed):
    before = {one["rating"]: one for one in get(seed.sluice, "settings").json["ratings"]}
    settings.click("button", "Change …")
    dialog = settings.see("dialog")
    settings.fill("spinbutton", "Time allowed (days)", "5", settings.see("group", "high", dialog))
    settings.click("button", "Change", dialog)
    settings.gone("dialog")
    settings.wait(lambda: "5 days" in people.row(settings, "high").text, "high still allows what it did")
    before["high"]["allow_s"] = 5 * seeding.DAY
    after = {one["rating"]: one for one in get(seed.sluice, "settings").json["ratings"]}
    assert after == before


def test_somebody_who_is_added_can_sign_in(settings, seed, at_another_desk):
    settings.click("button", "Add a person …")
    fields = {"First_password": OTHER, "First_password_once_more": OTHER}
    people.answer(settings, "Add", Name="Edsger <b>", **fields)
    settings.gone("dialog")
    settings.wait(lambda: "viewer" in people.row(settings, "Edsger <b>").text, "Edsger is not there")
    assert roles(seed)["Edsger <b>"] == "viewer"
    assert signed_in(at_another_desk("Edsger <b>", OTHER)) == "Edsger <b>"
