"""Which Releases are believed: who signed them, when, and of what they are."""

import base64
import subprocess
from email.utils import formatdate

import faults
import pytest
from conftest import add_upstream
from picture import picture, refused
from sluice import CtlError

SUITE = "stable-security"


@pytest.fixture
def serving(known, archive):
    """tool=1.0 is known; the archive has a newer one, not yet synced."""
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    archive.add("tool", "2.0")
    archive.publish()
    return known


def fingerprint(archive, name):
    lines = archive.keys.gpg("--with-colons", "--list-keys", f"={name} <{name}@example.org>")
    return next(line.split(":")[9] for line in lines.decode().split("\n") if line.startswith("fpr"))


def in_release(archive):
    return (archive.root / f"dists/{SUITE}/InRelease").read_bytes()


def signed_text(archive):
    return (archive.root / f"dists/{SUITE}/Release").read_bytes()


def put(archive, data):
    archive.write("InRelease", data)


def test_only_the_keyring_given_counts(serving, archive):
    archive.keys.make("other")
    before = picture(serving, SUITE)
    text, right = signed_text(archive), in_release(archive)
    bad = right.replace(b"Origin: Test", b"Origin: Tess")
    both = archive.keys.clear(text, "archive", "other")
    cases = {
        "another key": (archive.keys.clear(text, "other"), fingerprint(archive, "other")),
        "two keys, one signature bad": (both.replace(b"Origin: Test", b"Origin: Tess"), "bad"),
        "a changed text": (bad, "a signature is bad"),
        "no signature": (text, "not one clear-signed text"),
        "an empty file": (b"", "not one clear-signed text"),
        "text before": (b"Origin: Test\n\n" + right, "not one clear-signed text"),
        "text after": (right + b"\nOrigin: Test\n", "not one clear-signed text"),
        "two messages": (right + right, "not one clear-signed text"),
        "a page": (b"<html>please log in</html>", "not one clear-signed text"),
    }
    for name, (data, words) in cases.items():
        put(archive, data)
        refused(serving, f"InRelease: .*{words}")
        assert picture(serving, SUITE) == before, name
    put(archive, both)  # a key we do not know beside one we do: archives do so
    serving.ctl_text("sync")
    assert len(serving.ctl("update", "list", "--name", "tool")) == 2


def clear_parts(message):
    """(what stands before the signature, the signature in binary) of a clear-signed message."""
    place = message.index(b"-----BEGIN PGP SIGNATURE-----")
    lines = message[place:].split(b"\n\n", 1)[1].split(b"\n-----END")[0].split(b"\n")
    return message[:place], base64.b64decode(b"".join(line for line in lines if line[:1] != b"="))


def checksum(data):
    """CRC-24 as OpenPGP's armour has it (RFC 4880, 6.1)."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    return base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big"))


def joined(head, *signatures):
    data = b"".join(signatures)
    text = base64.encodebytes(data) + b"=" + checksum(data) + b"\n"
    return head + b"-----BEGIN PGP SIGNATURE-----\n\n" + text + b"-----END PGP SIGNATURE-----\n"


def test_one_bad_signature_of_two_refuses_the_whole(sluice, archive, mirror, folder):
    """By two keys that both count: one signed this text, the other another one."""
    archive.keys.make("other")
    archive.add("tool", "1.0")
    archive.publish()
    ring = folder / "both.gpg"
    ring.write_bytes(archive.keys.public("archive", "other"))
    sluice.ctl_text(
        "upstream", "add", "debian", "test", "--url", mirror.url, "--suite", SUITE, "--internal",
        "--component", "main", "--architecture", "amd64", "--keyring", str(ring),
    )  # fmt: skip
    text = signed_text(archive)
    head, right = clear_parts(archive.keys.clear(text, "archive"))
    _, also_right = clear_parts(archive.keys.clear(text, "other"))
    _, of_another = clear_parts(archive.keys.clear(text.replace(b"Test", b"Best"), "other"))
    for signatures in ((right, of_another), (of_another, right), (of_another,)):
        put(archive, joined(head, *signatures))
        refused(sluice, f"InRelease: a signature is bad: .*{fingerprint(archive, 'other')[-16:]}")
        assert sluice.ctl("update", "list") == []
    put(archive, joined(head, right, also_right))
    sluice.ctl_text("sync")
    assert len(sluice.ctl("update", "list")) == 1


def test_a_detached_signature_counts_as_much(serving, archive):
    before = picture(serving, SUITE)
    archive.keys.make("other")
    text = signed_text(archive)
    (archive.root / f"dists/{SUITE}/InRelease").unlink()
    right = archive.keys.detach(text, "archive")
    for signature, words in [
        (archive.keys.detach(text, "other"), "no signature by a key of the keyring"),
        (archive.keys.detach(b"another file\n", "archive"), "a signature is bad"),
        (b"", "No data"),
        (b"no signature at all\n", "No data"),
    ]:
        archive.write("Release.gpg", signature)
        refused(serving, f"Release.gpg: .*{words}")
        assert picture(serving, SUITE) == before
    (archive.root / f"dists/{SUITE}/Release.gpg").unlink()
    refused(serving, "Release.gpg: the upstream answered 404")
    archive.write("Release.gpg", right)
    serving.ctl_text("sync")
    assert len(serving.ctl("update", "list", "--name", "tool")) == 2


def test_expired_and_revoked_keys_do_not_count(sluice, archive, mirror):
    archive.keys.make("short", "seconds=1")
    archive.keys.make("gone")
    archive.add("tool", "1.0")
    archive.publish()
    text = signed_text(archive)
    revoked = fingerprint(archive, "gone")
    signed = {"gone": archive.keys.clear(text, "gone")}
    certificate = archive.keys.home / f"openpgp-revocs.d/{revoked}.rev"
    archive.keys.gpg("--import", data=certificate.read_bytes().replace(b":-----", b"-----"))
    command = ["faketime", "-f", "-2h", "gpg", "--homedir", str(archive.keys.home), "--batch"]
    command += ["--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key"]
    old = "old <old@example.org>"
    subprocess.run([*command, old, "ed25519", "sign", "seconds=3600"], check=True, capture_output=True)
    command = [*command[:-1], "-u", f"={old}", "--clear-sign"]
    signed["old"] = subprocess.run(command, input=text, check=True, capture_output=True).stdout
    for name in ("gone", "old"):
        ring = archive.folder / f"{name}.gpg"
        ring.write_bytes(archive.keys.public(name))
        sluice.ctl_text(
            "upstream", "add", "debian", name, "--url", mirror.url, "--suite", SUITE, "--internal",
            "--component", "main", "--architecture", "amd64", "--keyring", str(ring),
        )  # fmt: skip
        put(archive, signed[name])
        refused(sluice, f"no signature by a key of the keyring: signed by .*{fingerprint(archive, name)}", name)
        assert sluice.ctl("update", "list") == []


def test_a_keyring_that_is_none_is_refused_when_it_is_given(sluice, archive, mirror, folder):
    for data, words in [(b"not a key\n", "no OpenPGP key|keyring"), (b"", "no keys|keyring")]:
        path = folder / "ring"
        path.write_bytes(data)
        with pytest.raises(CtlError, match=words):
            sluice.ctl_text(
                "upstream", "add", "debian", "x", "--url", mirror.url, "--suite", SUITE,
                "--component", "main", "--architecture", "amd64", "--keyring", str(path),
            )  # fmt: skip
    with pytest.raises(CtlError, match="nowhere"):
        sluice.ctl_text(
            "upstream", "add", "debian", "x", "--url", mirror.url, "--suite", SUITE,
            "--component", "main", "--architecture", "amd64", "--keyring", "/nowhere",
        )  # fmt: skip
    assert sluice.ctl("upstream", "list") == []


def test_a_release_of_another_time_or_suite_is_refused(serving, archive):
    before = picture(serving, SUITE)
    date = archive.date

    def stamp(at):
        return formatdate(at, usegmt=True).replace("GMT", "UTC")

    for fields, words in [
        ({"Valid-Until": stamp(date - 10)}, "expired: it was valid until"),
        ({"Date": stamp(date + 7 * 86400)}, "in the future"),
        ({"Date": stamp(date - 86400)}, "older than the one seen before"),
        ({"Date": ""}, "field Date is missing"),
        ({"Date": "yesterday"}, "field Date"),
        ({"Origin": "Other"}, "Origin changed from 'Test' to 'Other'"),
        ({"Codename": "other"}, "Codename changed from 'stable-security' to 'other'"),
        ({"Suite": "other", "Codename": "unstable"}, "suite 'other', codename 'unstable', not of"),
    ]:
        archive.release_fields = fields
        archive.date = date
        archive.publish()
        refused(serving, words)
        assert picture(serving, SUITE) == before
    archive.release_fields = {}
    archive.date = date
    archive.publish()
    serving.ctl_text("sync")


def test_an_upstream_frozen_at_unchanged_runs_out(sluice, archive, mirror):
    archive.add("tool", "1.0")
    archive.valid_for = 3602  # it is dated an hour ago
    archive.publish()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    mirror.faults["InRelease"] = faults.status(304)
    until = archive.date + archive.valid_for
    wait_until(until + 1)
    refused(sluice, "expired: it was valid until")


def wait_until(at, seconds=20):
    import time

    end = time.monotonic() + seconds
    while time.time() < at:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_after_a_key_change_a_person_compares_fingerprints_first(serving, archive, folder):
    archive.keys.make("next")
    old, new = fingerprint(archive, "archive"), fingerprint(archive, "next")
    archive.signers = ("next",)
    archive.publish()
    before = picture(serving, SUITE)
    message = refused(serving, "no signature by a key of the keyring")
    assert old in message and new in message and "upstream rekey" in message
    assert picture(serving, SUITE) == before

    ring = folder / "next.gpg"
    ring.write_bytes(archive.keys.public("next"))
    output = serving.ctl_text("upstream", "rekey", "test", "--keyring", str(ring), "--dry-run")
    assert f"old key {old}" in output and f"new key {new}" in output
    with pytest.raises(CtlError, match="--yes"):
        serving.ctl_text("upstream", "rekey", "test", "--keyring", str(ring))
    assert picture(serving, SUITE) == before
    refused(serving, "no signature by a key of the keyring")

    serving.ctl_text("upstream", "rekey", "test", "--keyring", str(ring), "--yes")
    entry = serving.ctl("audit", "list")[0]
    assert entry["action"] == "upstream rekey" and old in entry["detail"] and new in entry["detail"]
    serving.ctl_text("sync")
    assert len(serving.ctl("update", "list", "--name", "tool")) == 2
    with pytest.raises(CtlError, match="there is no upstream nobody"):
        serving.ctl_text("upstream", "rekey", "nobody", "--keyring", str(ring), "--yes")


def test_an_upstream_that_is_disabled_is_synced_only_by_name(serving):
    serving.ctl_text("upstream", "disable", "test")
    with pytest.raises(CtlError, match="no upstream"):
        serving.ctl_text("sync")
    assert len(serving.ctl("sync", "list")) == 1
    serving.ctl_text("sync", "test")
    serving.ctl_text("upstream", "enable", "test")
    serving.ctl_text("sync")
    assert [one["action"] for one in serving.ctl("audit", "list")][:2] == [
        "upstream enable",
        "upstream disable",
    ]
