"""What the API says of a made fleet of 1,000 machines is what follows from how it was made.

tests/bench/fleet makes it: each machine is of a kind, and a kind says of each update whether it is
installed, needed or not applicable. The same arithmetic is done here, and nothing else is believed.
"""

import os
import shutil
import subprocess
from collections import Counter

import admin
import pytest
from sluice import BUILD, CONFIG, Sluice
from test_checkin import until

COMPUTERS, UPDATES, PACKAGES, KINDS = 1000, 70, 100, 30
GROUPS, CHANGED = 10, 50  # MADE_GROUPS, MADE_CHANGED of made_fleet.h
RATINGS = ("critical", "high", "medium", "low")


def mix(a, b):
    mixed = (a * 2654435761 ^ b * 2246822519) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = mixed * 3266489917 & 0xFFFFFFFF
    return mixed ^ mixed >> 13


def status(kind, update):
    """What made_fleet_status says."""
    pair = kind // 2
    if (update - mix(pair, 7) % UPDATES) % UPDATES < CHANGED:
        return "installed" if kind % 2 else "needed"
    percent = mix(pair, update) % 100
    return "installed" if percent < 85 else "needed" if percent < 93 else "not-applicable"


def kind_of(computer):
    return computer // GROUPS % KINDS


def lacking(computer):
    """Numbers of the updates that a computer lacks."""
    return [u for u in range(UPDATES) if status(kind_of(computer), u) == "needed"]


def rating_of(update):
    """As the fixture rates them: every fifth has none."""
    return (*RATINGS, None)[update % 5]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    state = folder / "s"
    state.mkdir(mode=0o700)
    command = [BUILD / "tests/bench/fleet", "make", state / "sluice.db", COMPUTERS, UPDATES,
               PACKAGES, KINDS]  # fmt: skip
    subprocess.run(list(map(str, command)), check=True, timeout=300)
    if os.getuid() == 0:  # the server will be nobody
        for path in (state, *state.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
    server = Sluice(folder, CONFIG, state=state).start()
    for update in range(UPDATES):
        if rating_of(update):
            server.ctl_text("rate", f"update{update:05d}", rating_of(update), "--reason", "made")
    until(lambda: all(job["state"] == "done" for job in server.ctl("job", "list")
                      if job["kind"] == "statuses"))  # fmt: skip
    yield server
    server.stop()


def ask(sluice, path):
    answer = admin.get(sluice, path)
    assert answer.status == 200, answer.body
    return answer.json


def covered(computers):
    return sum(not lacking(computer) for computer in computers)


ALL = range(COMPUTERS)


def test_the_overview(made):
    assert 0 < covered(ALL) < COMPUTERS / 2
    said = ask(made, "overview")
    assert said["computers"] == COMPUTERS
    assert said["covered"] == covered(ALL) and said["missing"] == COMPUTERS - covered(ALL)
    assert said["silent"] == said["unknown"] == said["failed"] == said["pending-reboot"] == 0
    assert said["average_missing"] == sum(len(lacking(c)) for c in ALL) / COMPUTERS
    # all was approved in 1970: what is lacking is overdue, whatever its rating allows
    assert said["overdue"] == {
        rating: sum(any(rating_of(u) == rating for u in lacking(c)) for c in ALL)
        for rating in RATINGS
    }
    assert said["trend"][-1]["covered"] == covered(ALL)


def test_coverage_by_update(made):
    kinds = Counter(map(kind_of, ALL))
    items = ask(made, f"coverage?by=update&limit={UPDATES}")["items"]
    assert len(items) == UPDATES
    for one in items:
        update = int(one["name"].split("update")[1][:5])
        for word in ("installed", "needed", "not-applicable"):
            right = sum(n for kind, n in kinds.items() if status(kind, update) == word)
            assert one[word] == right, (one, word)
        assert one["overdue"] == (one["open"] if rating_of(update) else 0)


def test_groups_and_channels(made):
    groups = {one["name"]: one for one in ask(made, "groups")["items"]}
    counted = {one["name"]: one for one in ask(made, "coverage?by=group")["items"]}
    assert len(groups) == GROUPS
    for number in range(GROUPS):
        members = [c for c in ALL if c % GROUPS == number]
        one, line = groups[f"group{number}"], counted[f"group{number}"]
        assert one["computers"] == line["computers"] == len(members)
        assert one["covered"] == line["covered"] == covered(members)
        assert line["statuses"]["needed"] == sum(len(lacking(c)) for c in members)
    whole = {one["name"]: one for one in ask(made, "coverage?by=channel")["items"]}
    assert whole["production"]["computers"] == COMPUTERS
    assert whole["certification"]["computers"] == 0


def test_computers(made):
    items = ask(made, f"computers?limit={COMPUTERS}&sort=-missing")["items"]
    assert len(items) == COMPUTERS
    for one in items:
        computer = int(one["name"][2:8])
        assert one["missing"] == len(lacking(computer))
        assert one["overdue"] == sum(rating_of(u) is not None for u in lacking(computer))
    assert [one["missing"] for one in items] == sorted((one["missing"] for one in items))[::-1]
    for update in (0, 7, UPDATES - 1):
        said = ask(made, f"computers?limit=1&missing=update{update:05d}")
        assert said["total"] == sum(update in lacking(c) for c in ALL)
    for rating in RATINGS:
        said = ask(made, f"computers?limit=1&overdue={rating}")
        assert said["total"] == ask(made, "overview")["overdue"][rating]


def test_curves_end_with_what_is_now(made):
    (whole,) = ask(made, "coverage-history?by=all")["lines"]
    assert whole["points"][-1]["covered"] == covered(ALL)
    assert whole["points"][-1]["computers"] == COMPUTERS
    for line in ask(made, "coverage-history?by=rating")["lines"]:
        rating = None if line["name"] == "none" else line["name"]
        right = sum(rating_of(u) == rating for c in ALL for u in lacking(c))
        assert line["points"][-1]["missing"] == right
    for line in ask(made, "coverage-history?by=update&name=update00007")["lines"]:
        assert line["points"][-1]["missing"] == sum(7 in lacking(c) for c in ALL)
