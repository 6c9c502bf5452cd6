"""A person without a mouse: everything is reached with Tab, and done by the keys that do it."""

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

MOST = 150  # presses of Tab until what can be reached has to be reached
WHERE = """
const [wanted] = arguments, now = document.activeElement;
const before = now.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING;
return [now === wanted ? "here" : before ? "before" : "after",
	(now.getAttribute("aria-label") ?? now.textContent).slice(0, 40)];
"""
CHOICE = """
const [list, text] = arguments, options = [...list.options].map((one) => one.text.trim());
return [list.selectedIndex, options.indexOf(text), options];
"""


class Keyboard:
    """A browser of which the mouse is taken away: the same words, done with keys."""

    def __init__(self, browser):
        self.browser = browser

    def __getattr__(self, name):  # looking is the same for everybody
        return getattr(self.browser, name)

    def chord(self, modifier, key):
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def tab_to(self, role, name=None, within=None, first=False, most=MOST):
        """Goes there with the Tab key alone, the shorter way; fails where that does not lead there."""
        target = self.one(role, name, within, first)
        passed = []
        for _ in range(most + 1):
            try:
                where, passing = self.script(WHERE, target.element)
            except StaleElementReferenceException:  # drawn anew meanwhile
                target = self.one(role, name, within, first)
                continue
            if where == "here":
                return target
            passed.append(passing)
            if where == "before":
                self.chord(Keys.SHIFT, Keys.TAB)
            else:
                self.press(Keys.TAB)
        wanted = getattr(name, "pattern", name)
        raise AssertionError(f"Tab does not reach {role} {wanted!r}; it passed {passed}")

    def click(self, role, name=None, within=None, first=False):
        self.tab_to(role, name, within, first)
        self.press(Keys.SPACE if role == "checkbox" else Keys.ENTER)

    def fill(self, role, name, text, within=None):
        self.tab_to(role, name, within)
        self.chord(Keys.CONTROL, "a")
        self.press(text)

    def choose(self, name, text, within=None):
        """Goes through a list with the arrows."""
        now, wanted, options = self.script(CHOICE, self.tab_to("combobox", name, within).element, text)
        assert wanted >= 0, f"{name}: no option {text!r} in {options}"
        self.press(*[Keys.DOWN if wanted > now else Keys.UP] * abs(wanted - now))

    def upload(self, name, path, within=None):
        """The chooser that a key opens is the system's: only the way to it is the page's."""
        self.tab_to("button", name, within).element.send_keys(str(path))
