"""A-10: each role on each route by each method, as the router's own table has it."""

import subprocess

import pytest
from sluice import BUILD, Sluice
from visitor import Visitor

ROLES = ["viewer", "certifier", "approver", "owner"]
RIGHTS = {"public": -1, "read": 0, "certify": 1, "approve": 2, "own": 3}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
# what a bearer token is refused although its role may: it is no session, and makes no others
NO_SESSION = {("POST", "api-tokens")}


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


def ask(server, secret, method, path):
    """An answer to a request that no handler takes: it names nothing that is there."""
    path += "999999" if path.endswith("/") else ""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {"X-Sluice-Token": None}
    body = {"no such member": 1} if method in ("POST", "PUT", "PATCH") else None
    return Visitor(server).ask(method, path, body, headers)


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


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_reaches_what_the_table_says_and_nothing_else(server, secrets, role):
    routes = table()
    assert len(routes) > 50
    wrong = []
    for path in sorted({path for _, path in routes}):
        for method in METHODS:
            answer = ask(server, secrets.get(role), method, path)
            wanted = expected(routes, method, path, role)
            if wanted and answer.status not in wanted:
                wrong.append((method, path, answer.status, wanted))
            elif not wanted and answer.status in (403, 405) and (method, path) not in NO_SESSION:
                wrong.append((method, path, answer.status, "reached"))
            elif not wanted and answer.status == 401 and path not in ("session", "setup"):
                wrong.append((method, path, answer.status, "reached"))
    assert wrong == []


@pytest.mark.parametrize("role", [None, *ROLES])
def test_what_the_table_has_not_is_not_there(server, secrets, role):
    for path in ("", "nothing", "Groups", "group", "../groups", "../v2/groups",
                 "api-token", "sessions/1"):  # fmt: skip
        for method in METHODS:
            assert ask(server, secrets.get(role), method, path).status == 404, (method, path)
