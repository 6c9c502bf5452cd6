"""The main road: upstream, certification, production, recall, with apt as machines have it."""

import re
import socket
import subprocess

import pytest
from conftest import add_upstream
from roots import SmallRoot
from sluice import CtlError, Sluice


def set_up_packages(archive):
    """A source with two binaries, one of them for all architectures, and a bystander."""
    for version in ("1.0-1", "1.0-1+deb12u1"):
        source = f"tool ({version})"
        archive.add("tool", version, source=source, Depends="tool-data")
        archive.add("tool-data", version, source=source, architecture="all")
        archive.add("other", version)


def first_versions(archive, folder, sluice):
    """A machine with the first versions installed, pointed at nothing yet."""
    machine = SmallRoot(folder)
    debs = [archive.root / one["Filename"] for one in archive.packages if one["Version"] == "1.0-1"]
    machine.install("--allow-unauthenticated", *map(str, debs))
    return machine


def test_exactly_what_is_approved_reaches_machines(known, archive, folder):
    set_up_packages(archive)
    archive.publish()
    known.ctl_text("sync")
    certification = first_versions(archive, folder / "c", known)
    production = first_versions(archive, folder / "p", known)
    certification.point_at(known.source("certification", archive.suite))
    production.point_at(known.source("production", archive.suite))
    before = production.versions()

    # nothing approved, nothing changes; the suites are there and signed all the same
    for machine in (certification, production):
        assert machine.update() == []
        machine.upgrade()
        assert machine.versions() == before

    known.ctl_text("approve", "tool=1.0-1+deb12u1", "--channel", "certification", "--yes")
    for machine in (certification, production):
        assert machine.update() == []
        machine.upgrade()
    assert production.versions() == before
    new = "1.0-1+deb12u1"
    assert certification.versions() == dict(before, **{"tool": new, "tool-data": new})

    known.ctl_text("approve", "tool", "--channel", "production", "--yes")
    production.update()
    production.upgrade()
    assert production.versions() == certification.versions()

    known.ctl_text("recall", "tool", "--reason", "breaks the build", "--yes")
    fresh = first_versions(archive, folder / "f", known)
    fresh.point_at(known.source("production", archive.suite))
    fresh.update()
    fresh.upgrade()
    assert fresh.versions() == before


def test_production_refuses_what_certification_has_not_had(known, archive):
    set_up_packages(archive)
    archive.publish()
    known.ctl_text("sync")
    with pytest.raises(CtlError, match="not approved for certification|approve it there first"):
        known.ctl_text("approve", "tool", "--channel", "production", "--yes")
    with pytest.raises(CtlError, match="reason"):
        known.ctl_text("approve", "tool", "--channel", "production", "--emergency", "--yes")
    assert known.ctl("channel", "list")[1]["updates"] == 0
    known.ctl_text(
        "approve", "tool", "--channel", "production", "--emergency", "--reason", "worm", "--yes"
    )
    assert known.ctl("channel", "list")[1]["updates"] == 1
    assert '"emergency":true' in known.ctl("audit", "list")[0]["detail"]


def test_a_dry_run_changes_nothing_and_a_plan_names_what_is_missing(known, archive):
    archive.add("lib", "2.0")
    archive.add("app", "1.0", Depends="lib (>= 2.0)")
    archive.publish()
    known.ctl_text("sync")
    output = known.ctl_text("approve", "app", "--channel", "certification", "--dry-run")
    assert "lib (>= 2.0)" in output and "test/lib=2.0 would satisfy it" in output
    assert known.ctl("channel", "list")[0]["updates"] == 0
    assert known.ctl("audit", "list") and len(known.ctl("audit", "list")) == 1
    with pytest.raises(CtlError, match="--yes"):
        known.ctl_text("approve", "app", "--channel", "certification")
    output = known.ctl_text("approve", "app", "lib", "--channel", "certification", "--dry-run")
    assert "not in the channel" not in output


def test_a_base_suite_satisfies_dependencies(known, archive, mirror):
    archive.add("lib", "2.0")
    archive.add("app", "1.0", Depends="lib (>= 2.0)")
    archive.publish()
    add_upstream(known, archive, mirror, "base", "--base")
    said = known.ctl_text("sync")
    assert re.search(r"base: changed; \d+ packages known, none to approve; ", said)
    output = known.ctl_text("approve", "app", "--channel", "certification", "--dry-run")
    assert "not in the channel" not in output
    assert [one["upstream"] for one in known.ctl("update", "list")] == ["test", "test"]


def test_a_rebuild_is_a_revision_that_needs_its_own_approval(known, archive):
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    archive.add("tool-extra", "1.0", source="tool")
    archive.publish()
    known.ctl_text("sync")
    assert known.ctl("update", "show", "tool")["revision"] == 2
    index = known.get(f"/apt/certification/dists/{archive.suite}/main/binary-amd64/Packages")[2]
    assert b"tool-extra" not in index
    known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    index = known.get(f"/apt/certification/dists/{archive.suite}/main/binary-amd64/Packages")[2]
    assert b"Package: tool-extra" in index


def test_returning_brings_an_earlier_content_back_and_never_what_was_recalled(known, archive):
    archive.add("a", "1.0")
    archive.add("b", "1.0")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "a", "--channel", "certification", "--yes")
    both = known.ctl("approve", "b", "--channel", "certification", "--yes")["result"]
    number = both["publication"].split(".")[0]
    known.ctl_text("recall", "b", "--reason", "bad", "--yes")
    output = known.ctl_text(
        "channel", "return", "certification", number, "--reason", "try", "--yes"
    )
    assert "1 updates of that publication stay out" in output
    assert [one["name"] for one in known.ctl("update", "list", "--channel", "certification")] == ["a"]
    empty = str(int(number) - 2)
    known.ctl_text("channel", "return", "certification", empty, "--reason", "clean", "--yes")
    assert known.ctl("update", "list", "--channel", "certification") == []
    assert "fits the ones before" in known.ctl_text("audit", "verify")


def test_wrong_commands_are_explained(sluice):
    for line, words in [
        (["aprove", "x"], "unknown command"),
        (["approve", "x"], "--channel"),
        (["update", "list", "--colour"], "unknown option"),
        (["update", "show", "nothing"], "no update 'nothing'"),
        (["update", "show", "a b"], "names no update"),
        (["job", "show", "x"], "not a number"),
        (["sync"], "no upstream"),
        (["rate", "x", "urgent", "--reason", "y"], "no rating 'urgent'"),
        (["channel", "return", "production", "9", "--reason", "x", "--yes"], "no publication 9"),
    ]:
        with pytest.raises(CtlError, match=words):
            sluice.ctl_text(*line)


def test_a_second_server_on_the_same_state_is_refused(sluice):
    done = subprocess.run(
        [*sluice.command()[:3], "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "in use by another sluiced" in done.stderr
    assert sluice.get("/healthz")[0] == 200


@pytest.mark.parametrize("which", ["--public", "--admin"])
def test_a_server_whose_port_is_taken_says_so_and_no_more(folder, which):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = Sluice(folder)
        done = subprocess.run(
            [*server.command(), which, address], capture_output=True, text=True, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, f"sluiced: listen on {address}: Address already in use\n")
    assert not server.state.exists()


def test_openssl_with_real_apt_in_real_roots(sluice, folder, root_image):
    """This machine's own security suite, into bookworm as mmdebstrap builds it."""
    sluice.ctl_text("upstream", "add", "debian", "--from-host")
    sluice.ctl_text("sync")
    certification = root_image.unpack(folder / "c")
    production = root_image.unpack(folder / "p")
    certification.point_at(sluice.source("certification"))
    production.point_at(sluice.source("production"))
    before = production.versions()
    version = sluice.ctl("update", "show", "openssl")["version"]

    for machine in (certification, production):
        assert machine.update() == []
        machine.upgrade()
        assert machine.versions() == before

    sluice.ctl_text("approve", "openssl", "--channel", "certification", "--yes")
    for machine in (certification, production):
        assert machine.update() == []
        machine.upgrade()
    assert production.versions() == before
    assert certification.versions() == dict(before, openssl=version, libssl3=version)

    sluice.ctl_text("approve", "openssl", "--channel", "production", "--yes")
    assert production.update() == []
    production.upgrade()
    assert production.versions() == dict(before, openssl=version, libssl3=version)

    sluice.ctl_text("recall", "openssl", "--reason", "test", "--yes")
    fresh = root_image.unpack(folder / "f")
    fresh.point_at(sluice.source("production"))
    fresh.update()
    fresh.upgrade()
    assert fresh.versions() == before
