"""What archives look like: forms of indexes, architectures, components; and nothing new."""

import faults
import pytest
from picture import last_run, rows

SUITE = "stable-security"


def test_a_sync_with_nothing_new_moves_little_and_writes_its_outcome_only(known, archive):
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    before = rows(known)
    known.ctl_text("sync")
    assert rows(known) == before
    assert last_run(known)["outcome"] == "unchanged"
    assert last_run(known)["bytes"] < 1000


@pytest.mark.parametrize(
    "validators", [{"etag": '"second"'}, {"etag": 'W/"weak"'}, {"modified": "Tue, 24 Nov 2026 00:34:33 GMT"}]
)
def test_a_mirror_that_was_set_up_anew_is_asked_by_what_it_says_now(known, archive, mirror, validators):
    for number in range(20):
        archive.add(f"tool-{number}", "1.0")
    archive.release_fields = {"Description": "x" * 2000}
    archive.publish()
    known.ctl_text("sync")
    mirror.faults["InRelease"] = faults.validated(**validators)
    known.ctl_text("sync")
    assert last_run(known)["outcome"] == "unchanged" and last_run(known)["bytes"] > 2000
    before = rows(known)
    known.ctl_text("sync")
    assert last_run(known)["outcome"] == "unchanged" and last_run(known)["bytes"] < 500
    assert rows(known) == before


def test_a_new_release_of_the_same_indexes_moves_the_release_alone(known, archive, mirror):
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    before = rows(known, leave_out=("sync_run", "upstream"))
    archive.publish()
    mirror.requests.clear()
    known.ctl_text("sync")
    assert mirror.requests == [f"/dists/{SUITE}/InRelease"]
    assert rows(known, leave_out=("sync_run", "upstream")) == before
    assert known.ctl("upstream", "show", "test")["release_at"] == archive.date


def test_each_form_of_an_index_is_read_and_missing_ones_are_passed_over(known, archive):
    forms = [(".gz",), (".xz",), (".zst",), ("",), ("", ".gz", ".xz", ".zst")]
    for number, endings in enumerate(forms):
        archive.endings = endings
        archive.absent = (".xz", "Packages") if len(endings) > 1 else ()
        archive.add(f"tool-{number}", "1.0")
        archive.publish()
        known.ctl_text("sync")
        assert len(known.ctl("update", "list")) == number + 1


def test_architectures_components_exclusions_and_another_suite_name(sluice, archive, mirror):
    archive.components = ("main", "contrib")
    for architecture in ("amd64", "arm64", "all"):
        archive.add(f"tool-{architecture}", "1.0", source="tool", architecture=architecture)
    archive.add("extra", "1.0", component="contrib", Phased_Update_Percentage="10")
    archive.add("extra-dbgsym", "1.0", source="extra", component="contrib")
    archive.publish(("amd64", "arm64"))
    sluice.ctl_text(
        "upstream", "add", "debian", "test", "--url", mirror.url, "--suite", SUITE, "--internal",
        "--component", "main", "--component", "contrib", "--architecture", "amd64",
        "--architecture", "arm64", "--keyring", str(archive.keyring()), "--as", "ours",
        "--exclude", "*-dbgsym", "--serves", "debian:bookworm",
    )  # fmt: skip
    sluice.ctl_text("sync")
    assert sluice.ctl("update", "show", "tool")["packages"] == 3
    assert sluice.ctl("update", "show", "extra")["packages"] == 1
    sluice.ctl_text("approve", "tool", "extra", "--channel", "certification", "--yes")
    for architecture in ("amd64", "arm64"):
        base = f"/apt/certification/dists/ours/main/binary-{architecture}/Packages"
        index = sluice.get(base)[2].decode()
        assert f"tool-{architecture}" in index and "tool-all" in index
    index = sluice.get("/apt/certification/dists/ours/contrib/binary-amd64/Packages")[2].decode()
    assert "Package: extra" in index and "dbgsym" not in index and "Phased" not in index
