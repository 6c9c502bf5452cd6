"""The browser of these tests sees what a person sees, and misses nothing that it should report."""

import http.server
import os
import pathlib
import signal
import threading

import axe
import pytest
from hands import Keyboard
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.keys import Keys

PAGE = """<!doctype html><html lang="en"><title>Page</title><main><h1>Fruit</h1>
<p><label>Name <input id="name"></label> <button>Take <b>one</b></button>
<button hidden>Take two</button> <button disabled>Take three</button>
<div role="dialog" aria-label="Sure?"><button>Yes</button></div></main>"""


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        body = self.server.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pages, server.policy = {"/": PAGE}, "default-src 'self' http: 'unsafe-inline'"
    server.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


ICON = "favicon.ico"  # Chromium asks for one where a page names none


def test_things_are_found_by_role_and_name_and_only_what_is_there(browser, site):
    browser.open(site.url)
    assert browser.names("button") == ["Take one", "Take three", "Yes"]
    assert browser.see("button", "Take three").disabled
    assert browser.names("button", browser.see("dialog", "Sure?")) == ["Yes"]
    browser.fill("textbox", "Name", "pear")
    assert browser.see("textbox").value == "pear"


def test_the_keyboard_reaches_what_can_be_reached(browser, site):
    browser.open(site.url)
    keyboard = Keyboard(browser)
    keyboard.fill("textbox", "Name", "pear")
    keyboard.fill("textbox", "Name", "plum")
    assert browser.see("textbox").value == "plum"
    browser.press(Keys.TAB)
    assert browser.focused() == ("button", "Take one")
    keyboard.tab_to("textbox", most=1)
    with pytest.raises(AssertionError, match="Tab does not reach button 'Take three'"):
        keyboard.tab_to("button", "Take three", most=12)


def test_what_leaves_the_server_is_reported_and_stopped(browser, site):
    other = "http://elsewhere.example.org/x.png"
    site.pages["/"] = f"{PAGE}<img alt='' src='{other}'>"
    browser.open(site.url)
    assert any(other in one for one in browser.requests_elsewhere(site.url))
    assert any(line.startswith(f"GET {other} ") for line in browser.outside.came)


def test_a_page_that_stays_at_home_is_reported_for_nothing(browser, site):
    browser.open(site.url)
    assert browser.requests_elsewhere(site.url) == []
    assert [line for line in browser.console() if ICON not in line] == []


@pytest.mark.parametrize(
    "script, words",
    [("console.warn('hm')", "hm"), ("nothing.at.all", "nothing is not defined"),
     ("fetch('/missing')", "404"), ("Promise.reject(Error('left alone'))", "left alone")],
)  # fmt: skip
def test_the_console_is_heard(browser, site, script, words):
    site.pages["/"] = f"{PAGE}<script>{script}</script>"
    browser.open(site.url)
    browser.wait(lambda: any(words in line for line in browser.console()), f"{words} not heard")


def test_what_the_content_policy_stops_is_heard(browser, site):
    site.policy = "default-src 'none'"
    site.pages["/"] = f"{PAGE}<script>1</script>"
    browser.open(site.url)
    assert any("Content Security Policy" in line for line in browser.console())


def test_sizes_and_schemes_are_what_is_asked_for(browser, site):
    browser.open(site.url)
    for width in (390, 1280):
        browser.size(width)
        assert browser.script("return innerWidth") == width
    for name in ("dark", "light"):
        browser.scheme(name)
        assert browser.script(f"return matchMedia('(prefers-color-scheme: {name})').matches")


def test_axe_finds_what_is_wrong_and_nothing_else(browser, site, axe_core):
    browser.open(site.url)
    assert axe.violations(browser, axe_core) == []
    site.pages["/"] = PAGE.replace("<label>Name", "<label>").replace("Take <b>one</b>", "")
    browser.open(site.url)
    found = axe.violations(browser, axe_core)
    assert {line.split(":")[0] for line in found} == {"label", "button-name"}


def test_a_chromium_that_is_gone_is_the_end_of_one_test(browser, site):
    browser.open(site.url)
    started = pathlib.Path(f"/proc/{browser.driver.service.process.pid}/task").glob("*/children")
    os.kill(int("".join(one.read_text() for one in started).split()[0]), signal.SIGKILL)
    with pytest.raises(WebDriverException):
        browser.open(site.url)
    browser.fresh()
    browser.open(site.url)
    assert browser.first("heading")


def test_what_was_clicked_is_what_is_behind_a_message(browser, site):
    site.pages["/"] = f"""{PAGE}<div style="height: 200vh"></div>
        <button onclick="this.textContent = 'Taken'">Take the last</button><div style="height: 200vh"></div>
        <div style="position: fixed; bottom: 0; width: 100%; height: 2em">A message</div>"""
    browser.open(site.url)
    browser.click("button", "Take the last")
    browser.see("button", "Taken")


def test_a_tab_that_crashed_is_the_end_of_one_test(browser, site):
    with pytest.raises(WebDriverException):
        browser.open("chrome://crash")
    browser.fresh()
    browser.open(site.url)
    assert browser.first("heading")
