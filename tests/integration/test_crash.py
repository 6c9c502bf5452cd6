"""kill -9 while publishing, broken databases, full disks: the old or the new, never a mixture."""

import hashlib
import os
import random
import re
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest
from conftest import LONG, add_upstream
from sluice import CtlError, Sluice

ROUNDS = 50 if LONG else 6
LINE = re.compile(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", re.M)


class Poller(threading.Thread):
    """Reads a suite as apt does, again and again: InRelease, then each index by its hash."""

    def __init__(self, url, suite, channel="certification"):
        super().__init__(daemon=True)
        self.base = f"{url}/apt/{channel}/dists/{suite}/"
        self.over = threading.Event()
        self.wrong, self.whole = [], 0

    def get(self, path):
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as problem:
            self.wrong.append(f"{path}: {problem.code}")
        except (OSError, EOFError, urllib.error.URLError):
            pass  # killed: nobody is there, or not to the end
        except Exception as problem:  # pylint: disable=broad-except
            if "IncompleteRead" not in repr(problem):
                self.wrong.append(repr(problem))
        return None

    def read_once(self):
        release = self.get("InRelease")
        if release is None:
            return
        for sha256, size, path in LINE.findall(release.decode()):
            if "/" not in path:
                continue
            folder = path.rsplit("/", 1)[0]
            data = self.get(f"{folder}/by-hash/SHA256/{sha256}")
            if data is None:
                return
            if hashlib.sha256(data).hexdigest() != sha256 or len(data) != int(size):
                self.wrong.append(f"{path} is not what InRelease says")
        self.whole += 1

    def run(self):
        while not self.over.is_set():
            self.read_once()


def approved(sluice):
    return {one["name"] for one in sluice.ctl("update", "list", "--channel", "certification")}


def published(sluice, suite):
    index = sluice.get(f"/apt/certification/dists/{suite}/main/binary-amd64/Packages")[2].decode()
    return set(re.findall(r"^Package: (\S+)$", index, re.M))


def test_killed_at_any_instant_of_a_publication_it_serves_the_old_or_the_new(known, archive):
    chance = random.Random(20261125)
    for number in range(ROUNDS + 1):
        archive.add(f"tool{number}", "1.0")
    archive.publish()
    known.ctl_text("sync")
    began = time.monotonic()
    known.ctl_text("approve", "tool0", "--channel", "certification", "--yes")
    takes = time.monotonic() - began
    poller = Poller(known.url, archive.suite)
    poller.start()
    for number in range(1, ROUNDS + 1):
        done = threading.Thread(
            target=known.ctl_text, args=("approve", f"tool{number}", "--channel", "certification",
                                         "--yes"), kwargs={"check": False},
        )  # fmt: skip
        done.start()
        time.sleep(chance.uniform(0, takes * 1.1))  # the instant, not a wait for anything
        known.kill()
        done.join()
        assert (known.state / "publications/certification/current/index").exists()
        known.start()
        wanted = approved(known)
        # what was decided is on disk and gets published without being asked for again
        until = time.monotonic() + 60
        while published(known, archive.suite) != wanted and time.monotonic() < until:
            time.sleep(0.05)
        assert published(known, archive.suite) == wanted
        assert "tool0" in wanted
    poller.over.set()
    poller.join()
    assert poller.wrong == [] and poller.whole > ROUNDS
    with sqlite3.connect(f"file:{known.state}/sluice.db?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert "fits the ones before" in known.ctl_text("audit", "verify")


def test_a_broken_database_is_refused_in_words(known, archive):
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    sluice = known
    sluice.stop()
    path = sluice.state / "sluice.db"
    whole = path.read_bytes()
    # a clean stop leaves everything in the one file
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
        assert database.execute("SELECT name FROM updates").fetchall() == [("tool",)]
    for name, broken in {
        "cut": whole[: len(whole) // 2],
        "header": b"x" * 16 + whole[16:],
        "middle": whole[:8192] + os.urandom(16384) + whole[24576:],
    }.items():
        path.write_bytes(broken)
        for extra in ("-wal", "-shm"):
            (sluice.state / f"sluice.db{extra}").unlink(missing_ok=True)
        done = subprocess.run(
            sluice.command(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1, f"{name}: {done.stderr}"
        assert "sluice.db" in done.stderr and len(done.stderr.strip().splitlines()) == 1
        assert path.read_bytes() == broken
    path.write_bytes(whole)
    sluice.start()
    assert sluice.get("/healthz")[0] == 200


@pytest.fixture
def small_disk(folder):
    """A file system of 48 MiB for a state directory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    path = folder / "disk"
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m,mode=755", "tmpfs", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=False)


def test_a_disk_that_is_full_is_said_with_figures_and_what_was_served_stays(
    small_disk, folder, archive, mirror
):
    archive.add("small", "1.0")
    archive.add("large", "1.0", files={"./big": os.urandom(60 * 1024 * 1024)})
    archive.publish()
    sluice = Sluice(folder, state=small_disk / "state").start()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    sluice.ctl_text("approve", "small", "--channel", "certification", "--yes")
    with pytest.raises(CtlError, match=r"MiB.*MiB"):
        sluice.ctl_text("approve", "large", "--channel", "certification", "--yes")
    assert published(sluice, archive.suite) == {"small"}
    assert list((sluice.state / "pool/partial").iterdir()) == []

    # not a byte left: what is served is served, a decision is refused and not half made
    filler = small_disk / "filler"
    with open(filler, "wb") as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(1024 * 1024))
            file.flush()
    with pytest.raises(CtlError):
        sluice.ctl_text("recall", "small", "--reason", "full", "--yes")
    assert sluice.get("/healthz")[0] == 200
    assert sluice.process.poll() is None

    filler.unlink()
    sluice.ctl_text("recall", "large", "--reason", "too large", "--yes")
    sluice.ctl_text("recall", "small", "--reason", "works again", "--yes")
    assert published(sluice, archive.suite) == set()
    assert sluice.stop() == 0
