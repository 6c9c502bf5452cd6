"""L-01 of the catalogue: a whole fleet joins over an hour and then comes all at once; nothing is lost.

The hour is for the long run: else a few machines keep its pace, and the others join meanwhile. How
long answers take is measured and written to the report; it decides only in the long run.
"""

import concurrent.futures
import sqlite3
import time

from conftest import LONG
from machine import Machine

SIZE = 5000 if LONG else 500
EVERY_S = 3600 / 5000  # a machine joins
IN_PACE = SIZE if LONG else 8
AT_ONCE = 24  # requests under way
WITHIN_S = 60
OLD, NEW = "1.0-1", "1.0-1+deb12u1"


def in_parallel(func, items):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(func, items))


def timed(call):
    """What it returns, and its seconds."""
    begun = time.monotonic()
    return call(), time.monotonic() - begun


def joined(url, keys, token, number, begun):
    """A machine that has enrolled and said what it has, and the seconds of both."""
    if number < IN_PACE:
        time.sleep(max(0, begun + number * EVERY_S - time.monotonic()))
    machine = Machine(url, f"m{number:04d}", [("tool", OLD, "amd64")], keys)
    (status, answer), enrolling = timed(lambda: machine.enroll(token))
    assert (status, answer["state"]) == (200, "active")
    (status, _), checking_in = timed(machine.check_in)
    assert status == 200
    return machine, [enrolling, checking_in]


def deliver(machine, posted):
    """Sends a message until it is taken, as an agent does; seconds of each try, times sent away."""
    took, away = [], 0
    while True:
        (status, answer), seconds = timed(lambda: machine.post(posted))
        took.append(seconds)
        if status == 200:
            assert answer["counter"] == machine.counter
            return took, away
        assert status == 503, (machine.name, status, answer)
        away += 1


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def stored(sluice):
    """Name and counter of each computer as they are on disk."""
    database = sqlite3.connect(f"file:{sluice.state}/sluice.db?mode=ro", uri=True)
    try:
        return dict(database.execute("SELECT name, counter FROM computer"))
    finally:
        database.close()


def statuses(sluice):
    line = next(one for one in sluice.ctl("coverage") if one["channel"] == "production")
    return line["computers"], line["needed"], line["installed"]


def test_a_fleet_that_comes_all_at_once_is_stored_once_each(known, archive, record_property):
    for version in (OLD, NEW):
        archive.add("tool", version, source=f"tool ({version})")
    archive.publish()
    known.ctl_text("sync")
    for channel in ("certification", "production"):
        known.ctl_text("approve", "tool", "--channel", channel, "--yes")
    known.ctl_text("group", "add", "office", "--channel", "production")
    token = known.ctl("token", "new", "--group", "office")["token"]
    keys = Machine(known.url).server
    begun = time.monotonic()
    fleet = in_parallel(lambda number: joined(known.url, keys, token, number, begun), range(SIZE))
    machines = [machine for machine, _ in fleet]
    assert statuses(known) == (SIZE, SIZE, 0)
    taken = known.ctl("status")["checkins"]

    # every second one has upgraded; what it sends is sealed before the clock runs
    for machine in machines[::2]:
        machine.packages = [("tool", NEW, "amd64")]
    machines[0].check_in()  # so that the server knows what they have
    posted = [machine.message() for machine in machines]
    ends, seconds = timed(lambda: in_parallel(lambda pair: deliver(*pair), zip(machines, posted)))

    assert stored(known) == {machine.name: machine.counter for machine in machines}
    assert statuses(known) == (SIZE, SIZE // 2, SIZE // 2)
    tries = [took for times, _ in ends for took in times]
    away = sum(times for _, times in ends)
    joining = [took for _, times in fleet for took in times]
    figures = {"seconds": seconds, "p50_s": percentile(tries, 50), "p99_s": percentile(tries, 99),
               "sent_away": away, "joining_p99_s": percentile(joining, 99)}  # fmt: skip
    for name, value in figures.items():
        record_property(name, value)
    print({name: round(value, 3) for name, value in figures.items()})
    status = known.ctl("status")
    assert status["stale"] == 0
    # machines[0] was asked for its new inventory: twice more
    assert status["checkins"] == taken + SIZE + 2
    if LONG:
        assert seconds < WITHIN_S and max(figures["p99_s"], figures["joining_p99_s"]) < 2, figures
