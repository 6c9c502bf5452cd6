"""The overview: who is covered, what runs, what waits for a person."""

import re

import admin
import pytest
from machine import Machine
from sluice import CtlError
from test_checkin import TOOL, TOOL_NEW, enrolled, make_token, shop, until  # noqa: F401

RATINGS = ("critical", "high", "medium", "low")


def overview(sluice):
    answer = admin.get(sluice, "overview")
    assert answer.status == 200, answer.body
    return answer.json


def test_the_overview_says_who_is_covered_and_what_waits(shop):  # noqa: F811
    covered, lacking = (enrolled(shop, name=f"web{n}") for n in (1, 2))
    covered.packages = TOOL_NEW
    for machine in (covered, lacking):
        assert machine.check_in()[0] == 200
    enrolled(shop, name="silent")
    said = overview(shop)
    assert (said["computers"], said["covered"], said["missing"], said["unknown"]) == (3, 1, 1, 1)
    assert said["average_missing"] == 1 / 3
    assert said["pending"] == said["decisions"]["pending_computers"] == 0
    assert said["decisions"] == {
        "certify": 0, "needed": 0, "promote": 0, "failing": 0, "pending_computers": 0,
    }  # fmt: skip
    (upstream,) = said["upstreams"]
    assert upstream["name"] == "test" and upstream["outcome"] == "changed"
    assert upstream["finished_at"] > 0 and upstream["message"] == ""


def test_the_overview_counts_what_waits_for_a_decision(known, archive, mirror):
    for name in ("one", "two", "three"):
        archive.add(name, "1.0-1")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "one", "--channel", "certification", "--yes")
    known.ctl_text("decline", "two", "--reason", "nobody has it", "--yes")
    known.ctl_text("group", "add", "office", "--channel", "production")
    machine = Machine(known.url, "web1", TOOL)
    assert machine.enroll(make_token(known, "--hold"))[0] == 200
    decisions = overview(known)["decisions"]
    assert (decisions["certify"], decisions["promote"]) == (1, 0)  # it has not soaked yet
    assert decisions["pending_computers"] == 1
    for version in ("0.9-1", "1.0-1"):  # one computer lacks it, the other does not
        has_three = Machine(known.url, "web2", [("three", version, "amd64")])
        assert has_three.enroll(make_token(known))[0] == has_three.check_in()[0] == 200
    until(lambda: overview(known)["decisions"]["needed"] == 1)
    known.ctl_text("settings", "set", "soak.none", "0")
    assert overview(known)["decisions"]["promote"] == 1


def test_the_overview_says_how_syncs_ended(known, mirror):
    (before,) = overview(known)["upstreams"]
    assert (before["outcome"], before["finished_at"]) == (None, 0)
    mirror.stop()
    with pytest.raises(CtlError):
        known.ctl_text("sync")
    (after,) = overview(known)["upstreams"]
    assert after["outcome"] == "failed" and after["finished_at"] > 0 and after["message"]


def test_a_rating_says_at_once_who_is_overdue(shop):  # noqa: F811
    machine = enrolled(shop)
    assert machine.check_in()[0] == 200
    assert overview(shop)["overdue"] == dict.fromkeys(RATINGS, 0)
    shop.ctl_text("rate", "tool", "critical", "--reason", "it is attacked")
    until(lambda: overview(shop)["overdue"]["critical"] == 1)
    shop.ctl_text("rate", "tool", "low", "--reason", "it is not")
    until(lambda: overview(shop)["overdue"] == dict.fromkeys(RATINGS, 0))
    machine.packages = TOOL_NEW
    shop.ctl_text("rate", "tool", "critical", "--reason", "it is, after all")
    assert machine.check_in()[0] == 200
    until(lambda: overview(shop)["overdue"] == dict.fromkeys(RATINGS, 0))


LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (-?[0-9]+)')


def metrics(sluice):
    """{(name, labels): value} as /metrics says, which has to be sound."""
    answer = admin.call(sluice, "GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found, family = {}, None
    for line in answer.body.decode().rstrip("\n").split("\n"):
        if line.startswith("# "):
            kind, family, words = line[2:].split(" ", 2)
            assert kind in ("HELP", "TYPE") and words and family.startswith("sluice_")
            continue
        name, labels, value = LINE.fullmatch(line).groups()
        assert name == family and (name, labels) not in found
        found[name, labels] = int(value)
    return found


def test_prometheus_is_told_the_same(shop):  # noqa: F811
    machine = enrolled(shop)
    assert machine.check_in()[0] == 200
    said = metrics(shop)
    assert said["sluice_computers", 'channel="production",coverage="missing"'] == 1
    assert said["sluice_computers", 'channel="certification",coverage="missing"'] == 0
    assert said["sluice_messages_total", 'outcome="taken"'] >= 1
    assert said["sluice_enrolments_total", None] == 1
    assert said["sluice_front_serving", None] == 1
    assert said["sluice_updates", 'state="production"'] == 1
    assert said["sluice_updates", 'state="superseded"'] == 1
    assert said["sluice_publication_timestamp_seconds", 'channel="production"'] > 0
    assert said["sluice_sync_timestamp_seconds", 'upstream="test"'] > 0
    assert admin.call(shop, "GET", "metrics").body.count(b"\n") == admin.call(
        shop, "GET", "/metrics").body.count(b"\n")  # fmt: skip
