"""Chromium as a person uses it: what is on the page is found by role and name, as a screen reader does.

Nothing but loopback can be reached: everything else goes to a proxy that only notes who came. Each
request, console message and content policy violation is kept for the test to look at.
"""

import json
import pathlib
import re
import shutil
import socket
import threading
import time

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    InvalidElementStateException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from urllib3.exceptions import HTTPError

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
PATIENCE = 20  # seconds until what has to come has to be there
BLANK = "about:blank"
HUNG = 90  # seconds after which Chromium is taken for hung
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root has none; the pages are our own
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-search-engine-choice-screen",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--lang=en-US",
)
NEVER = re.compile(r"(?!)")


def why_no_chromium():
    """Why there is no browser here, or None when there is one."""
    for path in (CHROMIUM, DRIVER):
        if not shutil.which(path):
            return f"{path} is missing: deploy/install-packages test"
    return None


class Outside:
    """A proxy that leads nowhere: notes the first line of whoever wants to leave the machine."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.came = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    self.came.append(connection.recv(500).split(b"\r\n")[0].decode("latin-1"))
                except OSError:
                    self.came.append("nothing said")

    def close(self):
        self.socket.close()


def matches(wanted, name):
    """Whether a name is the wanted one; a pattern is searched in it."""
    if wanted is None:
        return True
    return bool(wanted.search(name)) if isinstance(wanted, re.Pattern) else wanted == name


class Found:
    """Something on the page: its role, name and states as a screen reader gets them."""

    def __init__(self, node, element):
        self.role = node["role"]["value"]
        self.name = node.get("name", {}).get("value", "")
        self.states = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
        self.element = element

    @property
    def disabled(self):
        return bool(self.states.get("disabled"))

    @property
    def value(self):
        return self.element.get_property("value")

    @property
    def text(self):
        return self.element.text

    def click(self):
        try:
            self.element.click()
        except ElementClickInterceptedException:  # a message is before it: out from under it, then
            self.element.parent.execute_script("arguments[0].scrollIntoView({block: 'center'})", self.element)
            self.element.click()

    def fill(self, text):
        """Types a text in the place of what is there."""
        self.element.clear()
        self.element.send_keys(text)

    def choose(self, text):
        """Takes the option of a list that shows this text."""
        for option in self.element.find_elements("tag name", "option"):
            if option.text.strip() == text:
                option.click()
                return
        raise AssertionError(f"{self.name}: no option {text!r} in {self.text!r}")


class Browser:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.outside = Outside()
        self.downloads = self.folder / "downloads"
        self.downloads.mkdir()
        self.starts = 0
        self.start()
        self.said = []  # by the console
        self.asked = []  # addresses that were requested
        self.answers = []  # (status, address) of what came back

    def options(self):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        profile = f"--user-data-dir={self.folder / str(self.starts)}"
        proxy = f"--proxy-server=http://127.0.0.1:{self.outside.port}"
        for flag in (*FLAGS, profile, proxy):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.add_experimental_option(
            "prefs",
            {
                "download.default_directory": str(self.downloads),
                "credentials_enable_service": False,
                "profile.password_manager_leak_detection": False,
            },
        )
        return options

    def start(self):
        """A new Chromium: in a profile of its own, whatever became of the one before."""
        self.starts += 1
        RemoteConnection.set_timeout(HUNG)  # else nothing ends a question to one that hangs
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=self.options())
        self.driver.set_page_load_timeout(HUNG / 2)

    def close(self):
        self.driver.quit()
        self.outside.close()

    def command(self, name, /, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    # how it looks

    def size(self, width, height=900):
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def scheme(self, name, medium=""):
        """Light or dark; on paper with the medium "print"."""
        feature = {"name": "prefers-color-scheme", "value": name}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.command("Emulation.setEmulatedMedia", media=medium, features=[feature, still])

    def picture(self, path):
        """The whole page as PNG, also what has to be scrolled to."""
        self.command("Emulation.setScrollbarsHidden", hidden=True)
        width = self.script("return innerWidth")
        height = self.script("return Math.max(innerHeight, document.documentElement.scrollHeight)")
        self.size(width, min(height, 6000))
        self.driver.save_screenshot(str(path))
        self.size(width)
        self.command("Emulation.setScrollbarsHidden", hidden=False)

    # where it is

    def open(self, url):
        self.driver.get(url)

    def close_windows(self):
        first, *others = self.driver.window_handles
        for window in others:
            self.driver.switch_to.window(window)
            self.driver.close()
        self.driver.switch_to.window(first)
        if self.address != BLANK:
            self.driver.get(BLANK)

    def away(self):
        """From every page; what crashed or hangs is the end of one test, not of all."""
        try:
            self.close_windows()
        except (WebDriverException, HTTPError, OSError):
            self.driver.quit()
            self.start()

    def fresh(self):
        """As somebody who was never here: no cookie, nothing kept, no page, one window."""
        self.away()
        self.command("Network.clearBrowserCookies")
        self.command("Network.clearBrowserCache")
        self.listen()
        for kept in (self.said, self.asked, self.answers, self.outside.came):
            kept.clear()
        self.size(1280)
        self.scheme("light")

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    @property
    def address(self):
        return self.driver.current_url

    # what it said and asked for

    def listen(self):
        """Takes what the console said and what was requested since the last time."""
        for entry in self.driver.get_log("browser"):
            self.said.append(f"{entry['level']} {entry['source']}: {entry['message']}")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                self.asked.append(message["params"]["url"])
            elif message["method"] == "Network.responseReceived":
                answer = message["params"]["response"]
                self.answers.append((answer["status"], answer["url"]))

    def console(self, expected=NEVER):
        """What the console said that was not expected."""
        self.listen()
        return [line for line in self.said if not expected.search(line)]

    def requests_elsewhere(self, base):
        """What pages asked for that is not below a base; what Chromium itself asks for is not theirs."""
        self.listen()
        own = (base, "data:", "blob:", "about:", "chrome:")
        return [url for url in self.asked if not url.startswith(own)]

    # what is there

    def nodes(self, role, within=None):
        """What has a role, in the order of the page, as the accessibility tree has it."""
        root = within.element if within else self.driver.find_element("css selector", "html")
        place, number = root.id.rsplit(".", 1)  # Chromium's own number of the node
        tree = self.command("Accessibility.queryAXTree", backendNodeId=int(number), role=role)
        for node in tree["nodes"]:
            if not node.get("ignored"):
                element = WebElement(self.driver, f"{place}.{node['backendDOMNodeId']}")
                yield Found(node, element)

    def all(self, role, name=None, within=None):
        try:
            return [one for one in self.nodes(role, within) if matches(name, one.name)]
        except StaleElementReferenceException:
            return []
        except WebDriverException as problem:  # the page changed under the question
            if "node" in str(problem).lower():
                return []
            raise

    def names(self, role, within=None):
        return [one.name for one in self.all(role, None, within)]

    def wait(self, condition, what):
        """Until a condition gives something that is true; that is the result. what: its absence in words."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                result = condition()
            except StaleElementReferenceException:
                result = None
            if result:
                return result
            if time.monotonic() > until:
                told = what() if callable(what) else what
                raise AssertionError(f"{told}\nThe page is:\n{self.text()[:3000]}")
            time.sleep(0.05)

    def see(self, role, name=None, within=None):
        """The one thing with that role and name; waits for it."""

        def found():
            seen = self.all(role, name, within)
            return seen[0] if len(seen) == 1 else None

        def missed():
            wanted = getattr(name, "pattern", name)
            return f"no single {role} {wanted!r}; there are {self.names(role, within)}"

        return self.wait(found, missed)

    def first(self, role, name=None, within=None):
        """The first of possibly many."""
        found = self.wait(lambda: self.all(role, name, within), f"no {role} {name!r}")
        return found[0]

    def one(self, role, name=None, within=None, first=False):
        return (self.first if first else self.see)(role, name, within)

    def gone(self, role, name=None):
        self.wait(lambda: not self.all(role, name), f"{role} {name!r} stays")

    def text(self):
        """What can be read on the page."""
        return self.script("return document.body ? document.body.innerText : ''")

    def reads(self, wanted):
        """Waits until a text (or a pattern) can be read; the page's text."""

        def there():
            text = self.text()
            found = wanted.search(text) if isinstance(wanted, re.Pattern) else wanted in text
            return text if found else None

        return self.wait(there, f"nowhere: {getattr(wanted, 'pattern', wanted)!r}")

    # what a person does

    def act(self, action, what):
        """Does something to what is found, again when the page was just being drawn anew."""

        def done():
            try:
                action()
            except (ElementNotInteractableException, InvalidElementStateException) as problem:
                raise StaleElementReferenceException(str(problem)) from problem
            return True

        self.wait(done, f"cannot {what}")

    def click(self, role, name=None, within=None, first=False):
        self.act(lambda: self.one(role, name, within, first).click(), f"click {role} {name!r}")

    def fill(self, role, name, text, within=None):
        self.act(lambda: self.see(role, name, within).fill(text), f"fill {role} {name!r}")

    def choose(self, name, text, within=None):
        self.see("combobox", name, within).choose(text)

    def upload(self, name, path, within=None):
        self.see("button", name, within).element.send_keys(str(path))

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """(role, name) of what has the keyboard."""
        element = self.driver.switch_to.active_element
        return element.aria_role, element.accessible_name
