"""What indexes say: hostile names and incomplete stanzas are refused as a whole."""

import os

import pytest
from archive import sha256
from picture import picture, pool, refused
from sluice import CtlError

SUITE = "stable-security"
STANZA = {
    "Package": "evil",
    "Version": "1.0",
    "Architecture": "amd64",
    "Filename": "pool/main/e/evil.deb",
    "Size": "10",
    "SHA256": "ab" * 32,
    "Description": "x",
}


def stanza(**fields):
    both = {**STANZA, **fields}
    return b"\n" + b"".join(
        f"{key}: ".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\n"
        for key, value in both.items()
        if value is not None
    )


def test_hostile_and_incomplete_stanzas_change_nothing(known, archive, folder):
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    before = picture(known, SUITE)
    outside = sorted(path.name for path in known.state.parent.iterdir())
    other = stanza(SHA256="cd" * 32)
    changed = stanza(Package="tool", SHA256="cd" * 32)
    cases = [
        (stanza(Package=name), "Package is wrong")
        for name in ("../x", "/etc/x", "a/../../x", ".", "..", "x" * 255, "a b", "-x")
    ]
    cases += [
        (stanza(Filename=name), "Filename is wrong")
        for name in ("../x", "/etc/x", "a/../../x", ".", "pool/..", "pool//x", "a/" + "x" * 255)
    ]
    cases += [(stanza(**{name: None}), f"{name} is missing") for name in ("Version", "SHA256", "Size")]
    cases += [
        (stanza(Package=b"a\0b"), "NUL byte"),
        (stanza(Filename="a\nb"), "no colon"),
        (stanza(Size="-1"), "Size is wrong"),
        (stanza(Size="9" * 30), "Size is wrong"),
        (stanza(SHA256="abc"), "SHA256 is wrong"),
        (stanza(Version="1/0"), "Version is wrong"),
        (stanza(Architecture="i386"), "Architecture is wrong"),
        (stanza() + other, "evil 1.0 amd64 stands twice in the indexes"),
        (changed, "tool 1.0 amd64 .*(is known with|stands twice)"),
    ]
    for extra, words in cases:
        archive.extra_stanza = extra
        archive.publish()
        refused(known, f"index main/binary-amd64/Packages.xz: .*{words}|{words}")
        assert picture(known, SUITE) == before
    assert sorted(path.name for path in known.state.parent.iterdir()) == outside
    archive.extra_stanza = b""
    archive.publish()
    known.ctl_text("sync")


def states(server):
    return {one["version"]: one["state"] for one in server.ctl("update", "list", "--text", "tool")}


def test_of_each_name_the_newest_version_that_is_there_counts(known, archive):
    for version in ("1.0", "1.10", "1.9"):
        archive.add("tool", version, Description=f"tool {version}")
        archive.add("a-part-of-it", version, source="tool", Description="a part")
    archive.add("other", "1.0")
    archive.publish()
    result = known.ctl("sync")["result"]
    assert [result[name] for name in ("updates", "revisions", "packages")] == [4, 4, 7]
    assert states(known) == {"1.0": "superseded", "1.10": "known", "1.9": "superseded"}
    found = known.ctl("update", "list", "--text", "tool")
    assert {one["summary"] for one in found} == {"tool 1.0", "tool 1.10", "tool 1.9"}
    archive.add("tool", "2.0")
    archive.publish()
    known.ctl_text("sync")
    assert states(known)["2.0"] == "known"
    assert states(known)["1.10"] == "superseded"
    archive.remove("tool", "2.0")
    archive.publish()
    result = known.ctl("sync")["result"]
    assert (result["updates"], result["withdrawn"]) == (0, 1)
    assert states(known)["2.0"] == "withdrawn"
    assert states(known)["1.10"] == "known"


def test_names_that_mean_something_elsewhere_are_names_like_others(known, archive):
    before = sorted(path.name for path in known.state.iterdir())
    archive.extra_stanza = stanza(Package="con", Filename="pool/CON/aux.deb")
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    assert [one["name"] for one in known.ctl("update", "list", "--sort", "name")] == ["con", "tool"]
    assert sorted({path.name for path in known.state.iterdir()} - {"work"}) == sorted({*before} - {"work"})


def test_a_symbolic_link_in_the_way_is_not_followed(known, archive, folder):
    """Where a download begins, and where a payload is to be: what it points at stays as it is."""
    payload = archive.add("tool", "1.0")
    archive.publish()
    outside = folder / "outside"
    outside.write_bytes(b"untouched")
    outside.chmod(0o666)
    index = sha((archive.root / f"dists/{SUITE}/main/binary-amd64/Packages.xz"))
    staging = known.state / "work/sync-1"
    staging.mkdir(parents=True, exist_ok=True)
    owner = known.state.stat()
    for path in (staging, staging.parent):
        os.chown(path, owner.st_uid, owner.st_gid)
    links = [staging / "InRelease", known.state / f"pool/partial/index-1-{index}"]
    for path in links:
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(outside)
    refused(known, "index-1-")
    links[1].unlink()
    known.ctl_text("sync")
    link = known.state / f"pool/partial/{sha(payload)}"
    link.symlink_to(outside)
    with pytest.raises(CtlError, match="symbolic links"):
        known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    assert outside.read_bytes() == b"untouched"
    link.unlink()
    known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    assert pool(known) == {sha(payload)}


def sha(path):
    return sha256(path.read_bytes())
