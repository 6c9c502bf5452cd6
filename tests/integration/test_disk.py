"""A disk that fills up at any point: nothing half made, nothing lost, what is served stays (R-06)."""

import errno
import os
import re
import subprocess

import pytest
from conftest import add_upstream
from machine import Machine
from picture import served
from poller import Poller
from sluice import CtlError, Sluice
from test_crash import approve, check_state, published, wait_until_published

FULL = re.compile(r"No space left|disk is full|not enough disk space")
KIB = 1024


@pytest.fixture
def small_disk(folder):
    """A file system of 48 MiB and 2,000 files for a state directory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    path = folder / "disk"
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m,nr_inodes=2000,mode=755", "tmpfs", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=False)


def fill(disk, left):
    """Leaves so many bytes; what has to go for them to be free again."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError) as full:
        for size in (1024 * KIB, 4 * KIB):
            while True:
                try:
                    file.write(bytes(size))
                except OSError as problem:
                    if size == 4 * KIB:
                        raise
                    assert problem.errno == errno.ENOSPC
                    break
    assert full.value.errno == errno.ENOSPC
    os.truncate(filler, filler.stat().st_size - left)
    return [filler]


def fill_inodes(disk):
    """Leaves no file to be made."""
    fillers = []
    while True:
        try:
            (disk / f"filler-{len(fillers)}").touch()
        except OSError as problem:
            assert problem.errno == errno.ENOSPC
            return fillers
        fillers.append(disk / f"filler-{len(fillers)}")


CASES = {
    "0": lambda disk: fill(disk, 0),
    "4 KiB": lambda disk: fill(disk, 4 * KIB),
    "64 KiB": lambda disk: fill(disk, 64 * KIB),
    "1 MiB": lambda disk: fill(disk, 1024 * KIB),
    "no inodes": fill_inodes,
}


class Shop:
    """A server on a small disk with its log there too, a machine, and a client that never rests."""

    def __init__(self, disk, folder, archive, mirror):
        self.disk, self.archive = disk, archive
        self.sluice = Sluice(folder, state=disk / "state")
        self.sluice.log = disk / "sluiced.log"
        self.sluice.start()
        add_upstream(self.sluice, archive, mirror)
        self.sluice.ctl_text("sync")
        approve(self.sluice, "old")
        self.sluice.ctl_text("group", "add", "office", "--channel", "certification")
        token = self.sluice.ctl("token", "new", "--group", "office")["token"]
        self.machine = Machine(self.sluice.url, "web1", [("old", "0.9", "amd64")])
        assert self.machine.enroll(token)[0] == 200
        assert self.machine.check_in()[0] == 200
        self.acknowledged = self.machine.counter

    def try_all(self, number):
        """Everything that writes; what fails says why."""
        self.archive.add(f"later{number}", "1.0")
        self.archive.publish()
        refused = 0
        for command in (
            ("approve", f"tool{number}", "--channel", "certification", "--yes"),
            ("recall", "old", "--reason", "full", "--yes"),
            ("rate", "old", "high", "--reason", "full"),
            ("sync",),
            ("approve", "old", "--channel", "certification", "--yes"),
            ("group", "add", f"group{number}", "--channel", "production"),
        ):
            try:
                self.sluice.ctl_text(*command)
            except CtlError as problem:
                assert FULL.search(str(problem)), f"{command}: {problem}"
                refused += 1
            self.check_in()
            assert self.sluice.get("/healthz")[0] == 200
            assert self.sluice.process.poll() is None
            served(self.sluice, self.archive.suite, ["certification"])
        assert refused > 0

    def check_in(self):
        status, _ = self.machine.check_in()
        assert status in (200, 503)
        if status == 200:
            self.acknowledged = self.machine.counter

    def check_again(self, number):
        """Space is back: all of it works, and nothing that was said to be done is lost."""
        counter = self.sluice.ctl("computer", "show", "web1")["counter"]
        assert counter >= self.acknowledged
        self.sluice.ctl_text("sync")
        approve(self.sluice, f"tool{number}")
        approve(self.sluice, f"later{number}")
        approve(self.sluice, "old")
        wanted = wait_until_published(self.sluice, self.archive.suite)
        assert {"old", f"tool{number}", f"later{number}"} <= wanted
        assert self.machine.check_in()[0] == 200
        check_state(self.sluice)


def test_a_disk_that_fills_up_anywhere_breaks_nothing(small_disk, folder, archive, mirror):
    for name in ("old", *(f"tool{number}" for number in range(len(CASES)))):
        archive.add(name, "1.0", files={"./content": os.urandom(8 * KIB)})
    archive.publish()
    shop = Shop(small_disk, folder, archive, mirror)
    with Poller(shop.sluice.url, archive.suite) as poller:
        for number, exhaust in enumerate(CASES.values()):
            fillers = exhaust(small_disk)
            shop.try_all(number)
            for filler in fillers:
                filler.unlink()
            shop.check_again(number)
            assert poller.wrong == []
    assert shop.sluice.stop() == 0
    # a start on a full disk says so, or serves; with space it does
    fillers = CASES["0"](small_disk)
    shop.sluice.start(wait=False)
    try:
        shop.sluice.wait_until_it_serves()
    except RuntimeError as problem:
        assert FULL.search(str(problem))
    for filler in fillers:
        filler.unlink()
    if shop.sluice.process.poll() is not None:
        shop.sluice.start()
    assert published(shop.sluice, archive.suite) >= {"old"}
    assert shop.sluice.stop() == 0


def test_a_disk_that_is_full_is_said_with_figures_and_what_was_served_stays(
    small_disk, folder, archive, mirror
):
    archive.add("small", "1.0")
    archive.add("large", "1.0", files={"./big": os.urandom(60 * 1024 * 1024)})
    archive.publish()
    sluice = Sluice(folder, state=small_disk / "state").start()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    approve(sluice, "small")
    with pytest.raises(CtlError, match=r"MB.*MB"):
        approve(sluice, "large")
    assert published(sluice, archive.suite) == {"small"}
    assert list((sluice.state / "pool/partial").iterdir()) == []

    # not a byte left: what is served is served, a decision is refused and not half made
    (filler,) = fill(small_disk, 0)
    with pytest.raises(CtlError):
        sluice.ctl_text("recall", "small", "--reason", "full", "--yes")
    assert sluice.get("/healthz")[0] == 200
    assert sluice.process.poll() is None

    filler.unlink()
    sluice.ctl_text("recall", "large", "--reason", "too large", "--yes")
    sluice.ctl_text("recall", "small", "--reason", "works again", "--yes")
    assert published(sluice, archive.suite) == set()
    assert sluice.stop() == 0
