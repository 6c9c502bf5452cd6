"""A-11: every answer of the admin port, whoever makes it, carries the headers that protect the page."""

import pytest
from visitor import signed_in
from wire import talk

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def check(answer):
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], (answer.status, name)


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
    check(answer)


def test_an_answer_that_nothing_changed_carries_them(owner):
    etag = owner.get("groups").headers["ETag"]
    answer = owner.ask("GET", "groups", headers={"If-None-Match": etag})
    assert answer.status == 304
    check(answer)


def test_a_refusal_carries_them(shared, owner):
    check(owner.ask("GET", "groups", headers={"Cookie": None}))  # 401
    check(owner.ask("GET", "groups", headers={"Host": "evil.example.org"}))  # 403
    check(owner.ask("POST", "groups", {}, {"Origin": "null"}))  # 403
    check(owner.post("session", name="ann", password="wrong password"))  # 401


@pytest.mark.parametrize(
    "request_line, more, status",
    [
        ("GET /%00 HTTP/1.1", "Host: localhost", 400),
        ("GET / HTTP/1.1", "Host: localhost\r\nHost: localhost", 400),
        ("GET / HTTP/1.1", "Host: localhost\r\nContent-Length: 1", 400),
        ("OPTIONS / HTTP/1.1", "Host: localhost", 405),
        ("POST /api/v1/groups HTTP/1.1", "Host: localhost\r\nContent-Length: 99999999", 413),
        (f"GET /{'a' * 3000} HTTP/1.1", "Host: localhost", 414),
    ],
)
def test_what_is_refused_before_any_route_carries_them(shared, request_line, more, status):
    sent = f"{request_line}\r\n{more}\r\nConnection: close\r\n\r\n"
    answers, _ = talk(shared.addresses()["admin"], sent.encode())
    assert [answer.status for answer in answers] == [status]
    for name, value in HEADERS.items():
        assert answers[0].headers.get(name) == value, name


def test_the_public_port_has_no_such_headers(shared):
    assert "Content-Security-Policy" not in shared.get("/healthz")[1]
