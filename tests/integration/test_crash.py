"""kill -9 while publishing: the old or the new, never a mixture (R-02, R-04)."""

import random
import sqlite3
import threading
import time

import pytest
from conftest import LONG, add_upstream
from kill_at import Killable
from picture import pool
from poller import Poller, names

ROUNDS = 200 if LONG else 6
COUNTED = 1 << 40  # a number that no run comes to


def approve(sluice, name, **options):
    return sluice.ctl_text("approve", name, "--channel", "certification", "--yes", **options)


def approved(sluice):
    listed = sluice.ctl("update", "list", "--channel", "certification")
    return frozenset(one["name"] for one in listed)


def published(sluice, suite):
    return names(sluice.get(f"/apt/certification/dists/{suite}/main/binary-amd64/Packages")[2])


def wait_until_published(sluice, suite):
    """What was decided is on disk and gets published without being asked for again."""
    wanted = approved(sluice)
    until = time.monotonic() + 60
    while published(sluice, suite) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert published(sluice, suite) == wanted
    return wanted


def current(sluice):
    """(number, serial) of what certification's link names; it has to lead somewhere."""
    link = sluice.state / "publications/certification/current"
    assert (link / "index").stat().st_size > 0
    return tuple(int(part) for part in link.readlink().name.split("."))


def check_state(sluice):
    """The database is whole, the audit log unbroken, each payload what its name says."""
    with sqlite3.connect(f"file:{sluice.state}/sluice.db?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert "fits the ones before" in sluice.ctl_text("audit", "verify")
    pool(sluice)  # looks at each


class Round:
    """One publication that is cut off: who reads meanwhile gets the old or the new, in this order."""

    def __init__(self, sluice, suite, poller):
        self.sluice, self.suite, self.poller = sluice, suite, poller
        self.before = current(sluice)
        self.old = published(sluice, suite)
        self.first_seen = len(poller.seen)

    def check(self):
        """After the kill, with nothing running yet; then starts it and looks again."""
        number, serial = self.before
        assert current(self.sluice) in [(number, serial), (number + 1, 1)]
        self.sluice.start()
        new = wait_until_published(self.sluice, self.suite)
        assert current(self.sluice)[0] == number + (new != self.old)
        assert self.old <= new
        # one reading that begins now ends with the new
        read = len(self.poller.seen)
        while len(self.poller.seen) < read + 2 and not self.poller.wrong:
            time.sleep(0.01)
        assert self.poller.wrong == []
        seen = self.poller.seen[self.first_seen :]
        switched = seen.index(new)
        assert set(seen[:switched]) <= {self.old} and set(seen[switched:]) == {new}


def test_killed_at_any_instant_of_a_publication_it_serves_the_old_or_the_new(known, archive):
    chance = random.Random(20261125)
    for number in range(ROUNDS + 1):
        archive.add(f"tool{number}", "1.0")
    archive.publish()
    known.ctl_text("sync")
    began = time.monotonic()
    approve(known, "tool0")
    takes = time.monotonic() - began
    with Poller(known.url, archive.suite) as poller:
        for number in range(1, ROUNDS + 1):
            one = Round(known, archive.suite, poller)
            done = threading.Thread(
                target=approve, args=(known, f"tool{number}"), kwargs={"check": False}
            )
            done.start()
            time.sleep(chance.uniform(0, takes * 1.1))  # the instant, not a wait for anything
            known.kill()
            done.join()
            one.check()
    assert "tool0" in published(known, archive.suite)
    check_state(known)


@pytest.fixture
def killable(folder, archive, mirror):
    sluice = Killable(folder).start()
    add_upstream(sluice, archive, mirror)
    yield sluice
    sluice.stop()


def sample(kinds):
    """Numbers of calls: the first and the last of each kind, and some in between."""
    chosen = {kinds.index(kind) + 1 for kind in set(kinds)}
    chosen |= {kinds.rindex(kind) + 1 for kind in set(kinds)}
    return sorted(chosen | set(range(1, len(kinds) + 1, len(kinds) // 5)))


def test_killed_before_each_change_of_the_disk_it_serves_the_old_or_the_new(killable, archive):
    for number in range(200):
        archive.add(f"tool{number}", "1.0")
    archive.publish()
    killable.ctl_text("sync")
    approve(killable, "tool198")
    killable.arm(COUNTED)
    approve(killable, "tool199")
    kinds = killable.disarm()
    assert set(kinds) == set("WSRULMT")
    numbers = range(1, len(kinds) + 1) if LONG else sample(kinds)
    survived = []
    with Poller(killable.url, archive.suite) as poller:
        for number in numbers:
            one = Round(killable, archive.suite, poller)
            killable.arm(number)
            approve(killable, f"tool{number}", check=False)
            if len(killable.disarm()) < number:
                survived.append(number)
                killable.kill()
            killable.process.wait(30)
            one.check()
    # a publication makes a call or two more than another
    assert all(number > len(kinds) - 3 for number in survived)
    check_state(killable)
