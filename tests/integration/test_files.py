"""Published files: ranges and conditions mean what RFC 9110 says, small and large, first and again."""

import http.client
import os
import re

import pytest

SIZES = {"small": 30_000, "large": 300_000}  # kept in memory whole, and read from its file
AGAIN = 2  # what was looked up once is answered from memory


def approve(sluice, *names):
    sluice.ctl_text("approve", *names, "--channel", "certification", "--yes")


def index_path(archive):
    return f"/apt/certification/dists/{archive.suite}/main/binary-amd64/Packages"


@pytest.fixture
def published(known, archive):
    """Bytes and path of each size."""
    bytes_of, path_of = {}, {}
    for name, size in SIZES.items():
        archive.add(name, "1.0", files={"./usr/share/filler": os.urandom(size)})
        filename = archive.packages[-1]["Filename"]
        bytes_of[name] = (archive.root / filename).read_bytes()
    archive.publish()
    known.ctl_text("sync")
    approve(known, *SIZES)
    index = known.get(index_path(archive))[2].decode()
    for name in SIZES:
        path = re.search(rf"^Filename: (\S*/{name}_\S*)$", index, re.M)[1]
        path_of[name] = "/apt/certification/" + path
    known.bytes_of, known.path_of = bytes_of, path_of
    return known


def ask(sluice, path, method="GET", **headers):
    connection = http.client.HTTPConnection(sluice.public, timeout=30)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("name", SIZES)
def test_a_range_is_that_part_and_nothing_else(published, name):
    data, path = published.bytes_of[name], published.path_of[name]
    last = len(data) - 1
    parts = {
        "bytes=0-0": (0, 0), "bytes=100-1099": (100, 1099), "bytes=20000-": (20000, last),
        "bytes=-500": (last - 499, last), f"bytes=10-{last + 1000}": (10, last),
    }  # fmt: skip
    for _ in range(AGAIN):
        for header, (first, end) in parts.items():
            status, headers, body = ask(published, path, Range=header)
            assert (status, body) == (206, data[first : end + 1]), header
            assert headers["Content-Range"] == f"bytes {first}-{end}/{len(data)}"
        status, headers, _ = ask(published, path, Range=f"bytes={len(data)}-")
        assert (status, headers["Content-Range"]) == (416, f"bytes */{len(data)}")
        # several ranges, and what is no range, are answered with the whole
        for header in ("bytes=0-1,5-6", "bytes=9-1", "lines=0-1"):
            status, _, body = ask(published, path, Range=header)
            assert (status, body) == (200, data), header


@pytest.mark.parametrize("name", SIZES)
def test_who_has_it_already_is_told_so(published, name):
    data, path = published.bytes_of[name], published.path_of[name]
    for _ in range(AGAIN):
        status, headers, body = ask(published, path)
        assert (status, body) == (200, data)
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        etag, date = headers["ETag"], headers["Last-Modified"]
        for condition in ({"If_None_Match": etag}, {"If_Modified_Since": date}):
            status, headers, body = ask(published, path, **condition)
            assert (status, body) == (304, b"")
            assert (headers["ETag"], headers["Last-Modified"]) == (etag, date)
        assert ask(published, path, If_None_Match='"other"')[0] == 200
        assert ask(published, path, Range="bytes=5-9", If_Range=etag)[::2] == (206, data[5:10])
        assert ask(published, path, Range="bytes=5-9", If_Range='"other"')[::2] == (200, data)
        status, headers, body = ask(published, path, method="HEAD")
        assert (status, headers["Content-Length"], body) == (200, str(len(data)), b"")


def test_a_large_index_is_the_new_one_after_a_switch(known, archive):
    """What memory holds of a file goes with the publication that it was found in."""
    for name in ("one", "two"):
        archive.add(name, "1.0", Description="d" * 140_000)
    archive.publish()
    known.ctl_text("sync")
    approve(known, "one")
    first = ask(known, index_path(archive))
    assert len(first[2]) > 140_000 and b"Package: two" not in first[2]
    approve(known, "two")
    for _ in range(AGAIN):
        status, headers, body = ask(known, index_path(archive), If_None_Match=first[1]["ETag"])
        assert status == 200 and b"Package: one" in body and b"Package: two" in body
        assert int(headers["Content-Length"]) == len(body) > 280_000
        assert headers["ETag"] != first[1]["ETag"]
