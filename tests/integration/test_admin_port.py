"""The admin port over TCP: it says that the server is well, to nobody by a name that is not ours."""

import contextlib
import socket
import threading

import pytest
from visitor import Visitor, signed_in
from wire import talk

CONNECTIONS = 256  # as many as the port takes


def admin(sluice):
    return sluice.addresses()["admin"]


def ask(sluice, path, host="localhost", method="GET"):
    sent = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    answers, rest = talk(admin(sluice), sent.encode())
    assert len(answers) == 1 and rest == b""
    return answers[0]


def test_the_admin_port_says_that_it_is_well_and_nothing_else(shared):
    assert ask(shared, "/healthz").status == 200
    for path in ("/api/v1/status", "/api/v1/computers"):
        answer = ask(shared, path)
        assert answer.status == 401 and b"urn:sluice:problem:sign-in" in answer.body, path
    paths = ["/healthz/", "/api/v1/", "/api/v1/nothing",
             "/apt/production/dists/bookworm-security/InRelease", "/keys/server.json",
             "/keys/production.gpg", "/agent/v1/checkin", "/apt/production/pool/x"]  # fmt: skip
    for path in paths:
        answer = ask(shared, path)
        assert answer.status == 404 and len(answer.body) < 200, path
    # what exists on the other port is not there either, whoever asks
    assert shared.get("/keys/server.json")[0] == 200


@pytest.mark.parametrize("method, status", [("POST", 401), ("PUT", 405), ("DELETE", 405)])
def test_the_admin_port_takes_no_change(shared, method, status):
    before = len(shared.ctl("audit", "list"))
    assert ask(shared, "/api/v1/groups", method=method).status == status
    assert len(shared.ctl("audit", "list")) == before


def test_the_admin_port_answers_to_no_name_that_can_be_made_to_point_at_it(shared):
    port = admin(shared).rsplit(":", 1)[1]
    for host in ("localhost", f"LOCALHOST:{port}", "127.0.0.1", f"127.0.0.1:{port}", "[::1]:80",
                 "192.0.2.7"):  # fmt: skip
        assert ask(shared, "/healthz", host).status == 200, host
    for host in ("evil.example.org", f"evil.example.org:{port}", "localhost.example.org",
                 "127.0.0.1.example.org", "[::1", "[::1]x", "127.0.0.1:x", "localhost:80:80", ""):  # fmt: skip
        for path in ("/healthz", "/api/v1/status"):
            assert ask(shared, path, host).status == 403, host


LARGE = b"".join(b"[01 Jan 2026] DSA-%d-1 tool - security update\n" % i for i in range(5000))


def test_nobody_has_the_port_read_a_large_body_who_is_not_known(shared):
    """Of many at once there would be no end of memory."""
    for path in ("advisories", "session", "setup"):
        head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(LARGE)}\r\n\r\n"
        answers, _ = talk(admin(shared), head.encode())
        assert [one.status for one in answers] == [401], path


@pytest.mark.parametrize("role, status", [("viewer", 401), ("certifier", 200)])
def test_who_may_import_advisories_has_a_large_body_read(shared, role, status):
    visitor = signed_in(shared, f"some {role}", role)
    connection = visitor.connection()
    connection.putrequest("POST", "/api/v1/advisories")
    sent = visitor.headers("POST", b"") | {"Content-Type": "application/octet-stream"}
    for name, value in (sent | {"Content-Length": str(len(LARGE))}).items():
        connection.putheader(name, value)
    connection.endheaders()
    if status == 200:
        connection.send(LARGE)
    assert connection.getresponse().status == status


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def connect(address, source):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 10, (source, 0))


@pytest.mark.parametrize("addresses", [1, 2])
def test_few_addresses_cannot_take_all_of_the_ports_connections(shared, addresses):
    with contextlib.ExitStack() as kept:
        others = [
            kept.enter_context(connect(admin(shared), f"127.0.0.{2 + number % addresses}"))
            for number in range(CONNECTIONS)
        ]
        assert Visitor(shared).get("/healthz").status == 200
        # it was answered while they were there, not when they were given up
        assert sum(map(is_open, others)) > CONNECTIONS / 4


def flood(address, source, begun, over):
    """Ever new connections that say nothing, as many at once as there is room for."""
    while not over.is_set():
        with contextlib.ExitStack() as kept, contextlib.suppress(OSError):
            for _ in range(CONNECTIONS):
                kept.enter_context(connect(address, source))
        begun.release()


def test_who_signed_in_is_not_cut_off_by_a_flood(shared):
    visitor = signed_in(shared, "flooded", "viewer")
    connection = visitor.connection()
    begun, over = threading.Semaphore(0), threading.Event()

    def ask():
        connection.request("GET", "/api/v1/groups", headers=visitor.headers("GET", None))
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert ask() == 200
    connection.auto_open = 0  # what is cut stays cut
    threads = [
        threading.Thread(target=flood, args=(admin(shared), f"127.0.0.{2 + n}", begun, over))
        for n in range(4)
    ]
    for one in threads:
        one.start()
    try:
        for _ in range(12):
            begun.acquire()
            assert Visitor(shared).get("/healthz").status == 200
        assert ask() == 200
    finally:
        over.set()
        for one in threads:
            one.join()
