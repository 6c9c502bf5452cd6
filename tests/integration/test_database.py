"""Broken databases: refused in words, or served as they were; nothing wrong is ever signed (R-09)."""

import os
import random
import re
import shutil
import sqlite3
import subprocess

import pytest
from conftest import LONG
from sluice import CtlError

SEEDS = range(100 if LONG else 10)
CHANNELS = ("certification", "production")


def index(sluice, suite, channel):
    """What a channel's index says of each package."""
    text = sluice.get(f"/apt/{channel}/dists/{suite}/main/binary-amd64/Packages")[2].decode()
    stanzas = [one for one in text.split("\n\n") if one]
    return {re.search(r"^Package: (\S+)$", one, re.M)[1]: one for one in stanzas}


def links(state):
    return [(state / f"publications/{channel}/current").readlink() for channel in CHANNELS]


class Shop:
    """A stopped server: some updates approved, its state kept, a write-ahead log from before."""

    def __init__(self, sluice, archive, folder):
        self.sluice, self.suite = sluice, archive.suite
        for number in range(12):
            archive.add(f"tool{number}", "1.0", Depends=f"libc6 (>= 2.{number})", Priority="extra")
        archive.publish()
        sluice.ctl_text("sync")
        sluice.ctl_text(
            "approve", *(f"tool{number}" for number in range(12)), "--channel", "certification", "--yes"
        )
        self.right = index(sluice, self.suite, "certification")
        assert len(self.right) == 12
        sluice.kill()
        shutil.copy(sluice.state / "sluice.db-wal", sluice.state / "old-log")
        sluice.start()
        sluice.ctl_text("recall", "tool9", "tool10", "tool11", "--reason", "test", "--yes")
        sluice.ctl_text("approve", "tool0", "tool1", "tool2", "--channel", "production", "--yes")
        self.approved = {"certification": {f"tool{number}" for number in range(9)},
                         "production": {"tool0", "tool1", "tool2"}}  # fmt: skip
        sluice.stop()
        self.kept = folder / "kept"
        shutil.copytree(sluice.state, self.kept, symlinks=True)

    def restore(self):
        state = self.sluice.state
        owner = state.stat()
        shutil.rmtree(state)
        shutil.copytree(self.kept, state, symlinks=True)
        for path in [state, *state.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def check_refusal(self):
        said = self.sluice.log.read_text().strip().split("\n")[-1]
        assert self.sluice.process.wait(30) == 1
        assert "sluice.db" in said or "publication" in said, said
        assert links(self.sluice.state) == links(self.kept)

    def check_served(self):
        """It has not noticed: what it signs from now on is right nevertheless."""
        decided = {channel: set(names) for channel, names in self.approved.items()}
        for number in (9, 10):
            for channel in CHANNELS:
                try:
                    self.sluice.ctl_text(
                        "approve", f"tool{number}", "--channel", channel, "--yes"
                    )
                    decided[channel].add(f"tool{number}")
                except CtlError:
                    pass
        for channel in CHANNELS:
            listed = index(self.sluice, self.suite, channel)
            for name, stanza in listed.items():
                assert stanza == self.right[name]
            assert self.approved[channel] <= set(listed) <= decided[channel]


def flip(chance, path):
    content = bytearray(path.read_bytes())
    place = chance.randrange(len(content))
    content[place] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return f"byte {place} of {len(content)}"


def flip_where(chance, path, pattern, size):
    """One bit of the bytes behind one of the places that match."""
    content = path.read_bytes()
    place = chance.choice([one.start() for one in re.finditer(pattern, content)])
    place += chance.randrange(size)
    turned = bytes([content[place] ^ 1 << chance.randrange(8)])
    path.write_bytes(content[:place] + turned + content[place + 1 :])
    return f"byte {place}: {content[place - 8 : place + 8]}"


def flip_stanza(chance, path):
    """In what is published of a package."""
    return flip_where(chance, path, rb"Package: tool\d+\n", 60)


def flip_hash(chance, path):
    """In a row or in an index: the same hash stands in both."""
    return flip_where(chance, path, rb"(?<![0-9a-f])[0-9a-f]{64}", 64)


def cut(chance, path):
    size = chance.randrange(path.stat().st_size)
    os.truncate(path, size)
    return f"cut to {size}"


def put_old_log(chance, path):
    """A write-ahead log of the day before, whole or in part."""
    log = path.with_name("old-log").read_bytes()
    size = chance.randrange(len(log) + 1) if chance.random() < 0.5 else len(log)
    path.with_name("sluice.db-wal").write_bytes(log[:size])
    return f"{size} of {len(log)} bytes"


DAMAGES = (
    flip, flip_stanza, flip_hash, cut, put_old_log, flip, flip_stanza, flip_hash, flip, put_old_log,
)  # fmt: skip


@pytest.fixture
def shop(known, archive, folder):
    return Shop(known, archive, folder)


def test_nothing_wrong_is_signed_from_a_broken_database(shop):
    sluice, database = shop.sluice, shop.sluice.state / "sluice.db"
    outcomes = {"refused": 0, "served": 0}
    for seed in SEEDS:
        chance = random.Random(seed)
        shop.restore()
        damage = DAMAGES[seed % len(DAMAGES)]
        print(seed, damage.__name__, damage(chance, database))  # shown when it fails
        try:
            sluice.start()
        except RuntimeError:
            shop.check_refusal()
            outcomes["refused"] += 1
            continue
        shop.check_served()
        sluice.stop()
        outcomes["served"] += 1
    assert min(outcomes.values()) > 0
    shop.restore()
    sluice.start()
    shop.check_served()


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
