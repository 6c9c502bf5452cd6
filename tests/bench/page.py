"""Rows 17 to 19: what the admin page asks for, with a whole archive and a large fleet.

The fleet is that of made_fleet.h beside updates that nobody approved. Time is the processor time of the
server: it answers each request on one thread, and a busy machine changes little of it.
"""

import os
import shutil
import time

import admin
from measure import cpu, peak_mib, run, say
from sluice import CONFIG, Sluice

UPDATES, PACKAGES, KINDS = 200, 1500, 200
LIMIT_S = 600
FIRST = ("overview", "updates?limit=50")
LISTS = (
    "updates?limit=50&sort=-released_at&state=known", "updates?limit=50&text=source",
    "updates?limit=50&text=binary&sort=state",
    "updates?limit=50&offset=59000&sort=name", "updates?limit=50&sort=-needed",
    "updates?limit=50&decision=certify&sort=urgency",
    "computers?limit=50", "computers?limit=50&offset=99000", "computers?limit=50&sort=-missing",
    "computers?limit=50&sort=seen_at", "computers?limit=50&sort=group&channel=production",
    "computers?limit=50&text=pc0999", "computers?limit=50&coverage=missing&os=debian",
    "computers?limit=50&overdue=any", "computers?limit=50&missing=update00007",
    "computers?limit=50&update=update00007&status=installed&sort=-missing", "groups",
    "computers?limit=50&update=update00007", "computer-updates?limit=50&computer=pc000007.example.org&sort=status",
    "update-packages?limit=50&name=update00007", "coverage?by=update", "coverage?by=update&sort=-open&limit=50",
    "coverage?by=group&sort=-missing", "coverage-worst?of=computers", "coverage-worst?of=updates&limit=10",
    "coverage-history?by=rating", "syncs?limit=50", "jobs?limit=50", "updates?limit=50&sort=urgency",
)  # fmt: skip

EXPORTS = ("computers?format=csv", "computers?limit=100000", "coverage?by=computer&limit=100000",
           "updates?limit=100000")  # fmt: skip


def ask(server, path):
    answer = admin.get(server, path)
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {answer.body[:100]}")


def milliseconds(server, path, rounds):
    begun = 0
    for number in range(rounds + 1):
        if number == 1:
            begun = cpu([server.process.pid])
        ask(server, path)
    return (cpu([server.process.pid]) - begun) / rounds * 1000


def start(folder, programs, computers, known):
    state = folder / "s"
    state.mkdir(mode=0o700)
    command = [programs / "fleet", "make", state / "sluice.db", computers, UPDATES, PACKAGES, KINDS,
               known]  # fmt: skip
    run(command, timeout=LIMIT_S)
    if os.getuid() == 0:  # the server will be nobody
        for path in (state, *state.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
    server = Sluice(folder, CONFIG, state=state).start()
    until = time.monotonic() + LIMIT_S
    while any(job["state"] in ("queued", "running") for job in server.ctl("job", "list")):
        if time.monotonic() > until:
            raise RuntimeError("statuses are still being derived")
        time.sleep(0.2)
    return server


def measure(folder, programs, table, rows, quick):
    rounds, computers, known = (10, 10000, 6000) if quick else (20, 100000, 59800)
    folder.mkdir()
    folder.chmod(0o755)
    say(f"page: {computers} computers, {UPDATES + known} updates")
    server = start(folder, programs, computers, known)
    try:
        if 17 in rows:
            ms = sum(milliseconds(server, path, rounds) for path in FIRST)
            table.add(17, "overview and list of updates", f"{ms:.0f} ms", "300 ms", ms / 300,
                      "<= 1", ms <= 300)  # fmt: skip
        for path in LISTS if 18 in rows else ():
            ms = milliseconds(server, path, rounds)
            table.add(18, path, f"{ms:.0f} ms", "100 ms", ms / 100, "<= 1", ms <= 100)
        if 19 in rows:
            for path in EXPORTS:
                ask(server, path)
            mib = peak_mib(server.process.pid)
            table.add(19, "memory of the server after that, at most", f"{mib:.0f} MiB", "512 MiB",
                      mib / 512, "<= 1", mib <= 512)  # fmt: skip
    finally:
        server.stop()
