"""Two at once: syncs, publications, cleaning up, and a client in the middle of it (R-12)."""

import contextlib
import hashlib
import itertools
import os
import pathlib
import re
import socket
import sqlite3
import threading
import time

import pytest
from conftest import LONG, add_upstream
from picture import pool, served
from poller import Poller
from sluice import CONFIG, Sluice
from test_crash import approve, check_state, wait_until_published

RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
ROUNDS = 20 if LONG else 4
DAY = 86400


class Busy:
    """Does things at the same time, again and again; what fails is kept."""

    def __init__(self, *actions):
        self.over = threading.Event()
        self.problems = []
        self.threads = [threading.Thread(target=self.run, args=(one,)) for one in actions]

    def run(self, action):
        for number in itertools.count():
            if self.over.is_set():
                return
            try:
                action(number)
            except Exception as problem:  # pylint: disable=broad-except
                self.problems.append(problem)
                return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *problem):
        self.over.set()
        for thread in self.threads:
            thread.join()


def contents(sluice, channel_id=1):
    """What each publication of a channel lists, in their order."""
    sql = (
        "SELECT p.number, group_concat(u.name, ' ') FROM publication p"
        " LEFT JOIN publication_item i ON i.channel_id = p.channel_id AND i.from_number <= p.number"
        " AND (i.until_number IS NULL OR i.until_number > p.number)"
        " LEFT JOIN revision r ON r.id = i.revision_id LEFT JOIN updates u ON u.id = r.update_id"
        " WHERE p.channel_id = ? GROUP BY p.number ORDER BY p.number"
    )
    url = f"file:{sluice.state}/sluice.db?mode=ro"
    with contextlib.closing(sqlite3.connect(url, uri=True)) as database:
        rows = database.execute(sql, (channel_id,)).fetchall()
    return [frozenset((names or "").split()) for _, names in rows]


def check_seen(seen, made):
    """Each reading is one whole publication, and none is older than the one read before it."""
    place = 0
    for listed in seen:
        while place < len(made) and made[place] != listed:
            place += 1
        assert place < len(made), f"{sorted(listed)} was never published, or not any more"


def test_two_syncs_of_one_upstream_are_one(known, archive, mirror):
    for number in range(20):
        archive.add(f"tool{number}", "1.0")
    archive.publish()
    mirror.faults["by-hash"] = lambda handler: handler.server.over.wait(0.5) or handler.serve_file()
    runs = len(known.ctl("sync", "list", "test"))
    mirror.requests.clear()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(known.ctl_text("sync", "test")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len([path for path in mirror.requests if "by-hash" in path]) == 1
    assert len(known.ctl("sync", "list", "test")) == runs + 1
    assert len(known.ctl("update", "list")) == 20


def test_publications_and_syncs_at_once_leave_no_mixture(known, archive):
    for number in range(8):
        archive.add(f"tool{number}", "1.0")
    archive.publish()
    known.ctl_text("sync")
    approve(known, "tool0")

    def on_and_off(name):
        def change(number):
            if number % 2:
                known.ctl_text("recall", name, "--reason", "test", "--yes")
            else:
                approve(known, name)

        return change

    def sync(number):
        archive.add(f"later{number}", "1.0")
        archive.publish()
        known.ctl_text("sync")

    rounds = len(contents(known)) + 3 * ROUNDS
    with Poller(known.url, archive.suite) as poller:
        with Busy(on_and_off("tool1"), on_and_off("tool2"), on_and_off("tool3"), sync) as busy:
            until = time.monotonic() + 60 + 10 * ROUNDS
            while len(contents(known)) < rounds and not busy.problems:
                assert time.monotonic() < until
                time.sleep(0.1)
        assert busy.problems == []
        wait_until_published(known, archive.suite)
    assert poller.wrong == []
    check_seen(poller.seen, contents(known))
    served(known, archive.suite, ["certification"])
    check_state(known)


class Timed(Sluice):
    """A server whose clock the test sets, and what it starts; timers go on as they do."""

    def __init__(self, folder):
        super().__init__(folder, CONFIG + "[publication]\nkeep = 2\n")
        self.clock = self.folder / "clock"
        self.move(0)

    def move(self, seconds):
        new = self.folder / "clock.new"
        new.write_text(f"+{seconds}\n")
        new.chmod(0o644)
        new.rename(self.clock)

    def command(self):
        environment = [
            f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={self.clock}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
        ]  # fmt: skip
        return ["env", *environment, str(RELEASE / "server/sluiced"), *super().command()[1:]]


class Download:
    """Takes the beginning of a file, and the rest when it is told to."""

    def __init__(self, public, path):
        host, port = public.rsplit(":", 1)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.socket.connect((host, int(port)))
        self.socket.settimeout(60)
        self.socket.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        self.head, self.body = b"", self.socket.recv(4096)

    def finish(self):
        """SHA-256 of all of it."""
        while piece := self.socket.recv(65536):
            self.body += piece
        self.head, self.body = self.body.split(b"\r\n\r\n", 1)
        assert b"200 OK" in self.head
        return hashlib.sha256(self.body).hexdigest()


def path_of(sluice, suite, name):
    """(public path, SHA-256) of a package's payload."""
    text = sluice.get(f"/apt/certification/dists/{suite}/main/binary-amd64/Packages")[2].decode()
    stanza = next(one for one in text.split("\n\n") if f"Package: {name}\n" in one)
    fields = dict(re.findall(r"^(Filename|SHA256): (\S+)$", stanza, re.M))
    return "/apt/certification/" + fields["Filename"], fields["SHA256"]


@pytest.fixture
def timed(folder, archive, mirror):
    sluice = Timed(folder).start()
    add_upstream(sluice, archive, mirror)
    yield sluice
    sluice.stop()


def test_cleaning_up_takes_nothing_from_those_who_publish_or_download(timed, archive):
    rounds = 3 if LONG else 1
    for number in range(rounds):
        archive.add(f"big{number}", "1.0", files={"./content": os.urandom(8 * 1024 * 1024)})
    for number in range(4):
        archive.add(f"tool{number}", "1.0")
    archive.valid_for = 400 * DAY
    archive.publish()
    timed.ctl_text("sync")
    for name in [f"big{number}" for number in range(rounds)] + ["tool0"]:
        approve(timed, name)

    def on_and_off(number):
        name = f"tool{1 + number // 2 % 3}"
        if number % 2:
            timed.ctl_text("recall", name, "--reason", "test", "--yes")
        else:
            approve(timed, name)

    def sync(_):
        archive.add(f"later{len(archive.packages)}", "1.0")
        archive.publish()
        timed.ctl_text("sync")

    with Poller(timed.url, archive.suite) as poller:
        for number in range(rounds):
            path, sha256 = path_of(timed, archive.suite, f"big{number}")
            download = Download(timed.public, path)
            timed.ctl_text("recall", f"big{number}", "--reason", "test", "--yes")
            assert sha256 in pool(timed)
            timed.move((number + 1) * 40 * DAY)
            with Busy(on_and_off, sync) as busy:
                # cleaning up is due, and the server looks at its clock twice a minute
                until = time.monotonic() + 120
                while sha256 in pool(timed) and not busy.problems:
                    assert time.monotonic() < until
                    time.sleep(0.1)
            assert busy.problems == []
            assert timed.get(path)[0] == 404
            assert download.finish() == sha256
    wanted = wait_until_published(timed, archive.suite)
    assert "tool0" in wanted and poller.wrong == []
    check_seen(poller.seen, contents(timed))
    served(timed, archive.suite, ["certification"])
    check_state(timed)
