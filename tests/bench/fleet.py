"""Rows 7 to 9: check-ins stored and answered, what the fleet takes on disk, how long answers take.

The fleet is that of made_fleet.h, so its right answers are known: a wrong one ends the row. Beside it
stand bare SQLite with a packed row for each computer, and bare libsodium.
"""

import sqlite3
import subprocess
import threading

from archive import Archive, Server
from measure import median, median_ratio, run, say
from sluice import Sluice

UPDATES, PACKAGES, KINDS = 200, 1500, 200
LIMIT_S = 300  # for one step of a measurement; all of them take far less
CONFIG = """[sync]
schedule = no
[public]
agent_rate = 0
max_per_address = 0
max_connections = 12000
idle_timeout = 10m
"""
MADE = (UPDATES, PACKAGES, KINDS)


def numbers(*command):
    return [float(word) for word in run(command, timeout=LIMIT_S).split()]


class Databases:
    """The fleet as Sluice keeps it, and packed rows of the same size on bare SQLite."""

    def __init__(self, folder, programs, computers):
        self.computers = computers
        self.programs = programs
        self.ours, self.floor = folder / "fleet.db", folder / "floor.db"
        say(f"fleet: {computers} computers enrol and check in")
        run([programs / "fleet", "make", self.ours, computers, *MADE], timeout=LIMIT_S)
        run([programs / "floor_fleet", "make", self.floor, computers, UPDATES], timeout=LIMIT_S)

    def rounds(self, count, verb, argument):
        """What both say, round by round, the first thrown away."""
        got = {"ours": [], "floor": []}
        for number in range(count + 1):
            for who in ("ours", "floor") if number % 2 else ("floor", "ours"):
                program = "fleet" if who == "ours" else "floor_fleet"
                database = self.ours if who == "ours" else self.floor
                one = numbers(self.programs / program, verb, database, argument)
                if number:
                    got[who].append(one)
        return got["ours"], got["floor"]


def tables_size(path, *names):
    """Bytes of tables with their indexes."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        marks = ", ".join("?" * len(names))
        return database.execute(
            "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema"
            f" WHERE tbl_name IN ({marks}) OR name IN ({marks}))",
            names * 2,
        ).fetchone()[0]
    finally:
        database.close()


def size(databases, table):
    ours, floor = databases.ours.stat().st_size, databases.floor.stat().st_size
    what = f"database of {databases.computers} computers x {UPDATES} updates"
    table.add(8, what, f"{ours / 1e6:.1f} MB", f"packed {floor / 1e6:.1f} MB", ours / floor,
              "<= 3", ours <= 3 * floor)  # fmt: skip
    ours = tables_size(databases.ours, "inventory", "inventory_item", "computer_by_inventory")
    plain = 4 * (KINDS * PACKAGES + databases.computers)
    what = f"inventory, {PACKAGES} packages each, {KINDS} kinds"
    table.add(8, what, f"{ours / 1e6:.1f} MB", f"plain numbers {plain / 1e6:.1f} MB", ours / plain,
              "<= 3", ours <= 3 * plain)  # fmt: skip


def answers(databases, table, rounds):
    ours, floor = databases.rounds(rounds, "ask", 5)
    everything, group, lacking = zip(*ours)
    of_tenth, of_one = zip(*floor)
    ms = median(everything)
    table.add(9, "coverage of everything", f"{ms:.2f} ms", "5 ms", ms / 5, "<= 1", ms <= 5)
    for what, mine, peer in (
        ("coverage of groups of 10 %", group, of_tenth),
        ("who lacks one update, first page", lacking, of_one),
    ):
        ratio = median_ratio(mine, peer)
        table.add(9, what, f"{median(mine):.2f} ms", f"packed scan {median(peer):.2f} ms", ratio,
                  "<= 3", ratio <= 3)  # fmt: skip


def stored(databases, table, rounds, seconds):
    ours, floor = databases.rounds(rounds, "store", seconds)
    ours, floor = [one for (one,) in ours], [one for (one,) in floor]
    ratio = median_ratio(ours, floor)
    what = f"check-ins stored, 50 statuses each, {databases.computers} computers"
    table.add(7, what, f"{median(ours):.0f}/s", f"SQLite, packed {median(floor):.0f}/s", ratio,
              ">= 0.33", ratio >= 0.33)  # fmt: skip


class Office:
    """A sluiced with the fleet's updates approved, and machines that check in on its public port."""

    def __init__(self, folder, programs, machines, connections):
        folder.mkdir()
        folder.chmod(0o755)
        self.machines = machines
        self.sent = 0
        self.archive = Archive(folder / "archive")
        self.mirror = self.sluice = self.load = self.limit = None
        try:
            self.start(folder, programs, connections)
        except BaseException:
            self.stop()
            raise

    def start(self, folder, programs, connections):
        say(f"fleet: {UPDATES} updates are approved, {self.machines} machines enrol")
        for update in range(UPDATES):
            self.archive.add(f"update{update:05d}", "2.0-1")
        self.archive.publish()
        self.mirror = Server(self.archive.root)
        self.sluice = Sluice(folder, config=CONFIG).start()
        self.sluice.ctl_text(
            "upstream", "add", "debian", "bench", "--url", self.mirror.url, "--suite",
            self.archive.suite, "--component", "main", "--architecture", "amd64", "--keyring",
            str(self.archive.keyring()), "--serves", "debian:bookworm", "--internal",
        )  # fmt: skip
        self.sluice.ctl_text("sync")
        names = [f"update{update:05d}" for update in range(UPDATES)]
        for channel in ("certification", "production"):
            self.sluice.ctl_text("approve", *names, "--channel", channel, "--yes")
        self.sluice.ctl_text("group", "add", "office", "--channel", "production")
        token = self.sluice.ctl("token", "new", "--group", "office")["token"]
        port = self.sluice.public.rsplit(":", 1)[1]
        command = [programs / "fleet_load", port, token, self.machines, connections, *MADE]
        self.load = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.limit = threading.Timer(LIMIT_S, self.load.kill)
        self.limit.start()
        self.check_in(1)  # they have all been here once

    def say(self, word):
        self.load.stdin.write(f"{word}\n")
        self.load.stdin.flush()

    def check_in(self, times):
        """Check-ins a second, milliseconds of the 99th in a hundred."""
        self.say(times)
        if self.load.stdout.readline() != "ready\n":
            raise RuntimeError("fleet_load ended")
        accepted, others, seconds, _, most_ms, _ = map(float, self.load.stdout.readline().split())
        if others or accepted != times * self.machines:
            raise RuntimeError(f"{others:.0f} of {accepted + others:.0f} were not accepted")
        self.sent += times
        return accepted / seconds, most_ms

    def check(self):
        """Every check-in that was acknowledged is on disk, and counted."""
        database = sqlite3.connect(f"file:{self.sluice.state}/sluice.db?mode=ro", uri=True)
        try:
            query = "SELECT count(*), min(counter), max(counter) FROM computer"
            count, least, most = database.execute(query).fetchone()
        finally:
            database.close()
        # four before the first round: as both kinds of the pair, by digest and whole
        if (count, least, most) != (self.machines, self.sent + 4, self.sent + 4):
            raise RuntimeError(f"{count} computers, counters {least} to {most}: some are lost")

    def stop(self):
        if self.limit:
            self.limit.cancel()
        if self.load:
            self.load.stdin.close()
            try:
                self.load.wait(10)
            except subprocess.TimeoutExpired:
                self.load.kill()
                self.load.wait()
        if self.sluice:
            self.sluice.stop()
        if self.mirror:
            self.mirror.stop()
        self.archive.close()


def sealed(folder, programs, table, rounds, machines):
    office = Office(folder, programs, machines, machines // 10)
    try:
        ours, floor, slowest = [], [], []
        for number in range(rounds + 1):
            bare = numbers(programs / "floor_seal", 1)[0]
            rate, most_ms = office.check_in(5)
            if number:
                floor.append(bare)
                ours.append(rate)
                slowest.append(most_ms)
        office.check()
    finally:
        office.stop()
    ratio = median_ratio(ours, floor)
    table.add(7, "sealed check-ins, answered over the public port", f"{median(ours):.0f}/s",
              f"libsodium, one core {median(floor):.0f}/s", ratio, ">= 0.5", ratio >= 0.5)  # fmt: skip
    ms = median(slowest)
    table.add(7, f"the same, {machines // 10} at a time, 99 in 100 answered within", f"{ms:.0f} ms",
              "2 s", ms / 2000, "<= 1", ms <= 2000)  # fmt: skip


def measure(folder, programs, table, rows, quick):
    rounds, computers, machines = (3, 10000, 500) if quick else (5, 100000, 2000)
    folder.mkdir()
    folder.chmod(0o755)
    databases = Databases(folder, programs, computers)
    if 8 in rows:
        say("row 8")
        size(databases, table)
    if 9 in rows:
        say("row 9")
        answers(databases, table, rounds)
    if 7 in rows:
        say("row 7")
        stored(databases, table, rounds, 1 if quick else 2)  # the last: it changes the answers
        sealed(folder / "office", programs, table, rounds, machines)
