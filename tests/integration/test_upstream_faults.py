"""An upstream that breaks off, lies, hangs, never ends or leads astray: what was approved stays."""

import json
import os
import pathlib
import random

import faults
import pytest
from archive import Server, compress, sha256
from conftest import LONG, add_upstream
from internet import Canary
from picture import last_run, partials, picture, pool, refused, served
from sluice import BUILD, CONFIG, CtlError, Sluice

SUITE = "stable-security"
RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))


@pytest.fixture
def serving(known, archive):
    """tool=1.0 is in both channels; the archive has a newer one, not yet synced."""
    archive.add("tool", "1.0", files={"./tool": random.Random(1).randbytes(200_000)})
    archive.publish()
    known.ctl_text("sync")
    for channel in ("certification", "production"):
        known.ctl_text("approve", "tool", "--channel", channel, "--yes")
    archive.add("tool", "2.0", files={"./tool": random.Random(2).randbytes(300_000)})
    archive.add("filler", "1.0", Description="x" * 20000)
    archive.publish()
    return known


def versions(sluice):
    return sorted(one["version"] for one in sluice.ctl("update", "list", "--name", "tool"))


def approve_new(sluice):
    return sluice.ctl_text("approve", "tool=2.0", "--channel", "certification", "--yes")


def payload_of(archive, version):
    one = next(one for one in archive.packages if one["Version"] == version and one["Package"] == "tool")
    return archive.root / one["Filename"]


def test_an_index_that_breaks_off_leaves_all_as_it_was_until_it_comes_whole(serving, archive, mirror):
    before = picture(serving, SUITE)
    for place in (0, 1, lambda size: size // 2, -1):
        for what in ("InRelease", "by-hash"):
            mirror.faults.clear()
            mirror.faults[what] = faults.cut(place)
            refused(serving, f"{what}.*(closed|mpty reply|reset)")
            assert picture(serving, SUITE) == before
    mirror.faults.clear()
    serving.ctl_text("sync")
    assert versions(serving) == ["1.0", "2.0"]
    assert served(serving, SUITE) == before[2]
    assert partials(serving) == []


def test_an_index_that_broke_off_is_resumed_where_it_broke(serving, archive, mirror):
    index = archive.root / f"dists/{SUITE}/main/binary-amd64/Packages.xz"
    size, name = index.stat().st_size, sha256(index.read_bytes())
    for place in (1, size // 2, size - 1):
        mirror.faults["by-hash"] = faults.cut(place, f'"{name[:32]}"')
        refused(serving, "by-hash.*(closed|mpty reply|reset)")
    asked = []

    def resume(handler):
        asked.append(handler.headers.get("Range"))
        handler.serve_file()

    mirror.faults["by-hash"] = resume
    serving.ctl_text("sync")
    assert asked == [f"bytes={size - 1}-"]
    assert versions(serving) == ["1.0", "2.0"] and partials(serving) == []


def test_a_payload_that_breaks_off_is_resumed_where_it_broke(serving, archive, mirror):
    serving.ctl_text("sync")
    before = served(serving, SUITE)
    path = payload_of(archive, "2.0")
    size, name = path.stat().st_size, sha256(path.read_bytes())
    etag = f'"{name[:32]}"'
    for place in (0, 1, size // 2, size - 1):
        mirror.faults[".deb"] = faults.cut(place, etag)
        with pytest.raises(CtlError, match="test/tool=2.0: http.*/tool_2.0_amd64.deb: .*(closed|mpty reply|reset)"):
            approve_new(serving)
        assert name not in pool(serving)
        assert served(serving, SUITE) == before
    assert (serving.state / "pool/partial" / name).stat().st_size == size - 1
    asked = []

    def resume(handler):
        asked.append(handler.headers.get("Range"))
        handler.serve_file()

    mirror.faults[".deb"] = resume
    approve_new(serving)
    assert asked == [f"bytes={size - 1}-"]
    assert name in pool(serving)
    assert partials(serving) == []
    assert served(serving, SUITE, ["production"]) == {
        key: value for key, value in before.items() if "production" in key[0] or "/production/" in key
    }


def test_a_bit_that_flipped_is_asked_for_once_more_and_then_reported(serving, archive, mirror):
    before = picture(serving, SUITE)
    mirror.faults["by-hash"] = faults.flipped()
    mirror.requests.clear()
    refused(serving, "index main/binary-amd64/Packages.xz should have .* SHA-256")
    assert sum("by-hash" in path for path in mirror.requests) == 2
    assert picture(serving, SUITE) == before and partials(serving) == []

    mirror.faults["by-hash"] = faults.once(faults.flipped())
    serving.ctl_text("sync")
    assert versions(serving) == ["1.0", "2.0"]

    mirror.faults[".deb"] = faults.flipped()
    mirror.requests.clear()
    name = sha256(payload_of(archive, "2.0").read_bytes())
    with pytest.raises(CtlError, match=f"tool_2.0_amd64.deb: payload {name}"):
        approve_new(serving)
    assert sum(".deb" in path for path in mirror.requests) == 2
    assert name not in pool(serving) and partials(serving) == []
    assert served(serving, SUITE) == before[2]

    mirror.faults[".deb"] = faults.once(faults.flipped())
    serving.ctl_text("sync")
    approve_new(serving)
    assert name in pool(serving)


def test_a_flipped_signature_is_refused(serving, archive, mirror):
    before = picture(serving, SUITE)
    signed = (archive.root / f"dists/{SUITE}/InRelease").read_bytes()
    begin = signed.index(b"-----BEGIN PGP SIGNATURE")
    for place in (100, begin + 60, begin + 100, begin + 150):
        mirror.faults["InRelease"] = faults.flipped(place)
        refused(serving, "InRelease: ")
        assert picture(serving, SUITE) == before


@pytest.mark.skipif(not LONG, reason="takes minutes; in full with --long")
def test_a_slow_upstream_is_given_up_within_90_seconds_as_delivered(folder, archive, mirror):
    archive.add("tool", "1.0")
    archive.publish()
    sluice = Sluice(folder, config="[sync]\nschedule = no\n")
    try:
        sluice.start()
        add_upstream(sluice, archive, mirror)
        for fault in (faults.slowly(1), faults.stalled_at_half, faults.one_header_at_a_time(10)):
            mirror.faults["InRelease"] = fault
            refused(sluice, "InRelease: .*(too slow|Timeout|timed out)")
            assert 55 < last_run(sluice)["seconds"] <= 90
    finally:
        sluice.stop()


def test_a_slow_upstream_is_given_up_and_holds_up_nobody(serving, archive, mirror):
    """The limit is 3 s here (slow_timeout), 60 s by default."""
    serving.stop()
    serving.config.write_text(CONFIG.replace("slow_timeout = 30s", "slow_timeout = 3s"))
    serving.start()
    before = served(serving, SUITE)
    other = Server(archive.root)
    try:
        add_upstream(serving, archive, other, "other")
        for fault in (faults.slowly(1), faults.stalled_at_half, faults.one_header_at_a_time(1)):
            mirror.faults["InRelease"] = fault
            job = serving.ctl("sync", "test", "--no-wait")["jobs"][0]
            serving.ctl_text("sync", "other")
            assert serving.ctl("job", "show", str(job))["state"] == "running"
            assert serving.get("/healthz")[0] == 200
            assert served(serving, SUITE) == before
            refused(serving, "InRelease: .*(too slow|Timeout|timed out)")
            assert last_run(serving)["seconds"] < 30
        mirror.faults.clear()
        serving.ctl_text("sync", "test")
        mirror.faults["tool_2.0"] = faults.stalled_at_half
        with pytest.raises(CtlError, match="tool_2.0_amd64.deb: .*(too slow|Timeout|timed out)"):
            serving.ctl_text("approve", "test/tool=2.0", "--channel", "certification", "--yes")
        assert served(serving, SUITE)["production", "InRelease"] == before["production", "InRelease"]
    finally:
        other.stop()


def test_a_body_without_end_is_cut_at_the_first_byte_too_many(serving, archive, mirror):
    before = picture(serving, SUITE)
    for what in ("InRelease", "by-hash"):
        mirror.faults.clear()
        mirror.faults[what] = faults.endless
        mirror.http.sent = 0
        refused(serving, f"{what}.*larger than the [0-9]+ bytes")
        assert picture(serving, SUITE) == before
        assert mirror.http.sent < 64 * 1024 * 1024
    for extra in (1, 1_000_000):
        mirror.faults.clear()
        mirror.faults["by-hash"] = faults.longer(extra)
        refused(serving, "by-hash.*larger than the [0-9]+ bytes")
        assert picture(serving, SUITE) == before
    mirror.faults.clear()
    serving.ctl_text("sync")
    for fault in (faults.endless, faults.longer(1)):
        mirror.faults[".deb"] = fault
        with pytest.raises(CtlError, match="tool_2.0_amd64.deb: .*larger than the [0-9]+ bytes"):
            approve_new(serving)
        assert partials(serving) == []
    assert served(serving, SUITE) == before[2]


def bomb(ending, size):
    """A compressed file of blanks, made piece by piece where that matters."""
    return compress(ending, b" " * size)


def peak_memory(sluice):
    status = pathlib.Path(f"/proc/{sluice.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.skipif(not (RELEASE / "server/sluiced").exists(), reason="no release build")
def test_bombs_are_stopped_at_the_signed_size_within_128_mib(folder, archive, mirror, monkeypatch):
    monkeypatch.setattr("sluice.BUILD", RELEASE)
    sluice = Sluice(folder)
    try:
        sluice.start()
        add_upstream(sluice, archive, mirror)
        archive.add("tool", "1.0")
        archive.publish()
        sluice.ctl_text("sync")
        before = picture(sluice, SUITE)
        plain = archive.index("amd64")
        for ending in (".gz", ".xz", ".zst"):
            data = bomb(ending, 300_000_000)
            stem = "main/binary-amd64/Packages"
            files = {stem: plain + b"\n", stem + ending: data}
            for path, body in files.items():
                archive.write(path, body)
                archive.write(f"main/binary-amd64/by-hash/SHA256/{sha256(body)}", body)
            archive.date += 1
            for listed in (files, {stem + ending: data}):
                archive.sign(archive.release(listed))
                refused(sluice, f"index main/binary-amd64/Packages{ending}: .*(larger than|line 1)")
                assert picture(sluice, SUITE) == before
        archive.write("main/binary-amd64/Packages.xz", wide_dictionary())
        archive.by_hash = False
        archive.sign(archive.release({"main/binary-amd64/Packages.xz": wide_dictionary()}))
        refused(sluice, "index main/binary-amd64/Packages.xz: .*more than [0-9]+ MiB of memory")
        mirror.faults["InRelease"] = faults.endless
        refused(sluice, "InRelease.*larger than")
        assert picture(sluice, SUITE) == before
        assert peak_memory(sluice) < 128 * 1024 * 1024
    finally:
        sluice.stop()


def wide_dictionary():
    """An xz stream that asks for a dictionary of 1.5 GiB: 4 KiB of it, its header made wide by hand."""
    import lzma
    import zlib

    data = bytearray(lzma.compress(b"Package: x\n", preset=0))
    # stream header 12 bytes; block header: size, flags, filter id 0x21, properties size 1, dictionary
    head = 12
    size = (data[head] + 1) * 4
    place = data.index(b"\x21\x01", head, head + size) + 2
    data[place] = 39  # 3 GiB is 40 - 1; 38 is 2 GiB: (2 | (39 & 1)) << (39 // 2 + 11)
    data[head + size - 4 : head + size] = zlib.crc32(data[head : head + size - 4]).to_bytes(4, "little")
    return bytes(data)


@pytest.fixture
def canary():
    made = Canary()
    yield made
    made.close()


def test_redirects_lead_nowhere_but_to_the_upstream_itself(serving, archive, mirror, canary):
    before = picture(serving, SUITE)
    port = canary.port
    for to, words in [
        ("file:///etc/passwd", "redirect to file:///etc/passwd is not followed"),
        (f"ftp://127.0.0.1:{port}/x", "redirect to ftp://.* is not followed"),
        (f"gopher://127.0.0.1:{port}/x", "redirect to gopher://.* is not followed"),
        (f"dict://127.0.0.1:{port}/x", "redirect to dict://.* is not followed"),
        (f"http://127.0.0.1:{port}/x", "leaves the host and port"),
        (f"http://localhost:{port}/x", "leaves the host and port"),
        (f"http://[::ffff:127.0.0.1]:{port}/x", "leaves the host and port"),
        (f"http://2130706433:{port}/x", "leaves the host and port"),
        (f"https://127.0.0.1:{port}/x", "leaves the host and port"),
        (f"http://user@127.0.0.1:{mirror.http.server_port}/x", "InRelease: .*(Login denied|[Cc]redentials)"),
        ("http://", "InRelease: "),
        ("", "InRelease: redirect to|InRelease: the upstream answered 302"),
        (f"{mirror.url}dists/{SUITE}/InRelease", "more than 3 redirects"),
    ]:
        mirror.faults["InRelease"] = faults.redirect(to)
        refused(serving, words)
        assert picture(serving, SUITE) == before

    hops = [faults.redirect(f"{mirror.url}dists/{SUITE}/hop{number + 1}") for number in range(10)]
    mirror.faults.clear()
    mirror.faults["InRelease"] = hops[0]
    for number in range(1, 10):
        mirror.faults[f"hop{number}"] = hops[number]
    refused(serving, "more than 3 redirects")
    assert picture(serving, SUITE) == before
    assert canary.came == []

    # one to itself is what mirrors do
    mirror.faults.clear()
    mirror.faults[f"/{SUITE}/InRelease"] = faults.redirect(f"{mirror.url}moved/InRelease")
    target = archive.root / "moved/InRelease"
    target.parent.mkdir()
    target.write_bytes((archive.root / f"dists/{SUITE}/InRelease").read_bytes())
    serving.ctl_text("sync")
    assert versions(serving) == ["1.0", "2.0"]


def test_an_upstream_that_is_not_internal_has_no_private_address(sluice, archive, canary):
    archive.add("tool", "1.0")
    archive.publish()
    for number, host in enumerate(
        ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0")
    ):
        sluice.ctl_text(
            "upstream", "add", "debian", f"u{number}", "--url", f"http://{host}:{canary.port}/",
            "--suite", SUITE, "--component", "main", "--architecture", "amd64",
            "--keyring", str(archive.keyring()),
        )  # fmt: skip
        refused(sluice, "private or local|Could not resolve|Couldn't connect", f"u{number}")
    assert canary.came == []
    assert sluice.ctl("update", "list") == []


def test_a_mirror_of_two_days_gives_one_of_them_or_a_clean_failure(serving, archive, mirror):
    new = {path.name: path.read_bytes() for path in (archive.root / "dists").rglob("*") if path.is_file()}
    before = picture(serving, SUITE)
    archive.remove("filler")
    archive.by_hash = False
    archive.publish()
    newest = (archive.root / f"dists/{SUITE}/InRelease").read_bytes()

    # the index is of another day than the Release
    archive.write("main/binary-amd64/Packages.xz", new["Packages.xz"])
    refused(serving, "Packages.xz.*(should have|larger than the [0-9]+ bytes)")
    assert picture(serving, SUITE) == before

    # the mirror becomes whole between the two tries
    archive.publish()
    mirror.faults["Packages.xz"] = faults.once(faults.instead(new["Packages.xz"]))
    serving.ctl_text("sync")
    assert versions(serving) == ["1.0", "2.0"]
    assert newest != (archive.root / f"dists/{SUITE}/InRelease").read_bytes()
    mirror.faults.clear()

    # payloads of the next day: not what the index promised
    before = served(serving, SUITE)
    mirror.faults["tool_2.0"] = faults.instead(payload_of(archive, "1.0").read_bytes())
    with pytest.raises(CtlError, match="tool=2.0: tool_2.0_amd64.deb: payload"):
        approve_new(serving)
    assert served(serving, SUITE) == before


def test_by_hash_files_that_are_missing_are_taken_by_name(serving, archive, mirror):
    mirror.faults["by-hash"] = faults.status(404)
    mirror.requests.clear()
    serving.ctl_text("sync")
    assert versions(serving) == ["1.0", "2.0"]
    assert any(path.endswith("binary-amd64/Packages.xz") for path in mirror.requests)


def test_a_file_that_became_another_is_never_glued_to_what_was_there(serving, archive, mirror):
    serving.ctl_text("sync")
    path = payload_of(archive, "2.0")
    data, name = path.read_bytes(), sha256(path.read_bytes())
    other = random.Random(7).randbytes(len(data))
    for replaced in (other, other[: len(data) // 4], other + b"x" * 1000):
        mirror.faults[".deb"] = faults.cut(len(data) // 2, '"first"')
        with pytest.raises(CtlError, match="closed"):
            approve_new(serving)
        mirror.faults[".deb"] = faults.ignoring_if_range(replaced)
        with pytest.raises(CtlError, match="tool_2.0_amd64.deb: "):
            approve_new(serving)
        assert name not in pool(serving)
        # the right one is asked for from its beginning
        assert partials(serving) == [] or len(replaced) < len(data)
    mirror.faults[".deb"] = faults.cut(len(data) // 2, '"first"')
    with pytest.raises(CtlError, match="closed"):
        approve_new(serving)
    mirror.faults[".deb"] = faults.once(faults.ignoring_if_range(other))
    approve_new(serving)
    assert name in pool(serving) and partials(serving) == []


def test_an_upstream_that_is_gone_is_said_to_be_and_its_updates_stay(serving, archive, mirror):
    before = picture(serving, SUITE)
    for code, words in [(404, "Release: the upstream answered 404"), (500, "answered 500"), (304, None)]:
        mirror.faults["Release"] = faults.status(code)
        if words:
            refused(serving, words)
        assert picture(serving, SUITE) == before
    mirror.stop()
    refused(serving, "[Cc]onnect")
    assert picture(serving, SUITE) == before
    output = json.loads(serving.ctl_text("update", "list", "--json"))
    assert [one["version"] for one in output] == ["1.0"]


def test_an_answer_of_unchanged_that_was_not_asked_for_is_no_success(sluice, archive, mirror):
    archive.add("tool", "1.0")
    archive.publish()
    add_upstream(sluice, archive, mirror)
    mirror.faults["Release"] = faults.status(304)
    refused(sluice, "answered 304")
    assert sluice.ctl("update", "list") == []
