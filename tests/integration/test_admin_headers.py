"""A-11: every answer of the admin port carries the headers that protect the page.

Here those of its kinds; test_admin_rights.py holds the answers of all routes to it.

But for one kind: what libmicrohttpd 0.9.75 cannot read as HTTP it answers by itself, and nothing of
ours is asked. Such an answer is the same page of fixed words whatever was sent, and closes.
"""

import contextlib
import json
import re

import pytest
from visitor import HEADERS, check_headers, signed_in
from wire import connect, read_to_end, talk

@pytest.fixture(scope="module")
def owner(shared):
    return signed_in(shared, "ann", "owner")


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "groups", 200),
        ("GET", "groups?format=csv", 200),
        ("GET", "groups?nothing=1", 400),
        ("GET", "session", 200),
        ("POST", "groups", 400),
        ("GET", "upstreams/nothing", 405),
        ("GET", "nothing", 404),
        ("PUT", "groups", 405),
        ("DELETE", "groups/nothing", 404),
        ("GET", "/", 200),
        ("GET", "/app.js", 200),
        ("HEAD", "/app.js", 200),
        ("POST", "/app.js", 405),
        ("GET", "/nothing.js", 404),
        ("GET", "/healthz", 200),
        ("POST", "/healthz", 405),
    ],
)
def test_an_answer_carries_them_once(owner, method, path, status):
    answer = owner.ask(method, path, {} if method == "POST" else None)
    assert answer.status == status
    check_headers(answer)


def test_an_answer_that_nothing_changed_carries_them(owner):
    etag = owner.get("groups").headers["ETag"]
    answer = owner.ask("GET", "groups", headers={"If-None-Match": etag})
    assert answer.status == 304
    check_headers(answer)


def test_a_refusal_carries_them(shared, owner):
    check_headers(owner.ask("GET", "groups", headers={"Cookie": None}))  # 401
    check_headers(owner.ask("GET", "groups", headers={"Host": "evil.example.org"}))  # 403
    check_headers(owner.ask("POST", "groups", {}, {"Origin": "null"}))  # 403
    check_headers(owner.post("session", name="ann", password="wrong password"))  # 401


@pytest.mark.parametrize(
    "request_line, more, status",
    [
        ("GET /%00 HTTP/1.1", "Host: localhost", 400),
        ("GET / HTTP/1.1", "Host: localhost\r\nHost: localhost", 400),
        ("GET / HTTP/1.1", "Host: localhost\r\nContent-Length: 1", 400),
        ("OPTIONS / HTTP/1.1", "Host: localhost", 405),
        ("POST /api/v1/groups HTTP/1.1", "Host: localhost\r\nContent-Length: 99999999", 401),
        (f"GET /{'a' * 3000} HTTP/1.1", "Host: localhost", 414),
    ],
)
def test_what_is_refused_before_any_route_carries_them(shared, request_line, more, status):
    sent = f"{request_line}\r\n{more}\r\nConnection: close\r\n\r\n"
    answers, _ = talk(shared.addresses()["admin"], sent.encode())
    assert [answer.status for answer in answers] == [status]
    problem = json.loads(answers[0].body)
    assert answers[0].headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == status and problem["title"] and problem["detail"]
    assert ("sign-in" in problem["type"]) == (status == 401)
    for name, value in HEADERS.items():
        assert answers[0].headers.get(name) == value, name


MARK = "<script>alert(7)</script>"
HEAD = f"Host: localhost\r\nX-Mark: {MARK}\r\n"
CHUNKED = f"POST /api/v1/groups HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "sent, status",
    [
        (f"GET /{MARK}\r\n{HEAD}\r\n", 400),  # no version
        (f"GET /{MARK} HTTPS/1.1\r\n{HEAD}\r\n", 400),
        (f"GET /{MARK} HTTP/0.9\r\n{HEAD}\r\n", 505),
        (f"GET /{MARK} HTTP/2.0\r\n{HEAD}\r\n", 505),
        (f"GET / HTTP/1.1\r\n{HEAD}{MARK}\r\n\r\n", 400),  # a line that is no header
        (f"GET / HTTP/1.1\r\n{HEAD}Content-Length: {MARK}\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\n{HEAD}Content-Length: {'9' * 30}\r\n\r\n", 413),
        (f"GET /{MARK * 2000} HTTP/1.1\r\n{HEAD}\r\n", 414),  # more than a connection's memory
        (f"GET / HTTP/1.1\r\n{HEAD}X-Large: {MARK * 2000}\r\n\r\n", 431),
        (f"{CHUNKED}{MARK}\r\n", 400),  # no size of a chunk
        (f"{CHUNKED}{'f' * 30}\r\n", 413),
        (f"{CHUNKED}0\r\n{MARK}\r\n\r\n", 400),  # a line that is no trailer
    ],
)
def test_what_is_no_http_gets_fixed_words_without_them(shared, sent, status):
    with connect(shared.addresses()["admin"]) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent.encode())
        got = read_to_end(connection).decode()
    # no type, no cookie, no script, nothing to load, nothing of what was sent
    head = rf"HTTP/1.1 {status} [\w ]+\r\nDate: [\w:, ]+\r\nConnection: close\r\nContent-Length: \d+\r\n\r\n"
    page = r"<html><head><title>[\w ]+</title></head><body>[\w .]+(<b>[\w-]+</b>[\w .]+)?</body></html>"
    # of a Content-Length that is none it says the head twice
    assert re.fullmatch(f"({head}){{1,2}}{page}", got), got


def test_the_public_port_has_no_such_headers(shared):
    assert "Content-Security-Policy" not in shared.get("/healthz")[1]
