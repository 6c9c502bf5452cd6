"""The admin page's files: what the admin listener serves of them, to whom, and how."""

import gzip
import pathlib
import posixpath
import re

import pytest
import wire
from admin import Link
from sluice import BUILD

WWW = pathlib.Path(__file__).resolve().parents[2] / "www"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def files():
    """{path: bytes} of what is served as it is in the tree, and of the style sheet that the build makes."""
    plain = (path for path in WWW.rglob("*.*") if path.suffix in TYPES and path.suffix != ".css")
    style = BUILD / "www/style.css"
    return {str(path.relative_to(WWW)): path.read_bytes() for path in plain} | {"style.css": style.read_bytes()}


def fetch(sluice, path, method="GET", host="localhost", **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    sent = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n"
    answers, rest = wire.talk(sluice.addresses()["admin"], sent.encode())
    assert len(answers) == 1 and rest == b""
    return answers[0]


def test_each_file_of_the_page_is_served_as_it_is_with_its_type(shared):
    for path, content in files().items():
        answer = fetch(shared, f"/{path}")
        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == TYPES[pathlib.Path(path).suffix], path
        assert answer.body == content, path
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert fetch(shared, "/").body == (WWW / "index.html").read_bytes()
    assert b"Chart.js" in fetch(shared, "/chart.min.js").body[:200]


def test_who_takes_gzip_gets_it(shared):
    plain = files()["style.css"]
    for accepted in ("gzip", "br, GZIP;q=0.5", "gzip, deflate, br, zstd", "identity, gzip ; q=1.0"):
        answer = fetch(shared, "/style.css", Accept_Encoding=accepted)
        assert answer.headers["Content-Encoding"] == "gzip", accepted
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(answer.body) == plain and len(answer.body) < len(plain) / 2
    for accepted in ("identity", "br", "gzip;q=0", "deflate, gzip; q=0.000", "gzipped", ""):
        answer = fetch(shared, "/style.css", Accept_Encoding=accepted)
        assert "Content-Encoding" not in answer.headers and answer.body == plain, accepted


def test_the_page_can_only_be_read(shared):
    with wire.connect(shared.addresses()["admin"]) as connection:
        head = wire.ask(connection, "/app.js", method="HEAD", host="localhost")
    assert head.status == 200
    assert int(head.headers["Content-Length"]) == (WWW / "app.js").stat().st_size
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = fetch(shared, "/app.js", method)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", method


@pytest.mark.parametrize("path", [
    "/app.js/", "//app.js", "/parts", "/parts/", "/parts/../app.js", "/parts/%2e%2e/app.js",
    "/www/app.js", "/APP.JS", "/app.js%00", "/page.xml", "/meson.build", "/../server.key",
    "/index", "/views/none.js",
])  # fmt: skip
def test_nothing_else_is_served(shared, path):
    answer = fetch(shared, path)
    assert answer.status >= 400 and b"import" not in answer.body


def test_the_page_answers_to_no_foreign_name(shared):
    for path in ("/", "/app.js"):
        answer = fetch(shared, path, host="evil.example.org")
        assert answer.status == 403 and b"html" not in answer.body


def test_the_unix_socket_and_the_public_port_have_no_page(shared):
    for path in ("/", "/index.html", "/app.js"):
        link = Link(shared.state / "admin.sock")
        link.request("GET", path)
        assert link.getresponse().status == 404
        assert shared.get(path)[0] == 404


def first_view(sluice, view):
    """{path: bytes over the wire} of what a browser takes before it shows a view."""
    taken, todo = {}, ["/", f"/views/{view}.js"]
    while todo:
        path = todo.pop()
        if path in taken:
            continue
        answer = fetch(sluice, path, Accept_Encoding="gzip")
        assert answer.status == 200, path
        taken[path] = len(answer.body)
        text = gzip.decompress(answer.body).decode()
        linked = re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"', text)
        needed = re.findall(r'''^import\s[^"`;]*"([^"]+)"''', text, re.M)
        todo += [posixpath.normpath(posixpath.join(posixpath.dirname(path), one)) for one in linked + needed]
    return taken


@pytest.mark.parametrize("view", ["overview", "updates", "sign_in"])
def test_a_first_view_is_small(shared, view):
    taken = first_view(shared, view)
    assert {"/app.js", "/api.js", "/style.css", "/parts/dom.js"} < set(taken)
    # 250 KB is the limit for all of it, the answers of the API included
    assert sum(taken.values()) < 100_000, taken
