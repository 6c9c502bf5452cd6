"""Who may not do a thing is offered no way to, and the server refuses it all the same."""

import re

import people
import pytest
from seed import OWNER, PASSWORD
from visitor import Visitor


def test_a_viewer_sees_everything_and_no_button_that_changes_anything(browser, seed):
    people.come_back(browser, seed.sluice, "Grace Hopper")
    offered = {name: people.changing(browser) for name in people.places(browser)}
    assert len(people.views(browser)) >= 9
    assert {name: some for name, some in offered.items() if some and name != "Settings"} == {}


def test_an_owner_is_offered_what_a_viewer_is_not(browser, seed):
    """Else the test above could not fail."""
    people.come_back(browser, seed.sluice)
    offered = {name for name in people.places(browser) if people.changing(browser)}
    assert offered >= {"Updates, one", "Certification", "Groups", "Upstreams"}


@pytest.mark.parametrize(
    "path, body",
    [
        ("approvals", {"kind": "approve", "names": ["thunderbird"], "channel": "certification"}),
        ("ratings", {"name": "thunderbird", "rating": "high", "reason": "x"}),
        ("holds", {"name": "nginx", "held": False, "reason": "x"}),
        ("groups", {"name": "mine", "channel": "production"}),
        ("people", {"name": "Mallory", "role": "owner", "password": PASSWORD}),
    ],
)
def test_what_a_viewer_sends_all_the_same_is_refused(browser, seed, path, body):
    people.come_back(browser, seed.sluice, "Grace Hopper")
    before = seed.sluice.ctl("audit", "list")[0]
    assert people.ask(browser, path, body) == 403
    assert seed.sluice.ctl("audit", "list")[0]["id"] == before["id"]


def test_a_certifier_decides_about_certification_alone(browser, seed):
    people.come_back(browser, seed.sluice, "Katherine Johnson")
    approval = {"kind": "approve", "names": ["linux"], "channel": "production"}
    assert people.ask(browser, "approvals", dict(approval, dry_run=True, channel="certification")) == 200
    assert people.ask(browser, "approvals", approval) == 403
    people.go(browser, "Certification")
    assert [name for name in people.changing(browser) if name.startswith("Hold")]
    assert [name for name in people.changing(browser) if name.startswith("Approve")] == []
    browser.open(f"{people.address(seed.sluice)}#/update?name=linux")
    browser.see("button", "Approve for certification …")
    assert [name for name in people.changing(browser) if re.match("Decline|Emergency", name)] == []
    assert people.ask(browser, "approvals", {"kind": "decline", "names": ["linux"]}) == 403


def test_who_signs_out_everywhere_is_out_everywhere(browser, seed):
    elsewhere = Visitor(seed.sluice)
    assert elsewhere.sign_in(OWNER, PASSWORD).status == 200
    people.sign_in(browser, seed.sluice)
    browser.click("DisclosureTriangle", re.compile(OWNER))
    browser.click("button", "Sign out everywhere")
    # not by roles: asked for them while it loads the page anew, Chromium's tab crashes
    asks = "return document.querySelector('input[type=password]') !== null"
    browser.wait(lambda: browser.script(asks), "nobody is asked to sign in")
    assert elsewhere.get("session").json["person"] is None
    assert elsewhere.get("groups").status == 401


def test_a_wrong_password_says_nothing_of_who_there_is(browser, seed):
    base = people.address(seed.sluice)
    said = []
    for name in ("Ada Lovelace", "Nobody"):
        browser.fresh()
        browser.open(base)
        browser.fill("textbox", "Name", name)
        browser.fill("textbox", "Password", "not this one at all")
        browser.click("button", "Sign in")
        said.append(browser.wait(lambda: browser.see("alert").text, "no word of what is wrong"))
        assert browser.see("textbox", "Name").value == name
    assert said[0] == said[1]
