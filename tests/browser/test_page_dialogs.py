"""Every dialog that a view offers an owner: usable by everybody, and closed without a trace."""

import axe
import people
import pytest

LOOKS = ((1280, "light"), (390, "dark"))
ASKS = " …"  # ends the name of a button that opens a dialog


def lost_focus(browser, opener):
    """Where the focus is not, once a dialog was answered with nothing, and once it is closed."""
    dialog, said = browser.see("dialog"), []
    boxes = [one for one in browser.all("textbox", None, dialog) if one.states.get("required")]
    main = dialog.element.find_elements("css selector", "button[type=submit]:not([disabled])")
    if main and boxes and not any(one.value for one in boxes):
        main[0].click()
        first = boxes[0].name
        browser.wait(lambda: browser.see("textbox", first, dialog).states["invalid"] == "true", first)
        if browser.focused() != ("textbox", first):
            said.append(f"the focus is on {browser.focused()}, not on the wrong field {first}")
    browser.click("button", "Cancel", dialog)
    browser.gone("dialog")
    if browser.focused() != ("button", opener):
        said.append(f"the focus is on {browser.focused()} afterwards")
    return said


@pytest.fixture(scope="module")
def dialogs(chromium, seed, axe_core):
    """{"View: button": what axe-core says of the dialog} of one walk through everything."""
    chromium.fresh()
    people.come_back(chromium, seed.sluice)
    found = {}
    for place in people.places(chromium):
        labels = {one.name for one in chromium.all("button") if one.name.endswith(ASKS)}
        for label in sorted(labels):
            button = next(one for one in chromium.all("button") if one.name == label)
            button.click()
            chromium.see("dialog")
            said = found[f"{place}: {label}"] = []
            for width, scheme in LOOKS:
                chromium.size(width)
                chromium.scheme(scheme)
                said += [f"{width} {scheme}: {one}" for one in axe.violations(chromium, axe_core, "dialog")]
            chromium.size(1280)
            chromium.scheme("light")
            said += lost_focus(chromium, label)
    return found


def test_views_offer_dialogs(dialogs):
    assert len(dialogs) > 15


def test_a_dialog_suits_axe_and_keeps_the_focus_where_one_is(dialogs):
    assert {name: said for name, said in dialogs.items() if said} == {}
