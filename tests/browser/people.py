"""What people do on the page: sign in, go somewhere by the navigation, decide, take a file home."""

import csv
import re
import time
from urllib.parse import quote

import seed
from admin import get
from visitor import Visitor

VIEWS = "Views"  # the navigation's name
SESSIONS = {}  # begun before: {(address, person): (browser, when)}
LASTS = 120  # seconds in which no password is asked for, with much to spare

# what changes something, as the page's buttons call it
CHANGES = re.compile(
    r"^(approve|recall|decline|rate|promote|hold|unhold|add|edit|change|remove|move|accept|make|revoke|"
    r"sync|return|enable|disable|save|import)\b",
    re.I,
)

ASK = """
const [path, body, done] = arguments;
fetch("api/v1/session").then((one) => one.json()).then((session) =>
	fetch("api/v1/" + path, { method: "POST", body: JSON.stringify(body), headers: {
		"Content-Type": "application/json", "X-Sluice-Token": session.token } }))
.then((answer) => done(answer.status));
"""


def address(sluice):
    return f"http://{sluice.addresses()['admin']}/"


def set_up(browser, sluice):
    """The first person, by the code that the server printed."""
    browser.open(address(sluice))
    browser.fill("textbox", "Set-up code", sluice.ctl("setup-code")["code"])
    browser.fill("textbox", "Your name", seed.OWNER)
    browser.fill("textbox", "Password", seed.PASSWORD)
    browser.fill("textbox", "Password once more", seed.PASSWORD)
    browser.click("button", "Create the account")
    browser.see("navigation", VIEWS)


def sign_in(browser, sluice, person=seed.OWNER, password=seed.PASSWORD, base=None):
    browser.open(base or address(sluice))
    browser.fill("textbox", "Name", person)
    browser.fill("textbox", "Password", password)
    browser.click("button", "Sign in")
    return browser.see("navigation", VIEWS)


def session_of(sluice, person):
    """A browser, as far as the server sees one, in which somebody has just signed in."""
    key = address(sluice), person
    visitor, since = SESSIONS.get(key, (None, 0))
    if time.monotonic() - since > LASTS or visitor.get("session").json["person"] != person:
        visitor = Visitor(sluice)
        assert visitor.sign_in(person, seed.PASSWORD).status == 200
        SESSIONS[key] = visitor, time.monotonic()
    return visitor


def come_back(browser, sluice, person=seed.OWNER):
    """Opens the page where somebody is signed in already: quicker than the form."""
    browser.command(
        "Network.setCookie", url=address(sluice), name="sluice_session", sameSite="Strict", path="/",
        httpOnly=True, value=session_of(sluice, person).cookie,
    )  # fmt: skip
    browser.open(address(sluice))
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


def open_dialog(browser, button):
    browser.click("button", button, first=True)
    browser.see("dialog")
    settled(browser)


def details(browser, sluice):
    """Shows what no walk along first lines comes to, dialogs too, and changes nothing; their names."""

    def update(package):
        newest = get(sluice, f"updates?package={package}&sort=-released_at&limit=1").json["items"][0]
        return f"update?name={quote(newest['name'], safe='')}"

    def computer(name):
        return f"computers/{get(sluice, f'computers?text={name}').json['items'][0]['id']}"

    places = {
        "Update that fixes CVEs": (update("openssl"), None),
        "Update that fails": (update("nginx"), None),
        "Update that was recalled": (update("print-server"), None),
        "Computer that lacks updates": (computer("bureau-2"), None),
        "Computer that fails": (computer("web1"), None),
        "Updates that nobody finds": ("updates?text=nobody+has+this", None),
        "Jobs": ("jobs", None),
        "Approving": (update("openssl"), "Approve for certification …"),
        "Approving for production": (update("libxml2"), "Approve for production …"),
        "Emergency": (update("nginx"), "Emergency: production although it is held …"),
        "Recalling": (update("samba"), "Recall …"),
        "Rating": (update("samba"), "Rate …"),
        "Adding an upstream": ("upstreams", "Add an upstream …"),
        "Adding a group": ("groups", "Add a group …"),
        "Adding a person": ("settings", "Add a person …"),
        "Making an API token": ("settings", "Make an API token …"),
        "Asking for two": ("settings", "Ask for two …"),
    }
    for name, (place, button) in places.items():
        browser.open(f"{address(sluice)}#/{place}")
        settled(browser)
        if button:
            open_dialog(browser, button)
        yield name
        if button:
            browser.click("button", "Cancel")
            browser.gone("dialog")


def changing(browser):
    """The buttons on the page that change something."""
    return [name for name in browser.names("button") if CHANGES.search(name)]


def ask(browser, path, body):
    """The status of a change that the page itself would send."""
    return browser.driver.execute_async_script(ASK, path, body)


def row(browser, name):
    """The line of a list that begins with a name, or is named by a pattern."""
    begins = name if isinstance(name, re.Pattern) else re.compile(f"^{re.escape(name)}")
    header = browser.see("rowheader", begins)
    return header.element.find_element("xpath", "./..")


def answer(browser, button, **fields):
    """Fills in the dialog that is open and takes its action; what it said before that."""
    dialog = browser.see("dialog")
    said = dialog.text
    for name, text in fields.items():
        browser.fill("textbox", name.replace("_", " "), text, dialog)
    browser.click("button", button, dialog)
    return said


def confirm(browser, password=seed.PASSWORD):
    """Gives the password that a decision about production asks for."""
    asked = browser.see("dialog", "Your password, please")
    browser.fill("textbox", "Password", password, asked)
    browser.click("button", "Confirm", asked)


def decide(browser, button, verb, outcome, reason=None, confirmed=True):
    """Takes a decision in its dialog and waits for its outcome; what the dialog said it would do."""
    browser.click("button", button)
    dialog = browser.see("dialog")
    if reason:
        browser.fill("textbox", re.compile("^Reason"), reason, dialog)
    verb = re.compile(f"^{verb}")
    browser.wait(lambda: not browser.see("button", verb, dialog).disabled, f"{button} stays disabled")
    told = dialog.text
    browser.click("button", verb, dialog)
    if not confirmed:
        confirm(browser)
    browser.reads(outcome)
    browser.click("button", "Close")
    browser.gone("dialog")
    return told


def download(browser, link):
    """The rows of a CSV that a link gives."""
    before = set(browser.downloads.iterdir())
    browser.click("link", link)

    def came():
        new = [one for one in browser.downloads.iterdir() if one not in before]
        return [one for one in new if one.suffix == ".csv"]

    path = browser.wait(came, "no file came")[0]
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def written(sluice):
    """(who, what, to what) of the newest entry in the audit log that is not about signing in or out."""
    entries = get(sluice, "audit?limit=20").json["items"]
    done = next(one for one in entries if not one["action"].startswith("sign "))
    return done["person"], done["action"], done["object"]
