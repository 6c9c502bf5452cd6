"""What goes wrong while somebody works: it is explained, and nothing that was typed is lost."""

import re

import people
import pytest
import seed
from admin import post
from archive import Archive, Server
from sluice import Sluice, add_upstream
from visitor import move_time

OTHER = "Dorothy Vaughan"


@pytest.fixture(scope="module")
def archive(folder):
    made = Archive(folder / "archive")
    for name in ("tool", "lamp", "rope", "nail"):
        made.add(name, "1.0-1", Description=f"a {name}")
    made.publish()
    yield made
    made.close()


@pytest.fixture(scope="module")
def mirror(archive):
    server = Server(archive.root)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shop(folder, archive, mirror):
    server = Sluice(folder)
    server.start()
    add_upstream(server, archive, mirror)
    server.ctl_text("sync")
    for name in (seed.OWNER, OTHER):
        post(server, "people", {"name": name, "role": "owner", "password": seed.PASSWORD})
    yield server
    server.stop()


@pytest.fixture
def owner(browser, shop, mirror):
    people.sign_in(browser, shop)
    yield browser
    mirror.faults.clear()


def show_update(browser, shop, name):
    browser.open(f"{people.address(shop)}#/update?name=test%2F{name}%3D1.0-1")
    browser.see("heading", f"{name} 1.0-1")


def ready(browser, verb):
    """The decision's button, once the dialog has shown what it would do."""
    dialog = browser.see("dialog")
    browser.reads("1 update")
    browser.wait(lambda: not browser.see("button", verb, dialog).disabled, f"{verb.pattern} stays disabled")
    return dialog


def test_a_session_that_ends_in_the_middle_of_a_form_costs_nothing_that_was_typed(owner, shop):
    show_update(owner, shop, "tool")
    owner.click("button", "Rate …")
    owner.fill("textbox", "Reason", "a reason that took long to write")
    owner.driver.delete_all_cookies()
    owner.click("button", "Rate")
    dialog = owner.see("dialog", "Please sign in again")
    assert owner.see("textbox", "Name", dialog).value == seed.OWNER
    owner.fill("textbox", "Password", seed.PASSWORD, dialog)
    owner.click("button", "Sign in", dialog)
    owner.gone("dialog")
    owner.reads("a reason that took long to write")
    assert shop.ctl("update", "show", "tool")["rating"] == "high"
    assert shop.ctl("audit", "list")[0]["person"] == seed.OWNER


def test_whoever_does_not_sign_in_again_keeps_the_form_too(owner, shop):
    show_update(owner, shop, "lamp")
    owner.click("button", "Rate …")
    owner.fill("textbox", "Reason", "kept all the same")
    owner.driver.delete_all_cookies()
    owner.click("button", "Rate")
    owner.click("button", "Not now", owner.see("dialog", "Please sign in again"))
    assert owner.see("textbox", "Reason").value == "kept all the same"
    assert shop.ctl("update", "show", "lamp")["rating"] != "high"


def test_whose_role_changed_meanwhile_keeps_the_form_and_loses_the_buttons(browser, shop):
    person = {"name": "Annie Easley", "role": "approver", "password": seed.PASSWORD}
    post(shop, "people", person)
    people.sign_in(browser, shop, person["name"])
    show_update(browser, shop, "tool")
    browser.click("button", "Rate …")
    browser.fill("textbox", "Reason", "not mine to say any more")
    post(shop, "person-roles", {"name": person["name"], "role": "viewer"})
    browser.click("button", "Rate")
    dialog = browser.see("dialog", "Please sign in again")
    browser.fill("textbox", "Password", seed.PASSWORD, dialog)
    browser.click("button", "Sign in", dialog)
    browser.reads("Your role is viewer now; it was approver.")
    assert browser.see("textbox", "Reason").value == "not mine to say any more"
    browser.click("button", "Cancel", browser.see("dialog"))
    browser.gone("button", "Rate …")
    assert not people.changing(browser)
    assert shop.ctl("audit", "list", "--action", "rate", "--person", person["name"]) == []


def test_who_signed_in_in_another_tab_does_not_do_what_somebody_else_meant(owner, shop):
    show_update(owner, shop, "nail")
    owner.click("button", "Rate …")
    owner.fill("textbox", "Reason", "mine and nobody else's")
    assert people.ask(owner, "session", {"name": OTHER, "password": seed.PASSWORD}) == 200
    for _ in range(2):
        owner.click("button", "Rate")
        owner.reads(f"{OTHER} signed in here meanwhile: load the page again")
    assert owner.see("textbox", "Reason").value == "mine and nobody else's"
    assert not shop.ctl("audit", "list", "--action", "rate", "--person", OTHER)


def test_the_second_of_two_who_decide_at_once_sees_the_first_ones_decision(owner, shop):
    show_update(owner, shop, "rope")
    owner.click("button", "Decline …")
    dialog = ready(owner, re.compile("^Decline"))
    owner.fill("textbox", re.compile("^Reason"), "nobody needs it", dialog)
    shop.ctl_text("approve", "rope", "--channel", "certification", "--reason", "was first", "--yes")
    owner.click("button", re.compile("^Decline"), dialog)
    said = owner.wait(lambda: [one.text for one in owner.all("alert") if one.text], "nothing said")
    assert re.search("approved for certification by [a-z]+ at", " ".join(said))
    assert owner.see("textbox", re.compile("^Reason")).value == "nobody needs it"
    assert shop.ctl("update", "show", "rope")["certification"] == "approved"


def test_production_asks_for_the_password_when_it_was_given_long_ago(owner, shop):
    shop.ctl_text("approve", "lamp", "--channel", "certification", "--yes")
    move_time(shop, 400)
    show_update(owner, shop, "lamp")
    owner.click("button", "Approve for production …")
    decision = ready(owner, re.compile("^Approve"))
    owner.fill("textbox", re.compile("^Reason"), "tried and fine", decision)
    owner.click("button", re.compile("^Approve"), decision)
    asked = owner.see("dialog", "Your password, please")
    assert shop.ctl("update", "show", "lamp")["production"] != "approved"
    owner.fill("textbox", "Password", seed.PASSWORD, asked)
    owner.click("button", "Confirm", asked)
    owner.reads("Computers of production are offered it from now on.")
    assert shop.ctl("update", "show", "lamp")["production"] == "approved"
    assert "tried and fine" in shop.ctl("audit", "list")[0]["detail"]


@pytest.mark.parametrize(
    "query, words",
    [("rating=urgent", "urgent"), ("colour=red", "colour"), ("sort=beauty", "beauty"),
     ("offset=x", "x"), ("day=tomorrow", "tomorrow")],
)  # fmt: skip
def test_a_filter_that_nobody_understands_is_named(owner, shop, query, words):
    owner.open(f"{people.address(shop)}#/updates?{query}")
    assert words in owner.see("alert").text
    owner.act(lambda: owner.all("button", "Clear filters")[-1].click(), "clear the filters")
    owner.reads("4 updates")


def test_a_link_to_nowhere_says_so(owner, shop):
    for place in ("#/nonsense", "#/update?name=nothing", "#/computers/12"):
        owner.open(people.address(shop) + place)
        owner.reads(re.compile("no |none", re.I))
        owner.first("heading")


def test_an_approval_that_fails_half_way_says_what_stands(owner, shop, archive, mirror):
    mirror.faults["/nail_"] = lambda handler: handler.send_error(404)
    show_update(owner, shop, "nail")
    owner.click("button", "Approve for certification …")
    owner.click("button", re.compile("^Approve"), ready(owner, re.compile("^Approve")))
    text = owner.reads("The decision stands")
    assert "nail" in text and "404" in text
    index = shop.get(f"/apt/certification/dists/{archive.suite}/main/binary-amd64/Packages")[2]
    assert b"Package: rope" in index and b"Package: nail" not in index


def test_a_server_that_restarts_while_a_job_runs_is_waited_for(owner, shop, archive, mirror):
    archive.add("late", "1.0-1")
    archive.publish()
    mirror.faults["by-hash"] = lambda handler: handler.server.over.wait(120)
    people.go(owner, "Upstreams")
    owner.click("button", re.compile("^Sync"))
    owner.first("progressbar")
    shop.admin = shop.addresses()["admin"]
    shop.kill()
    mirror.faults.clear()
    shop.start()
    owner.reads(re.compile("restart|interrupted", re.I))
