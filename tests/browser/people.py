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


def places(browser, wanted=()):
    """Shows each view of the navigation, and what the first line of its list leads to; their names."""
    for name, address in views(browser).items():
        if wanted and name not in wanted:
            continue
        browser.open(address)
        settled(browser)
        yield name
        lines = browser.all("rowheader")
        links = [link for line in lines[:2] for link in browser.all("link", None, line)]
        if links:
            links[0].click()
            settled(browser)
            yield f"{name}, one"
