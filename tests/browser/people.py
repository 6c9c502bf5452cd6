"""What people do on every view of the page: sign in, go somewhere by the navigation."""

import seed

VIEWS = "Views"  # the navigation's name


def address(sluice):
    return f"http://{sluice.addresses()['admin']}/"


def sign_in(browser, sluice, person=seed.OWNER, password=seed.PASSWORD, base=None):
    browser.open(base or address(sluice))
    browser.fill("textbox", "Name", person)
    browser.fill("textbox", "Password", password)
    browser.click("button", "Sign in")
    return browser.see("navigation", VIEWS)


def views(browser):
    """{name: address} of all views that the navigation leads to."""
    navigation = browser.see("navigation", VIEWS)
    links = browser.all("link", None, navigation)
    assert links
    return {link.name: link.element.get_property("href") for link in links}


def go(browser, view):
    """By the navigation, until that view is there."""
    browser.click("link", view, browser.see("navigation", VIEWS))
    settled(browser, view)


def settled(browser, heading=None):
    """Waits until the view is there and nothing on it is still being fetched."""
    browser.see("heading", heading) if heading else browser.first("heading")
    browser.wait(
        lambda: not browser.script(
            "return document.querySelector('main [aria-busy=true], main .loading')"
        ),
        "something is still loading",
    )


def leads(browser):
    """Where the first line of a list leads to, and the first heading that is a link."""
    for role in ("rowheader", "heading"):
        found = [link for one in browser.all(role)[:4] for link in browser.all("link", None, one)]
        if found:
            yield found[0].element.get_property("href")


def places(browser, wanted=()):
    """Shows each view of the navigation, and what is behind the first things on it; their names."""
    for name, address in views(browser).items():
        if wanted and name not in wanted:
            continue
        browser.open(address)
        settled(browser)
        yield name
        for more, behind in zip(("one", "another"), list(leads(browser))):
            browser.open(behind)
            settled(browser)
            yield f"{name}, {more}"
