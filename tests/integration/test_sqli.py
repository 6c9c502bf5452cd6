"""A-09: what would end a string of SQL is text like any other, wherever the API takes text."""

import copy
import itertools
import json
from urllib.parse import quote

import pytest
from admin import call
from archive import Archive, Server
from conftest import LONG
from openapi import CheckedClient
from people_road import sign_in
from road import change_settings, decide, set_up_catalog, set_up_fleet
from visitor import PASSWORD, Visitor, add_person

QUOTING = [
    "'", '"', "`", "'' OR 1=1", "x' OR '1'='1", 'x" OR "1"="1', "x') OR ('1'='1", "x'; DROP TABLE updates; --",
    "x' UNION SELECT hash, 1, 2 FROM audit --", "x\\' OR 1=1 --", "x'||(SELECT 1)||'", "%", "_", "*", "?1", ":x",
    "$1", "[x]",
]  # fmt: skip
BOLD = ["x'; DROP TABLE updates; --", 'x" OR "1"="1']
NUMBERS = itertools.count()  # what was made once cannot be made again
# bodies that hold no text, or bytes
TEXTLESS = {"POST backups", "POST setup-codes", "POST advisories"}
# a letter that nothing in the catalog has: what means something to SQL becomes it, one for one
HARMLESS = str.maketrans({sign: "q" for sign in "'\"`;-()|\\%_*?:$[]"})


def harmless(value):
    """The same with nothing left in it that SQL knows; of texts, lists and objects."""
    if isinstance(value, str):
        return value.translate(HARMLESS)
    if isinstance(value, list):
        return [harmless(one) for one in value]
    if isinstance(value, dict):
        return {harmless(key): harmless(one) for key, one in value.items()}
    return value


@pytest.fixture(scope="module")
def api(shared, tmp_path_factory):
    archive = Archive(tmp_path_factory.mktemp("archive") / "a")
    mirror = Server(archive.root)
    made = CheckedClient(shared)
    sign_in(made)
    set_up_catalog(made, archive, mirror)
    for machine in set_up_fleet(made, shared.url):
        machine.check_in()
    decide(made)
    change_settings(made)
    yield made
    mirror.stop()
    archive.close()


def is_answered_alike(answer, other):
    """What is made has secrets of its own; what is refused says the same of either."""
    # what no name is made of may be refused as that, in place of not being found
    if (answer.status, other.status) == (400, 404):
        return answer.json["title"] == "invalid"
    if answer.status != other.status:
        return False
    return answer.status in (201, 202) or harmless(answer.json) == harmless(other.json)


def compare(api, method, path, body=None):
    """Holds the answer for each text against the one for the same without what SQL knows.

    path and body are functions of the text.
    """
    body = body or (lambda text: None)
    for text in QUOTING if LONG or method != "POST" else BOLD:
        tried = f"{next(NUMBERS)} {text}" if method == "POST" else text
        plain = harmless(tried)
        expected = call(api.sluice, method, path(plain), body(plain))
        answer = call(api.sluice, method, path(tried), body(tried))
        place = f"{method} {path(tried)} {body(tried)}: {answer.body[:500]}"
        assert answer.status < 500, place
        if not is_answered_alike(answer, expected):  # a second may have passed, or it was done meanwhile
            expected = call(api.sluice, method, path(plain), body(plain))
        assert is_answered_alike(answer, expected), f"{place} {expected.body[:500]}"


def test_a_query_argument_is_text(api):
    checked = 0
    for one in api.operations:
        for name in one.arguments:
            # tokens begin at random, so that a letter alone may be in one
            behind = "~" if "tokens" in one.path and name == "text" else ""
            if one.method == "GET" and one.path != "audit":
                compare(api, "GET", lambda text: f"{one.path}?{name}={quote(text + behind, safe='')}")
                checked += 1
    assert checked > 40


def test_a_filter_of_the_audit_log_is_text(api):
    """Its own test: other tests add to the log between two answers."""
    for name in ("person", "action", "text"):
        compare(api, "GET", lambda text: f"audit?{name}={quote(text + '~', safe='')}")


def test_a_name_in_a_path_is_text(api):
    for one in api.operations:
        if "{" in one.path and one.method in ("GET", "DELETE"):
            begin = one.path.split("{")[0]
            compare(api, one.method, lambda text: begin + quote(text, safe=""))


def places(value, path=()):
    """Paths to all texts in a body; a keyring is bytes in base64."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, (list, dict)):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            if key == "keyring":
                continue
            yield from places(one, (*path, key))


def with_text(body, path, text):
    changed = copy.deepcopy(body)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = text
    return changed


def rows(api, path):
    return {json.dumps(one, sort_keys=True) for one in api.get(path)["items"]}


def test_a_text_in_a_body_is_text(api):
    """Each text of each body that was taken before becomes each of them in turn."""
    taking = {str(one) for one in api.operations if "requestBody" in one.described}
    assert taking - set(api.bodies) <= TEXTLESS
    before = {path: rows(api, path) for path in ("upstreams", "channels")}
    for operation, body in list(api.bodies.items()):
        method, path = operation.split(" ")
        for place in places(body):
            compare(api, method, lambda text: path, lambda text: with_text(body, place, text))
    assert api.get("audit-verify")["rows"] > 0
    assert rows(api, "upstreams") >= before["upstreams"]
    assert len(api.get("updates")["items"]) > 0


def test_who_signs_in_is_text(api):
    add_person(api.sluice, "ina", "owner")
    visitor = Visitor(api.sluice)
    for text in QUOTING if LONG else BOLD:
        for account in ({"name": text, "password": PASSWORD}, {"name": "ina", "password": text}):
            asked = [visitor.post("session", **one) for one in (account, harmless(account))]
            assert [one.status for one in asked] == [401, 401], account
            assert harmless(asked[0].json) == harmless(asked[1].json), account
            api.delete("login-failures")
    for cookie in ("' OR '1'='1", '" OR ""="'):
        visitor.cookie = cookie
        assert visitor.get("status").status == 401
        assert visitor.get("status", Authorization=f"Bearer {cookie}").status == 401
