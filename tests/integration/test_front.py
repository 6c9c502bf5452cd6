"""Files on port 80 as a client sees them: headers, conditions, ranges, and what cannot be read."""

import hashlib
import os
import re

import pytest
from archive import Archive, Server
from conftest import add_upstream
from sluice import CONFIG, Sluice
from test_isolation import wait_for
from wire import ask, connect

LARGE = 300 * 1024  # bytes: read from disk for each request


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    made = Archive(tmp_path_factory.mktemp("a"))
    made.add("tool", "1.0", files={"./large": os.urandom(LARGE)})
    made.publish()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory, archive):
    """A sluiced that serves an update with one large payload."""
    folder = tmp_path_factory.mktemp("front")
    mirror = Server(archive.root)
    sluice = Sluice(folder, CONFIG + "max_per_address = 0\n", state=folder / "s").start()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    sluice.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    yield sluice
    sluice.stop()
    mirror.stop()


def payload_path(sluice, suite):
    """The path of the one payload that is published."""
    base = f"/apt/certification/dists/{suite}"
    index = sluice.get(f"{base}/main/binary-amd64/Packages")[2].decode()
    name = next(line[10:] for line in index.split("\n") if line.startswith("Filename: "))
    return f"/apt/certification/{name}"


def largest(sluice):
    """The file of the large payload."""
    return max((sluice.state / "pool").glob("??/*"), key=lambda one: one.stat().st_size)


def test_what_is_published_and_cannot_be_read_is_503_and_said(shop, archive):
    path = payload_path(shop, archive.suite)
    payload = largest(shop)
    mode = payload.stat().st_mode
    payload.chmod(0)
    for headers in ({}, {"Range": "bytes=0-9"}):
        status, answered, body = shop.get(path, headers)
        assert status == 503 and int(answered["Retry-After"]) > 0
        assert answered["Cache-Control"] == "no-store" and len(body) < 100
    assert f"sluice-front: {path} cannot be served: " in shop.log.read_text()
    payload.chmod(mode)
    assert shop.get(path)[0] == 200
    assert shop.get(path + "x")[0] == 404


def test_a_payload_that_is_not_whole_is_not_served(shop, archive):
    path = payload_path(shop, archive.suite)
    payload = largest(shop)
    whole = payload.read_bytes()
    payload.chmod(0o644)
    os.truncate(payload, len(whole) - 1)

    def refused_and_said():
        status, headers, _ = shop.get(path)
        assert status == 503 and int(headers["Retry-After"]) > 0
        return f"{len(whole) - 1} bytes instead of {len(whole)}" in shop.log.read_text()

    wait_for(refused_and_said)  # one line a second at most
    payload.write_bytes(whole)
    assert shop.get(path)[2] == whole


def files(sluice, suite):
    """Paths: one that is read from disk each time, one that memory holds, one that is a pointer."""
    base = f"/apt/certification/dists/{suite}"
    release = sluice.get(f"{base}/InRelease")[2].decode()
    sha256 = re.search(r"^ ([0-9a-f]{64}) +\d+ main/binary-amd64/Packages$", release, re.M)
    by_hash = f"{base}/main/binary-amd64/by-hash/SHA256/{sha256.group(1)}"
    return payload_path(sluice, suite), by_hash, f"{base}/InRelease"


def test_a_file_has_the_headers_that_clients_and_caches_go_by(shop, archive):
    for path in files(shop, archive.suite):
        status, headers, body = shop.get(path)
        assert status == 200 and int(headers["Content-Length"]) == len(body)
        assert headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"'
        assert headers["Accept-Ranges"] == "bytes" and headers["Last-Modified"].endswith(" GMT")
        immutable = "public, max-age=31536000, immutable"
        wanted = "no-cache" if path.endswith("InRelease") else immutable
        assert headers["Cache-Control"] == wanted
        with connect(shop.public) as connection:
            head = ask(connection, path, method="HEAD")
            assert head.status == 200 and head.body == b""
            for name in ("Content-Length", "ETag", "Last-Modified", "Cache-Control"):
                assert head.headers[name] == headers[name]
            # and the connection goes on where it should
            assert ask(connection, "/healthz").body == b"ok\n"


def test_a_file_that_the_client_has_is_not_sent_again(shop, archive):
    for path in files(shop, archive.suite):
        _, headers, _ = shop.get(path)
        etag, date = headers["ETag"], headers["Last-Modified"]
        for condition in (
            {"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-None-Match": "*"},
            {"If-Modified-Since": date}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        ):  # fmt: skip
            status, answered, body = shop.get(path, condition)
            assert status == 304 and body == b"" and answered["ETag"] == etag, condition
        for condition in (
            {"If-None-Match": '"x"'}, {"If-None-Match": etag[:-2] + '"'},
            {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, {"If-Modified-Since": "today"},
            {"If-None-Match": '"x"', "If-Modified-Since": date},
        ):  # fmt: skip
            assert shop.get(path, condition)[0] == 200, condition


def test_one_range_is_served_and_several_are_the_whole(shop, archive):
    for path in files(shop, archive.suite):
        _, headers, whole = shop.get(path)
        size = len(whole)
        for wanted, first, last in (
            ("0-0", 0, 0), ("0-99", 0, 99), (f"{size - 1}-", size - 1, size - 1),
            (f"{size - 1}-{size - 1}", size - 1, size - 1), ("-1", size - 1, size - 1),
            ("-100", size - 100, size - 1), (f"-{size + 5}", 0, size - 1), ("0-", 0, size - 1),
            (f"7-{size * 9}", 7, size - 1), ("5-99999999999999999999999", 5, size - 1),
        ):  # fmt: skip
            status, answered, body = shop.get(path, {"Range": f"bytes={wanted}"})
            assert status == 206 and body == whole[first : last + 1], wanted
            assert answered["Content-Range"] == f"bytes {first}-{last}/{size}", wanted
            assert answered["ETag"] == headers["ETag"]
        for beyond in (f"{size}-", f"{size}-{size + 9}", "-0", "99999999999999999999999-"):
            status, answered, body = shop.get(path, {"Range": f"bytes={beyond}"})
            assert status == 416 and answered["Content-Range"] == f"bytes */{size}", beyond
            assert len(body) < 100
        for other in ("bytes=0-1,4-5", "bytes=5-4", "bytes=x-", "bytes=", "lines=0-1", "bytes=-"):
            status, _, body = shop.get(path, {"Range": other})
            assert status == 200 and body == whole, other


def test_a_range_of_what_has_changed_meanwhile_is_the_whole(shop, archive):
    for path in files(shop, archive.suite):
        _, headers, whole = shop.get(path)
        part = {"Range": "bytes=10-19"}
        for same in (headers["ETag"], headers["Last-Modified"]):
            status, _, body = shop.get(path, {**part, "If-Range": same})
            assert status == 206 and body == whole[10:20], same
        for other in ('"x"', "W/" + headers["ETag"], "Thu, 01 Jan 1970 00:00:00 GMT", "today"):
            status, _, body = shop.get(path, {**part, "If-Range": other})
            assert status == 200 and body == whole, other


def test_a_range_of_head_is_the_whole_or_the_part_and_has_no_body(shop, archive):
    for path in files(shop, archive.suite):
        with connect(shop.public) as connection:
            part = ask(connection, path, "Range: bytes=0-9", method="HEAD")
            assert part.status in (200, 206) and part.body == b""
            assert ask(connection, "/healthz").body == b"ok\n"


def test_nothing_but_what_is_published_is_there(shop, archive):
    payload, _, _ = files(shop, archive.suite)
    folder, name = payload.rsplit("/", 1)
    for path in (
        folder, folder + "/", f"{folder}/../{folder.rsplit('/', 1)[1]}/{name}", "/apt//certification",
        payload.replace("certification", "production"), payload.replace("/pool/", "//pool/"),
        "/apt/certification/index", "/apt/certification/current/index", "/apt/../server.key",
        "/apt/certification/%2e%2e/%2e%2e/server.key", "/server.key", "/sluice.db", "/keys/../sluice.db",
        payload + "/", payload + "%20", "/apt/certification/dists/", "/",
    ):  # fmt: skip
        with connect(shop.public) as connection:
            assert ask(connection, path).status == 404, path
