"""A-10: each role on each route by each method, as the router's own table has it."""

import subprocess

import pytest
from sluice import BUILD, Sluice
from visitor import Visitor, check_headers, signed_in

ROLES = ["viewer", "certifier", "approver", "owner"]
RIGHTS = {"public": -1, "read": 0, "certify": 1, "approve": 2, "own": 3}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
# what a bearer token is refused although its role may: it is no session, and makes no others
NO_SESSION = {("POST", "api-tokens")}
# what would end the session that asks
ENDING = {("DELETE", "session"), ("DELETE", "sessions")}


def table():
    """{(method, path): right}"""
    listed = subprocess.run(
        [str(BUILD / "tests/unit/list_routes")], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split("\t") for line in listed.splitlines()]
    return {(method, path): right for method, path, right, *_ in rows}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rights")
    made = Sluice(folder, state=folder / "s")
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def secrets(server):
    """A token of each role."""
    return {
        role: server.ctl("api-token", "new", role, "--role", role, "--expires", "1d")["secret"]
        for role in ROLES
    }


class Script(Visitor):
    """Signs in with a token; None: with nothing."""

    def __init__(self, server, secret):
        super().__init__(server)
        self.secret = secret

    def headers(self, method, body):
        known = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return super().headers(method, body) | known


def ask(visitor, method, path):
    """An answer to a request that no handler takes: it names nothing that is there."""
    path += "999999" if path.endswith("/") else ""
    body = {"no such member": 1} if method in ("POST", "PUT", "PATCH") else None
    kind = {"Content-Type": "application/octet-stream"} if body and path == "advisories" else {}
    answer = visitor.ask(method, path, body, kind)
    check_headers(answer)
    return answer


def expected(routes, method, path, role):
    """Status, or the statuses of a handler that was reached."""
    if (method, path) not in routes:
        return {405}
    right = routes[method, path]
    if right == "public":
        return None
    if role is None:
        return {401}
    if ROLES.index(role) < RIGHTS[right]:
        return {403}
    return None


def wrong(visitor, role, but):
    """What is answered in another way than the table says, but for some (method, path)."""
    routes = table()
    assert len(routes) > 50
    for path in sorted({path for _, path in routes}):
        for method in METHODS:
            if (method, path) in but:
                continue
            status = ask(visitor, method, path).status
            wanted = expected(routes, method, path, role)
            if wanted and status not in wanted:
                yield method, path, status, wanted
            elif not wanted and status in (403, 405):
                yield method, path, status, "reached"
            elif not wanted and status == 401 and path not in ("session", "setup"):
                yield method, path, status, "reached"


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_token_reaches_what_the_table_says_and_nothing_else(server, secrets, role):
    assert list(wrong(Script(server, secrets.get(role)), role, NO_SESSION)) == []


@pytest.mark.parametrize("role", ROLES)
def test_a_session_reaches_what_the_table_says_and_nothing_else(server, role):
    assert list(wrong(signed_in(server, role, role), role, ENDING)) == []


@pytest.mark.parametrize("role", [None, *ROLES])
def test_what_the_table_has_not_is_not_there(server, secrets, role):
    visitor = Script(server, secrets.get(role))
    for path in ("", "nothing", "Groups", "group", "../groups", "../v2/groups",
                 "api-token", "sessions/1"):  # fmt: skip
        for method in METHODS:
            assert ask(visitor, method, path).status == 404, (method, path)
