"""What syncs make of an archive that moves on: withdrawals, rebuilds, release times, advisories."""

import pytest
from conftest import add_upstream
from picture import last_run, served
from sluice import CtlError

SUITE = "stable-security"


def index(sluice, channel="certification"):
    return served(sluice, SUITE, [channel])[channel, "main/binary-amd64/Packages"].decode()


def packages(sluice, channel="certification"):
    """(name, version) of what a channel serves; each payload it names was downloaded."""
    lines = index(sluice, channel).split("\n")
    names = [line[9:] for line in lines if line.startswith("Package: ")]
    return sorted(zip(names, [line[9:] for line in lines if line.startswith("Version: ")], strict=True))


def approve(sluice, *names, channel="certification"):
    return sluice.ctl_text("approve", *names, "--channel", channel, "--yes")


def test_a_version_that_left_the_upstream_is_marked_and_stays_where_it_is_approved(known, archive, mirror):
    archive.add("tool", "1.0")
    archive.add("other", "1.0")
    archive.publish()
    known.ctl_text("sync")
    for channel in ("certification", "production"):
        approve(known, "tool", channel=channel)
    assert known.ctl("update", "show", "tool")["withdrawn_at"] == 0
    gone = next(one for one in archive.packages if one["Package"] == "other")
    archive.remove("tool", "1.0")
    archive.remove("other", "1.0")
    archive.add("tool", "2.0")
    archive.publish()
    for path in (archive.root / "pool").rglob("*_1.0_*.deb"):
        path.unlink()
    known.ctl_text("sync")
    assert last_run(known)["withdrawn"] == 2
    # marked, in both forms, and found by that
    assert known.ctl("update", "show", "tool=1.0")["withdrawn_at"] > 0
    assert "withdrawn at" in known.ctl_text("update", "show", "tool=1.0")
    assert known.ctl("update", "show", "tool=2.0")["withdrawn_at"] == 0
    assert [one["name"] for one in known.ctl("update", "list", "--state", "withdrawn")] == ["other"]
    # served where it was approved, also after another publication
    for channel in ("certification", "production"):
        assert packages(known, channel) == [("tool", "1.0")]
    approve(known, "tool=2.0")
    assert packages(known) == [("tool", "2.0")]
    known.ctl_text("recall", "tool=2.0", "--channel", "certification", "--reason", "bad", "--yes")
    assert packages(known) == [("tool", "1.0")]
    assert packages(known, "production") == [("tool", "1.0")]
    # one that never was fetched cannot be had any more, and says so
    with pytest.raises(CtlError, match="test/other=1.0: http.*/other_1.0_amd64.deb: the upstream answered 404"):
        approve(known, "other=1.0")
    assert packages(known) == [("tool", "1.0")]
    # one that comes back is there again
    archive.packages.append(gone)
    archive.publish()
    known.ctl_text("sync")
    assert known.ctl("update", "show", "other=1.0")["withdrawn_at"] == 0


def test_a_bin_nmu_is_a_revision_that_needs_its_own_approval(known, archive):
    archive.add("tool", "1.0")
    archive.add("libtool", "1.0", source="tool")
    archive.publish()
    known.ctl_text("sync")
    for channel in ("certification", "production"):
        approve(known, "tool", channel=channel)
    before = [("libtool", "1.0"), ("tool", "1.0")]
    archive.remove("libtool")
    archive.add("libtool", "1.0+b1", source="tool (1.0)")
    archive.publish()
    known.ctl_text("sync")
    run = last_run(known)
    assert (run["updates"], run["revisions"], run["packages"]) == (0, 1, 1)
    assert known.ctl("update", "show", "tool")["revision"] == 2
    for channel in ("certification", "production"):
        assert packages(known, channel) == before
    approve(known, "tool", channel="production")  # what certification has: the one before
    assert packages(known, "production") == before
    rebuilt = [("libtool", "1.0+b1"), ("tool", "1.0")]
    approve(known, "tool")
    assert packages(known) == rebuilt and packages(known, "production") == before
    approve(known, "tool", channel="production")
    assert packages(known, "production") == rebuilt


def test_a_late_architecture_is_a_revision_that_needs_its_own_approval(sluice, archive, mirror):
    add_upstream(sluice, archive, mirror, "test", "--architecture", "arm64")
    archive.add("tool", "1.0")
    archive.publish(("amd64", "arm64"))
    sluice.ctl_text("sync")
    approve(sluice, "tool")

    def architectures():
        path = "/apt/certification/dists/stable-security/main/binary-{}/Packages"
        texts = {name: sluice.get(path.format(name))[2].decode() for name in ("amd64", "arm64")}
        return sorted(name for name, text in texts.items() if "Package: tool\n" in text)

    assert architectures() == ["amd64"]
    archive.add("tool", "1.0", architecture="arm64")
    archive.publish(("amd64", "arm64"))
    sluice.ctl_text("sync")
    shown = sluice.ctl("update", "show", "tool")
    assert shown["revision"] == 2 and shown["packages"] == 2
    assert architectures() == ["amd64"]
    approve(sluice, "tool")
    assert architectures() == ["amd64", "arm64"]


def test_an_update_was_released_when_the_first_release_listed_it(known, archive):
    archive.add("tool", "1.0")
    archive.publish()
    first = archive.date
    known.ctl_text("sync")
    one = known.ctl("update", "show", "tool")
    assert one["released_at"] == first and not one["released_exact"]
    assert "or before" in known.ctl_text("update", "show", "tool")
    archive.add("tool", "2.0")
    archive.date += 600
    archive.publish()
    second = archive.date
    known.ctl_text("sync")
    archive.date += 600
    archive.publish()
    known.ctl_text("sync")
    one = known.ctl("update", "show", "tool=2.0")
    assert one["released_at"] == second and one["released_exact"]
    assert one["seen_at"] > second
    assert "or before" not in known.ctl_text("update", "show", "tool=2.0")
    assert known.ctl("update", "show", "tool=1.0")["released_at"] == first


DSA_LIST = """\
[24 Nov 2026] DSA-6075-1 openssl - security update
\t{CVE-2026-9230 CVE-2026-9231 CVE-2026-9232}
\t[bookworm] - openssl 3.0.18-1~deb12u2
\t[trixie] - openssl 3.5.4-1~deb13u1
[23 Nov 2026] DSA-6074-2 webkit2gtk - regression update
\t[bookworm] - webkit2gtk 2.50.1-1~deb12u2
\tNOTE: regression in the first fix
[22 Nov 2026] DSA-6074-1 webkit2gtk - security update
\t{CVE-2026-4000}
\t[bookworm] - webkit2gtk 2.50.1-1~deb12u1
[03 Jan 2026] DSA-5980-1 openssl - security update
\t{CVE-2026-0100 CVE-2026-9230}
\t[bullseye] - openssl <not-affected> (Vulnerable code not present)
\t[bookworm] - openssl 3.0.17-1~deb12u3
[05 Feb 2004] DSA-432-1 crawl - buffer overflow
\t{CVE-2004-0103}
\t[woody] - crawl 4.0.0beta23-2
"""


def found(sluice, cve):
    return sorted(f"{one['name']}={one['version']}" for one in sluice.ctl("update", "list", "--cve", cve))


def test_an_advisory_list_says_which_cves_an_update_fixes(known, archive, folder):
    for name, version in (
        ("openssl", "3.0.17-1~deb12u3"),
        ("webkit2gtk", "2.50.1-1~deb12u1"),
        ("crawl", "4.0.0beta23-2"),
        ("untouched", "1.0"),
    ):
        archive.add(name, version)
    archive.publish()
    known.ctl_text("sync")
    path = folder / "list"
    path.write_text(DSA_LIST)
    assert "5" in known.ctl_text("advisory", "import", str(path))
    shown = known.ctl("update", "show", "openssl")
    assert [one["id"] for one in shown["advisories"]] == ["DSA-5980-1"]
    assert shown["cves"] == "CVE-2026-0100 CVE-2026-9230"
    assert "DSA-5980-1" in known.ctl_text("update", "show", "openssl")
    # another system's fix is none of this one's
    assert found(known, "CVE-2004-0103") == []
    assert known.ctl("update", "show", "untouched")["advisories"] == []

    # what a later sync brings is matched with what was imported before
    archive.add("openssl", "3.0.18-1~deb12u2")
    archive.publish()
    known.ctl_text("sync")
    shown = known.ctl("update", "show", "openssl=3.0.18-1~deb12u2")
    assert [one["id"] for one in shown["advisories"]] == ["DSA-6075-1", "DSA-5980-1"]
    assert found(known, "CVE-2026-9231") == ["openssl=3.0.18-1~deb12u2"]
    assert found(known, "CVE-2026-9230") == ["openssl=3.0.17-1~deb12u3", "openssl=3.0.18-1~deb12u2"]
    assert found(known, "CVE-2026-4000") == ["webkit2gtk=2.50.1-1~deb12u1"]
    assert found(known, "CVE-2026-923") == []
    assert "CVE-2026-9232" in known.ctl_text("update", "show", "openssl")

    # imported again, and corrected
    before = known.ctl("update", "list")
    known.ctl_text("advisory", "import", str(path))
    assert known.ctl("update", "list") == before
    path.write_text(DSA_LIST.replace(" CVE-2026-9231", ""))
    known.ctl_text("advisory", "import", str(path))
    assert found(known, "CVE-2026-9231") == []

    # a wrong line is named, and nothing of the list is taken
    before = known.ctl("update", "list")
    path.write_text(DSA_LIST.replace("CVE-2026-4000", "CVE-2026-4001") + "[1 Jan 2026 DSA-1\n")
    with pytest.raises(CtlError, match=r"advisory list, line 18: '\[1 Jan 2026 DSA-1'"):
        known.ctl_text("advisory", "import", str(path))
    assert known.ctl("update", "list") == before
