"""Port 80 as a client sees it: files and their headers, ranges, limits, and what cannot be read."""

import os

import pytest
from conftest import add_upstream
from sluice import CONFIG, Sluice

LARGE = 300 * 1024  # bytes: read from disk for each request


@pytest.fixture
def shop(folder, archive, mirror):
    """A sluiced that serves an update with a small and a large payload; (sluice, paths)."""
    archive.add("tool", "1.0", files={"./large": os.urandom(LARGE)})
    archive.publish()
    sluice = Sluice(folder, CONFIG + "max_per_address = 0\n").start()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    sluice.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    yield sluice
    sluice.stop()


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
    status, headers, _ = shop.get(path)
    assert status == 503 and int(headers["Retry-After"]) > 0
    assert f"{len(whole) - 1} bytes instead of {len(whole)}" in shop.log.read_text()
    payload.write_bytes(whole)
    assert shop.get(path)[2] == whole
