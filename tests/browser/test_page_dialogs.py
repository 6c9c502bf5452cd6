"""Every dialog that a view offers an owner: usable by everybody, and closed without a trace."""

import axe
import people
import pytest

LOOKS = ((1280, "light"), (390, "dark"))
ASKS = " …"  # ends the name of a button that opens a dialog


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
            chromium.click("button", "Cancel")
            chromium.gone("dialog")
    return found


def test_views_offer_dialogs(dialogs):
    assert len(dialogs) > 15


def test_axe_has_nothing_to_say_of_a_dialog(dialogs):
    assert {name: said for name, said in dialogs.items() if said} == {}
