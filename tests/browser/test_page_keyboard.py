"""The page by keyboard alone: signing in, finding, deciding, and where the focus is afterwards."""

import re

import people
import pytest
from hands import Keyboard
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def owner(browser, seed):
    """Signed in without the mouse."""
    keyboard = Keyboard(browser)
    people.sign_in(keyboard, seed.sluice)
    return keyboard


def test_an_update_is_found_read_and_approved_without_a_mouse(owner, seed):
    owner.click("link", "Updates")
    owner.see("heading", "Updates")
    owner.press("/")
    assert owner.focused() == ("searchbox", "Find")
    owner.press("thunderbird")
    owner.reads("2 updates")
    owner.click("link", re.compile("^thunderbird 1:140"))
    owner.see("heading", re.compile("thunderbird 1:140"))
    owner.click("button", "Approve for certification …")
    owner.see("dialog", re.compile("^Approve"))
    owner.reads("1 update")
    owner.wait(lambda: owner.all("button", "Approve for certification"), "nothing to press")
    owner.wait(lambda: not owner.see("button", "Approve for certification").disabled, "stays disabled")
    owner.click("button", "Approve for certification")
    owner.reads("of certification are offered it from now on")
    owner.press(Keys.ESCAPE)
    owner.gone("dialog")
    state = seed.sluice.ctl("update", "show", "thunderbird=1:140.4.0esr-1~deb12u1")["certification"]
    assert state == "approved"


def test_many_are_selected_and_decided_with_single_keys(owner, seed):
    owner.open(f"{people.address(seed.sluice)}#/updates?state=known&sort=name")
    owner.reads(re.compile(r"[2-9] updates"))
    owner.press("j")
    role, name = owner.focused()
    assert role == "link" and name
    owner.press("x", "j", "x", "d")
    dialog = owner.see("dialog", "Decline 2 updates")
    assert owner.names("button", dialog)
    owner.press(Keys.ESCAPE)
    owner.gone("dialog")
    assert owner.focused()[0] in ("link", "checkbox", "button")
    owner.press("?")
    owner.see("dialog", "Keys")
    owner.reads("Next line")
    owner.press(Keys.ESCAPE)
    owner.gone("dialog")


def test_the_focus_stays_in_a_dialog_and_comes_back_from_it(owner, seed):
    owner.open(f"{people.address(seed.sluice)}#/groups")
    owner.see("heading", "Groups")
    owner.click("button", "Add a group …")
    dialog = owner.see("dialog", "Add a group")
    inside = {one.name for role in ("textbox", "combobox", "button") for one in owner.all(role, None, dialog)}
    for _ in range(8):
        role, name = owner.focused()
        assert name in inside or role in ("dialog", "generic", "none", "RootWebArea", "body"), (role, name)
        owner.press(Keys.TAB)
    owner.press(Keys.ESCAPE)
    owner.gone("dialog")
    assert owner.focused() == ("button", "Add a group …")


def test_whoever_tabs_can_skip_the_navigation(owner):
    owner.driver.refresh()
    owner.see("navigation", people.VIEWS)
    owner.tab_to("link", "Skip to the content", most=3)
    owner.press(Keys.ENTER, Keys.TAB)
    assert owner.focused() not in [("link", name) for name in people.views(owner)]


def test_each_view_can_be_reached_and_each_button_on_it(owner):
    """What can be clicked can be reached: nothing is a trap, nothing is passed over."""
    for name, address in people.views(owner).items():
        owner.open(address)
        people.settled(owner)
        wanted = {
            one.element.id: one.name
            for one in owner.all("button")
            if not one.disabled and not one.name.startswith("Show date picker")  # Chromium's own
        }
        for _ in range(400):
            wanted.pop(owner.script("return document.activeElement").id, None)
            if not wanted:
                break
            owner.press(Keys.TAB)
        assert wanted == {}, name
