"""A-03, A-04, A-05: what another page makes a browser send changes nothing here."""

import sqlite3
import subprocess

import pytest
from sluice import BUILD, Sluice
from visitor import PASSWORD, Visitor, signed_in

FOREIGN = "https://evil.example.org"
# whoever signs in has no token yet: Origin and type are what counts there
OPEN = {("POST", "session"), ("POST", "setup")}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csrf")
    made = Sluice(folder, state=folder / "s")
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def owner(server):
    return signed_in(server, "ann", "owner")


def writing():
    """(method, path) of all routes that change something, from the router's own table."""
    listed = subprocess.run(
        [str(BUILD / "tests/unit/list_routes")], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split("\t")[:2] for line in listed.splitlines()]
    assert len(rows) > 50
    return [(method, path + "1" * path.endswith("/")) for method, path in rows if method != "GET"]


def state(server):
    """Everything that a change would change."""
    with sqlite3.connect(server.state / "sluice.db", timeout=30) as db:
        kept = [line for line in db.iterdump() if not line.startswith('INSERT INTO "session"')]
    return kept


def forgeries(server, owner):
    """Headers of what is not the page's own request: name, and what stands in place of it."""
    other = Visitor(server)
    assert other.sign_in("ann").status == 200
    renewed = Visitor(server)
    assert renewed.sign_in("ann").status == 200
    old = renewed.token
    assert renewed.post("session-confirmations", password=PASSWORD).status == 200
    assert old != renewed.token
    return {
        "no token": {"X-Sluice-Token": None},
        "a wrong token": {"X-Sluice-Token": "A" * 43},
        "another session's token": {"X-Sluice-Token": other.token},
        "the token before": {
            "X-Sluice-Token": old,
            "Cookie": f"sluice_session={renewed.cookie}",
        },
        "a foreign origin": {"Origin": FOREIGN},
        "another port's origin": {"Origin": "http://127.0.0.1:1"},
        "the origin null": {"Origin": "null"},
        "no origin": {"Origin": None},
        "text/plain": {"Content-Type": "text/plain"},
        "a form": {"Content-Type": "application/x-www-form-urlencoded"},
        "no type": {"Content-Type": None},
    }


def test_no_forged_request_changes_anything_on_any_route(server, owner):
    forged = forgeries(server, owner)
    before = state(server)
    for method, path in writing():
        for name, headers in forged.items():
            if (method, path) in OPEN and "token" in name:
                continue
            answer = owner.ask(method, path, {"name": "eve"}, headers)
            assert answer.status == 403, (method, path, name, answer.body)
            assert not answer.headers["Set-Cookie"]
    assert state(server) == before
    # and its own page may
    assert owner.post("groups", name="made", channel="production").status == 201


def test_an_ended_sessions_token_is_worth_nothing(server):
    visitor = signed_in(server, "ed", "owner")
    cookie, token = visitor.cookie, visitor.token
    assert visitor.delete("session").status == 200
    assert visitor.cookie is None
    visitor.cookie, visitor.token = cookie, token
    before = state(server)
    for method, path in writing():
        if (method, path) not in OPEN:
            assert visitor.ask(method, path, {}).status == 401
    assert state(server) == before


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.example.org", "localhost.evil", ""])
def test_a_page_whose_name_was_made_to_point_here_gets_nothing(server, owner, host):
    port = owner.address.rsplit(":", 1)[1]
    for name in (host, f"{host}:{port}"):
        forged = {"Host": name, "Origin": f"http://{name}"}
        for path in ("groups", "session", "/index.html", "nothing"):
            assert owner.ask("GET", path, headers=forged).status in (403, 400), (name, path)
        answer = owner.ask("POST", "groups", {"name": "x", "channel": "production"}, forged)
        assert answer.status in (403, 400)
    assert [group["name"] for group in server.ctl("group", "list")] == ["made"]


def test_no_other_origin_may_read_or_ask_whether_it_may(server, owner):
    answer = owner.ask("GET", "groups", headers={"Origin": FOREIGN})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    asked = {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
    answer = owner.ask("OPTIONS", "groups", headers=asked)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_session_value_from_before_is_not_taken_over(server, owner):
    victim = Visitor(server)
    victim.cookie = preset = "A" * 43
    assert victim.sign_in("ann").status == 200
    assert victim.cookie != preset
    # nor one that the thief has from a session of his own
    thief = Visitor(server)
    assert thief.sign_in("ed").status == 200
    fixed = thief.cookie
    victim.cookie, victim.token = fixed, None
    assert victim.sign_in("ann").json["person"] == "ann"
    assert victim.cookie != fixed
    for value in (preset, fixed):
        visitor = Visitor(server)
        visitor.cookie = value
        assert visitor.get("groups").status == 401


def test_two_cookies_of_the_name_are_none(server, owner):
    both = f"sluice_session={owner.cookie}; sluice_session={'A' * 43}"
    assert owner.ask("GET", "groups", headers={"Cookie": both}).status == 401


def test_json_is_not_what_another_type_says(server, owner):
    sent = {"Content-Type": "application/json-patch"}
    assert owner.ask("POST", "groups", {"name": "y", "channel": "production"}, sent).status == 403
    sent = {"Content-Type": "application/json; charset=utf-8"}
    made = owner.ask("POST", "groups", {"name": "z", "channel": "production"}, sent)
    assert made.status == 201
    assert owner.delete("groups/z").status == 200
