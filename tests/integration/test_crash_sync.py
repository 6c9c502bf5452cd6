"""kill -9 while syncing and fetching: it ends as if unbroken, and asks for nothing it has (R-01)."""

import hashlib
import random
import sqlite3
import threading
import time

from conftest import LONG, add_upstream
from picture import partials, pool, quick_check
from sluice import Sluice
from test_crash import check_state, wait_until_published

ROUNDS = 200 if LONG else 6


def slow(handler):
    handler.server.over.wait(0.005)
    handler.serve_file()


class Held:
    """A fault: answers all but the n-th request, which waits until the server is killed."""

    def __init__(self, number):
        self.left = number
        self.reached, self.killed = threading.Event(), threading.Event()

    def __call__(self, handler):
        self.left -= 1
        if self.left == 0:
            self.reached.set()
            self.killed.wait(60)
        handler.serve_file()

    def wait(self):
        assert self.reached.wait(60)


def complete(sluice):
    """Hashes of what was downloaded whole, and may not have its name yet."""
    whole = pool(sluice)
    for path in (sluice.state / "pool/partial").iterdir():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if path.name.endswith(digest):
            whole.add(digest)
    return whole


def catalog(sluice):
    """What it says of each package; ids and times are each server's own."""
    sql = "SELECT name, version, architecture, payload_sha256, stanza FROM package ORDER BY 1, 2, 3"
    with sqlite3.connect(f"file:{sluice.state}/sluice.db?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def cut_off(sluice, wait, *command):
    """Begins something, and kills the server when the wait for it is over."""
    thread = threading.Thread(target=sluice.ctl_text, args=command, kwargs={"check": False})
    thread.start()
    wait()
    sluice.kill()
    thread.join()


def test_what_a_sync_left_that_was_killed_when_it_had_landed_goes_with_the_next(
    sluice, archive, mirror
):
    archive.add("tool", "1.0")
    archive.publish()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    folder = sluice.state / "pool/partial"
    (folder / f"index-1-{'0' * 64}").write_text("as the killed one left it")
    (folder / f"index-11-{'0' * 64}").write_text("another upstream's")
    sluice.ctl_text("sync")  # nothing new
    assert partials(sluice) == [f"index-11-{'0' * 64}"]


def test_a_sync_that_is_cut_off_ends_as_an_unbroken_one(sluice, archive, mirror, folder):
    chance = random.Random(4)
    for number in range(60):
        archive.add(f"tool{number}", "1.0")
    archive.publish()
    add_upstream(sluice, archive, mirror)
    mirror.faults["/"] = slow
    began = time.monotonic()
    sluice.ctl_text("sync")
    takes = time.monotonic() - began
    for number in range(ROUNDS):
        archive.add(f"later{number}", "1.0")
        archive.publish()
        if number == 0:
            held = mirror.faults["/"] = Held(2)  # the index
            cut_off(sluice, held.wait, "sync")
            held.killed.set()
            mirror.faults["/"] = slow
        else:
            moment = chance.uniform(0, 1.1 * takes)
            cut_off(sluice, lambda moment=moment: time.sleep(moment), "sync")
        whole = complete(sluice)
        mirror.requests.clear()
        sluice.start()
        assert quick_check(sluice) == [("ok",)]
        assert pool(sluice) == set()
        assert number > 0 or "later0" not in {row[0] for row in catalog(sluice)}
        sluice.ctl_text("sync")
        assert f"later{number}" in {row[0] for row in catalog(sluice)}
        assert partials(sluice) == []
        asked = [path for path in mirror.requests if path.rsplit("/", 1)[-1] in whole]
        assert asked == []
    check_state(sluice)
    unbroken = Sluice(folder, state=folder / "unbroken").start()
    add_upstream(unbroken, archive, mirror)
    unbroken.ctl_text("sync")
    assert catalog(unbroken) == catalog(sluice)
    assert unbroken.stop() == 0


def test_a_fetch_that_is_cut_off_asks_for_nothing_it_has(known, archive, mirror):
    chance = random.Random(5)
    paths = {}
    for number in range(ROUNDS):
        names = [f"tool{number}x{part}" for part in range(8)]
        for name in names:
            path = archive.add(name, "1.0")
            paths[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        archive.publish()
        known.ctl_text("sync")
        command = ("approve", *names, "--channel", "certification", "--yes")
        held = mirror.faults[".deb"] = Held(chance.randint(1, len(names)))
        cut_off(known, held.wait, *command)
        held.killed.set()
        whole = complete(known)
        assert len(pool(known)) < len(paths)
        mirror.faults[".deb"] = slow
        mirror.requests.clear()
        known.start()
        wait_until_published(known, archive.suite)
        known.ctl_text(*command)
        wait_until_published(known, archive.suite)
        asked = {path.rsplit("/", 1)[-1] for path in mirror.requests}
        assert not [path for path in asked if paths.get(path) in whole]
        assert pool(known) == set(paths.values())
        assert partials(known) == []
    check_state(known)
