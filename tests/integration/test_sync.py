"""Syncs as a person sees them: progress, stopping one, what is kept of each, when the next comes."""

import contextlib
import random
import signal
import sqlite3
import subprocess
import threading
import time

import faults
import pytest
from conftest import add_upstream
from picture import last_run, picture, refused
from sluice import BUILD, CtlError, Sluice
from test_disk import small_disk  # noqa: F401

SUITE = "stable-security"
SCHEDULED = "[sync]\nschedule = yes\nevery = 1d\njitter = 0s\n[public]\nagent_rate = 0\n"
MINUTE, DAY = 60, 24 * 60 * 60


def wait_for(ask, seconds=60):
    """What ask() says once it says something true."""
    until = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return answer


def job(sluice, number):
    return sluice.ctl("job", "show", str(number))


def held(handler):
    handler.server.over.wait(60)


@pytest.fixture
def holding(known, archive, mirror):
    """tool=1.0 is in certification; a sync of tool=2.0 hangs at its index."""
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    archive.add("tool", "2.0")
    archive.publish()
    mirror.faults["by-hash"] = held
    return known


def begin(sluice, mirror):
    """The job of a sync that has come to its index."""
    mirror.requests.clear()
    number = sluice.ctl("sync", "--no-wait")["jobs"][0]
    wait_for(lambda: any("by-hash" in path for path in mirror.requests))
    return number


def test_a_cancelled_sync_changes_nothing_and_is_kept_as_cancelled(holding, mirror):
    before = picture(holding, SUITE)
    number = begin(holding, mirror)
    running = last_run(holding)
    assert running["outcome"] == "running" and running["message"] == ""
    holding.ctl_text("job", "cancel", str(number))
    assert wait_for(lambda: job(holding, number)["state"] != "running")
    assert job(holding, number)["state"] == "cancelled"
    assert last_run(holding)["outcome"] == "cancelled"
    assert len(holding.ctl("sync", "list")) == 2
    assert picture(holding, SUITE) == before
    with pytest.raises(CtlError, match="has ended: cancelled"):
        holding.ctl_text("job", "cancel", str(number))
    mirror.faults.clear()
    holding.ctl_text("sync")
    assert len(holding.ctl("update", "list")) == 2


def control_c(sluice, mirror):
    """sluicectl sync, with ^C when it waits; (exit code, its words)."""
    mirror.requests.clear()
    command = [str(BUILD / "server/ctl/sluicectl"), "--state", str(sluice.state), "sync"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: any("by-hash" in path for path in mirror.requests))
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    return process.returncode, said


def test_control_c_stops_the_sync_it_waits_for(holding, mirror):
    before = picture(holding, SUITE)
    code, said = control_c(holding, mirror)
    assert code != 0
    assert "to stop; ^C again to leave it" in said
    assert said.count("cancelled") == 1
    assert last_run(holding)["outcome"] == "cancelled"
    assert picture(holding, SUITE) == before


def test_a_sync_that_was_broken_off_is_noted_as_interrupted(holding, mirror):
    before = picture(holding, SUITE)
    for end, words in ((holding.kill, "the server ended during this sync"), (holding.stop, "was stopped")):
        begin(holding, mirror)
        end()
        holding.start()
        run = last_run(holding)
        assert run["outcome"] == "interrupted" and words in run["message"]
        assert picture(holding, SUITE) == before
    assert [run["outcome"] for run in holding.ctl("sync", "list")] == [
        "interrupted",
        "interrupted",
        "changed",
    ]


def test_progress_says_what_how_much_of_how_much_and_how_long(known, archive, mirror):
    archive.endings = ("",)
    for number in range(60):
        archive.add(f"tool-{number:03}", "1.0", Description=f"a tool of number {number}")
    archive.publish()
    index = (archive.root / f"dists/{SUITE}/main/binary-amd64/Packages").stat().st_size
    rest = threading.Event()

    def in_two_parts(handler):
        data = faults.content(handler)
        faults.send(handler, 200, len(data))
        faults.write(handler, data[: index // 2])
        rest.wait(60)
        faults.write(handler, data[index // 2 :])

    mirror.faults["by-hash"] = in_two_parts
    number = known.ctl("sync", "--no-wait")["jobs"][0]
    one = wait_for(lambda: (now := job(known, number))["left_seconds"] >= 0 and now)
    assert one["what"] == "fetching the index"
    assert one["bytes_total"] == index and one["bytes_done"] == index // 2
    assert 1 <= one["left_seconds"] <= 60
    rest.set()
    done = wait_for(lambda: (now := job(known, number))["state"] == "done" and now)
    assert done["result"]["packages"] == 60 and done["result"]["bytes"] > index


def test_an_error_names_the_upstream_and_the_file_once(known, archive, mirror):
    archive.add("tool", "1.0", files={"./tool": random.Random(1).randbytes(1000)})
    archive.publish()
    mirror.faults["InRelease"] = faults.status(500)
    words = refused(known, "answered 500")
    assert words == f"sluicectl: sync test failed: {mirror.url}dists/{SUITE}/InRelease: the upstream answered 500"
    mirror.faults.clear()
    known.ctl_text("sync")
    for fault in (faults.status(500), faults.flipped()):
        mirror.faults[".deb"] = fault
        with pytest.raises(CtlError) as caught:
            known.ctl_text("approve", "tool", "--channel", "certification", "--yes")
        words = str(caught.value)
        assert words.count("tool_1.0_amd64.deb") == 1, words
        assert words.count("certification") == 1 and words.count("test/tool=1.0") == 1, words


def test_free_space_is_looked_at_before_an_index_is_fetched(small_disk, folder, archive, mirror):  # noqa: F811
    """The index and its rows would take ten times its size on a disk of 48 MiB."""
    archive.add("tool", "1.0")
    archive.publish()
    server = Sluice(folder, state=small_disk / "state")
    try:
        server.start()
        add_upstream(server, archive, mirror)
        server.ctl_text("sync")
        before = picture(server, SUITE)
        archive.endings = ("",)
        archive.extra_stanza = b"".join(
            f"\nPackage: extra-{number}\nVersion: 1\nArchitecture: amd64\nSize: 1\n"
            f"Filename: pool/extra-{number}.deb\nSHA256: {number:064x}\nDescription: {'x' * 3000}\n".encode()
            for number in range(2000)
        )
        archive.publish()
        mirror.requests.clear()
        refused(server, "not enough disk space: [0-9.]+ MB are needed, [0-9.]+ MB are free")
        assert mirror.requests == [f"/dists/{SUITE}/InRelease"]
        assert picture(server, SUITE) == before
    finally:
        server.stop()


def next_in(sluice):
    """Seconds from the last sync to the next."""
    one = sluice.ctl("upstream", "show", "test")
    return one["next_sync_at"] - one["last_sync_at"]


def rewrite(sluice, sql, *values):
    with contextlib.closing(sqlite3.connect(sluice.state / "sluice.db")) as db:
        db.execute(sql, values)
        db.commit()


@pytest.fixture
def scheduled(folder, archive, mirror):
    archive.add("tool", "1.0")
    archive.publish()
    server = Sluice(folder, config=SCHEDULED)
    server.start()
    yield server
    server.stop()


def test_a_failed_sync_is_tried_again_soon_and_ever_more_rarely(scheduled, archive, mirror):
    add_upstream(scheduled, archive, mirror)
    one = scheduled.ctl("upstream", "show", "test")
    assert one["last_outcome"] is None and one["failures"] == 0
    assert 4 * MINUTE < one["next_sync_at"] - time.time() < 6 * MINUTE
    mirror.faults["InRelease"] = faults.status(500)
    for failures, pause in ((1, 5), (2, 10), (3, 20), (4, 40)):
        refused(scheduled, "answered 500")
        one = scheduled.ctl("upstream", "show", "test")
        assert one["last_outcome"] == "failed" and one["failures"] == failures
        assert next_in(scheduled) == pause * MINUTE
    assert "NEXT SYNC" in scheduled.ctl_text("upstream", "list")
    mirror.faults.clear()
    scheduled.ctl_text("sync")
    assert next_in(scheduled) == DAY
    assert scheduled.ctl("upstream", "show", "test")["failures"] == 0
    scheduled.ctl_text("upstream", "disable", "test")
    assert scheduled.ctl("upstream", "show", "test")["next_sync_at"] == 0


def test_what_is_due_is_synced_by_itself_also_after_the_clock_was_wrong(scheduled, archive, mirror):
    add_upstream(scheduled, archive, mirror)
    mirror.faults["InRelease"] = faults.status(500)
    refused(scheduled, "answered 500")
    mirror.faults.clear()
    finished = "UPDATE sync_run SET finished_at = ? WHERE id = (SELECT max(id) FROM sync_run)"
    for runs, ended_at in enumerate((time.time() - 6 * MINUTE, time.time() + 3650 * DAY), start=2):
        scheduled.stop()
        rewrite(scheduled, finished, int(ended_at))
        scheduled.start()
        wait_for(lambda: last_run(scheduled)["outcome"] not in ("running", "failed") and
                 len(scheduled.ctl("sync", "list")) == runs)  # fmt: skip
        assert last_run(scheduled)["person"] == "schedule"
        assert next_in(scheduled) == DAY
