"""Signing in at the admin page: the first owner, who is who, and what ends a session."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import admin as api
import pytest
from openapi import table
from visitor import PASSWORD, Visitor, add_person, move_time, person_ctl, signed_in
from sluice import Sluice


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("login")
    made = Sluice(folder, state=folder / "s")
    yield made.start()
    made.stop()


@pytest.fixture
def people(server):
    """The server, without anybody left over from the test before."""
    yield server
    server.ctl("person", "unlock")


def test_the_first_owner_comes_by_the_code(sluice):
    nobody = Visitor(sluice)
    session = nobody.get("session")
    assert (session.status, session.json["person"], session.json["needs"]) == (200, None, "set-up")
    old = sluice.ctl("setup-code")["code"]
    code = sluice.ctl("setup-code")["code"]
    account = {"name": "Ann", "password": PASSWORD}
    for wrong in (old, "ABCD-EFGH-JKLM-NPQR", ""):
        assert nobody.post("setup", code=wrong, **account).status == 403
    assert nobody.post("setup", code=code, name="Ann", password="short").status == 400
    assert sluice.ctl("person", "list") == []
    made = nobody.post("setup", code=code.lower().replace("-", " "), **account)
    assert made.status == 201 and made.json["role"] == "owner"
    # and signed in with it
    assert nobody.get("people").json["items"][0]["name"] == "Ann"
    another = Visitor(sluice)
    assert another.post("setup", code=code, name="Eve", password=PASSWORD).status == 409
    assert another.get("session").json["needs"] == "sign-in"
    assert [person["name"] for person in sluice.ctl("person", "list")] == ["Ann"]
    assert "is set up" in person_ctl(sluice, "setup-code").stderr


def test_a_set_up_code_expires(sluice):
    code = sluice.ctl("setup-code")["code"]
    move_time(sluice, 86400)
    assert Visitor(sluice).post("setup", code=code, name="Ann", password=PASSWORD).status == 403
    assert sluice.ctl("person", "list") == []


def test_a_session_says_whose_it_is_and_how_long(people):
    admin = signed_in(people, "carl", "certifier")
    session = admin.get("session").json
    assert (session["person"], session["role"], session["token"]) == ("carl", "certifier", admin.token)
    assert session["ends_at"] - session["idle_until_at"] == 11.5 * 3600
    assert session["ends_at"] - session["confirmed_until_at"] == 12 * 3600 - 300
    assert admin.get("groups").status == 200
    assert Visitor(people).get("groups").problem == "sign-in"


def test_the_cookie_is_for_this_server_only(people):
    add_person(people, "cora", "viewer")
    session, device = Visitor(people).sign_in("cora").headers.get_all("Set-Cookie")
    value, *attributes = session.split("; ")
    assert set(attributes) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert len(value) == len("sluice_session=") + 43
    # that somebody signed in with this browser is kept for half a year, and says not who
    value, *attributes = device.split("; ")
    assert set(attributes) == {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={180 * 86400}"}
    assert value.startswith("sluice_device=") and "cora" not in value


def test_wrong_password_and_no_such_person_are_told_alike(people):
    add_person(people, "wanda", "viewer")
    wrong = Visitor(people).sign_in("wanda", "wrong password")
    unknown = Visitor(people).sign_in("nobody", "wrong password")
    assert wrong.status == unknown.status == 401
    assert wrong.body == unknown.body
    assert not wrong.headers["Set-Cookie"]


def test_the_password_once_more_makes_another_session_value(people):
    admin = signed_in(people, "dora", "approver")
    before, token = admin.cookie, admin.token
    assert admin.post("session-confirmations", password="wrong password").status == 403
    assert admin.cookie == before
    assert admin.post("session-confirmations", password=PASSWORD).status == 200
    assert admin.cookie != before and admin.token != token
    old = Visitor(people)
    old.cookie = before
    assert old.get("groups").status == 401


def test_an_owner_adds_changes_and_removes_people(people):
    owner = signed_in(people, "olga", "owner")
    assert owner.post("people", name="paul", role="viewer", password=PASSWORD).status == 201
    paul = Visitor(people)
    assert paul.sign_in("paul").status == 200
    assert paul.post("people", name="eve", role="viewer", password=PASSWORD).status == 403
    assert owner.post("person-roles", name="paul", role="approver").status == 200
    assert paul.get("groups").status == 401  # signed out by it
    assert paul.sign_in("paul").json["role"] == "approver"
    assert owner.post("person-passwords", name="paul", password="another password").status == 200
    assert paul.get("groups").status == 401
    assert paul.sign_in("paul").status == 401
    assert paul.sign_in("paul", "another password").status == 200
    assert owner.delete("people/paul").status == 200
    assert paul.get("groups").status == 401
    actions = {row["action"] for row in people.ctl("audit", "list", "--person", "olga")}
    assert actions >= {"person add", "person role", "person password", "person remove"}
    assert "each fits" in people.ctl_text("audit", "verify")


def test_people_need_the_password_again_after_five_minutes(people):
    owner = signed_in(people, "otto", "owner")
    move_time(people, 300)
    answer = owner.post("people", name="eve", role="owner", password=PASSWORD)
    assert answer.status == 403 and answer.problem == "confirm"
    assert "eve" not in [person["name"] for person in people.ctl("person", "list")]
    assert owner.post("session-confirmations", password=PASSWORD).status == 200
    assert owner.post("people", name="evan", role="viewer", password=PASSWORD).status == 201


def test_production_needs_the_right_and_the_password_again(people):
    decision = {"kind": "approve", "names": ["openssl"]}
    certifier = signed_in(people, "cleo", "certifier")
    assert certifier.post("approvals", channel="certification", **decision).status == 404
    for channel in ({"channel": "production"}, {}):
        answer = certifier.post("approvals", **channel, **decision)
        assert answer.status == 403 and answer.problem == ""
    approver = signed_in(people, "abel", "approver")
    assert approver.post("approvals", channel="production", **decision).status == 404
    move_time(people, 300)
    assert approver.post("approvals", channel="certification", **decision).status == 404
    assert approver.post("approvals", channel="production", **decision).problem == "confirm"
    assert approver.post("approvals", kind="recall", names=["openssl"]).problem == "confirm"
    back = {"channel": "production", "number": 1, "reason": "x"}
    assert approver.post("channel-returns", **back).problem == "confirm"


def test_what_the_table_says_needs_the_password_again(people):
    """Whatever else is wrong with the request; and a token has none to give."""
    owner = signed_in(people, "olaf", "owner")
    made = people.ctl("api-token", "new", "script", "--role", "owner", "--expires", "1d")
    token = {"Authorization": f"Bearer {made['secret']}", "Origin": None}
    asking = [route for route in table() if route.confirm == "always"]
    assert {"upstreams", "upstream-changes", "backups", "computer-moves", "settings",
            "api-tokens", "people"} <= {route.path for route in asking}  # fmt: skip
    move_time(people, 300)
    before = people.ctl("audit", "list")
    for route in asking:
        path = route.path + "nobody" * route.path.endswith("/")
        body = {"no such member": 1} if route.method == "POST" else None
        assert owner.ask(route.method, path, body).problem == "confirm", route
        if path != "api-tokens":  # which a token may not make
            assert owner.ask(route.method, path, body, token).status in (400, 404), route
    assert people.ctl("audit", "list") == before


def test_some_requests_of_a_route_need_the_password_again(people):
    """Which ones, the handlers know: what only looks, or stays below production, does not."""
    owner = signed_in(people, "odo", "owner")
    assert owner.post("groups", name="desks", channel="production").status == 201
    move_time(people, 300)
    names = {"names": ["openssl"]}
    keys = {"name": "main", "keyring": "bm8ga2V5cw=="}
    back = {"channel": "production", "number": 1, "reason": "x"}
    asked = {
        "approvals": [{"kind": "approve", "channel": "production", **names},
                      {"kind": "recall", **names}],
        "channel-returns": [back],
        "group-changes": [{"name": "desks", "channel": "certification"}],
        "person-passwords": [{"name": "olaf", "password": PASSWORD}],
        "upstream-keys": [keys],
    }  # fmt: skip
    not_asked = {
        "approvals": [{"kind": "approve", "channel": "certification", **names},
                      {"kind": "approve", "channel": "production", "dry_run": True, **names}],
        "channel-returns": [{"dry_run": True, **back}],
        "group-changes": [{"name": "desks", "new_name": "desktops"}],
        "person-passwords": [{"name": "odo", "old": PASSWORD, "password": "another password"}],
        "upstream-keys": [{"dry_run": True, **keys}],
    }  # fmt: skip
    assert {route.path for route in table() if route.confirm == "some"} == set(asked)
    for path, bodies in asked.items():
        for body in bodies:
            assert owner.post(path, **body).problem == "confirm", (path, body)
    for path, bodies in not_asked.items():
        for body in bodies:
            answer = owner.post(path, **body)
            assert answer.status == 200 or answer.problem != "confirm", (path, body)
    assert api.get(people, "groups?name=desktops").json["items"][0]["channel"] == "production"


def test_ones_own_password_takes_the_one_before(people):
    admin, elsewhere = signed_in(people, "mia", "viewer"), Visitor(people)
    elsewhere.sign_in("mia")
    change = {"name": "mia", "password": "a new password"}
    assert admin.post("person-passwords", **change).status == 403
    assert admin.post("person-passwords", old="wrong password", **change).status == 403
    before = admin.cookie
    assert admin.post("person-passwords", old=PASSWORD, **change).status == 200
    assert admin.cookie != before
    admin.token = admin.get("session").json["token"]
    assert elsewhere.get("groups").status == 401
    assert admin.post("person-passwords", name="otto", password="a new password").status == 403


def test_the_last_owner_stays(sluice):
    owner = signed_in(sluice, "ann", "owner")
    assert owner.delete("people/ann").status == 409
    assert owner.post("person-roles", name="ann", role="viewer").status == 409
    assert "last owner" in person_ctl(sluice, "person", "remove", "ann").stderr


def test_a_script_signs_in_with_a_token(people):
    admin = signed_in(people, "nora", "certifier")
    made = admin.post("api-tokens", name="reports", role="viewer", lives_s=3600)
    assert made.status == 201
    secret = {"Authorization": f"Bearer {made.json['secret']}", "Origin": None}
    script = Visitor(people)
    assert script.ask("GET", "groups", headers=secret).status == 200
    # no cookie: it needs neither Origin nor the page's token, only the right
    answer = script.ask("POST", "syncs", {}, secret)
    assert answer.status == 403 and "viewer" in answer.json["detail"]
    assert script.ask("POST", "api-tokens", {"name": "x", "role": "viewer", "lives_s": 60}, secret).status == 403  # fmt: skip
    assert admin.post("api-tokens", name="more", role="owner", lives_s=3600).status == 403
    listed = admin.get("api-tokens").json["items"]
    assert [(one["name"], one["state"]) for one in listed] == [("reports", "valid")]
    assert made.json["secret"] not in str(listed)
    move_time(people, 3600)
    assert script.ask("GET", "groups", headers=secret).status == 401
    assert people.ctl("api-token", "list")[0]["state"] == "expired"


def test_a_tokens_changes_say_which_it_was(people):
    made = people.ctl("api-token", "new", "nightly", "--role", "approver", "--expires", "1d")
    secret = {"Authorization": f"Bearer {made['secret']}", "Origin": None}
    body = {"name": "nightly", "channel": "production"}
    assert Visitor(people).ask("POST", "groups", body, secret).status == 201
    signed_in(people, "nils", "approver").post("groups", name="by-hand", channel="production")
    by_hand, _, by_token = (
        row for row in people.ctl("audit", "list")[:4] if row["action"] in ("group add", "sign in")
    )
    assert f"by API token: nightly ({made['secret'][:6]})" in by_token["words"]
    assert "token" not in by_hand["words"]


@pytest.mark.parametrize("change, status", [
    ("UPDATE person SET role = 'viewer' WHERE name = 'ines'", 403),
    ("DELETE FROM session", 401),
])  # fmt: skip
def test_who_lost_the_role_while_waiting_changes_nothing(sluice, change, status):
    approver = signed_in(sluice, "ines", "approver")
    with sqlite3.connect(sluice.state / "sluice.db", isolation_level=None) as db:
        with ThreadPoolExecutor(1) as pool:
            db.execute("BEGIN IMMEDIATE")  # the writer waits
            asked = pool.submit(approver.post, "groups", name="late", channel="production")
            for _ in range(5):  # on another listener, whose threads do not wait with it
                assert api.get(sluice, "status").status == 200
            db.execute(change)
            db.execute("COMMIT")
            assert asked.result().status == status, asked.result().body
    assert sluice.ctl("group", "list") == []


def test_a_removed_token_is_worth_nothing(people):
    made = people.ctl("api-token", "new", "metrics", "--role", "viewer", "--expires", "1d")
    secret = {"Authorization": f"Bearer {made['secret']}"}
    assert Visitor(people).ask("GET", "groups", headers=secret).status == 200
    people.ctl("api-token", "remove", str(people.ctl("api-token", "list")[0]["id"]))
    assert Visitor(people).ask("GET", "groups", headers=secret).status == 401


def test_no_secret_is_kept_or_told(people):
    admin = signed_in(people, "zoe", "owner")
    made = admin.post("api-tokens", name="secret", role="viewer", lives_s=60).json["secret"]
    admin.sign_in("zoe", "some other password 7")
    everything = b"".join(path.read_bytes() for path in people.state.glob("sluice.db*"))
    everything += people.log.read_bytes()
    for secret in (PASSWORD, made, admin.cookie, admin.token, "some other password 7"):
        assert secret.encode() not in everything
