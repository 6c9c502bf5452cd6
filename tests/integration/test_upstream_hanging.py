"""Upstreams that hang or drip hold up those who wait for them, and nobody else."""

import random
import threading
import time

import faults
import pytest
from archive import Server
from conftest import add_upstream
from picture import served
from sluice import Sluice

SUITE = "stable-security"
PATIENT = "[sync]\nschedule = no\nslow_timeout = 3m\n[public]\nagent_rate = 0\n"


@pytest.fixture
def patient(folder, archive, mirror):
    """A server that gives an upstream up late; tool and other are in both channels, third is known."""
    server = Sluice(folder, config=PATIENT)
    for name in ("tool", "other", "third"):
        archive.add(name, "1.0", files={f"./{name}": random.Random(name).randbytes(10_000)})
    archive.publish()
    try:
        server.start()
        add_upstream(server, archive, mirror)
        server.ctl_text("sync")
        for channel in ("certification", "production"):
            server.ctl_text("approve", "tool", "other", "--channel", channel, "--yes")
        yield server
    finally:
        server.stop()


def job(server, number):
    return server.ctl("job", "show", str(number))


def wait_for(server, number, state):
    """The job, once it has come to a state."""
    until = time.monotonic() + 60
    while (one := job(server, number))["state"] != state:
        assert one["state"] in ("queued", "running") and time.monotonic() < until, one
    return one


def listed(index):
    return sorted(line[9:] for line in index.decode().split("\n") if line.startswith("Package: "))


def names(server, channel):
    return listed(served(server, SUITE, [channel])[channel, "main/binary-amd64/Packages"])


def test_any_number_of_hanging_upstreams_holds_up_no_recall_and_no_approval(patient, archive, mirror):
    hanging = Server(archive.root)
    hanging.faults["InRelease"] = lambda handler: handler.server.over.wait(600)
    try:
        upstreams = [f"hanging-{number}" for number in range(12)]
        for name in upstreams:
            add_upstream(patient, archive, hanging, name)
        jobs = [patient.ctl("sync", name, "--no-wait")["jobs"][0] for name in upstreams]
        for number in jobs[:5]:
            wait_for(patient, number, "running")
        patient.ctl_text("recall", "tool", "--channel", "production", "--reason", "bad", "--yes")
        assert names(patient, "production") == ["other"]
        patient.ctl_text("approve", "third", "--channel", "certification", "--yes")
        assert names(patient, "certification") == ["other", "third", "tool"]
        states = [job(patient, number)["state"] for number in jobs]
        assert set(states) == {"running", "queued"}
        queued = [one for one in patient.ctl("job", "list") if one["state"] == "queued"]
        assert {one["what"] for one in queued} == {"waiting: 8 at once"}
        assert "waiting: 8 at once" in patient.ctl_text("job", "list")
    finally:
        hanging.stop()


def test_a_dripping_payload_holds_up_no_other_decision_in_its_channel(patient, archive, mirror):
    archive.add("tool", "2.0", files={"./tool": random.Random(2).randbytes(300_000)})
    archive.publish()
    patient.ctl_text("sync")
    mirror.faults["tool_2.0"] = faults.slowly(20)
    slow = patient.ctl("approve", "tool", "--channel", "certification", "--yes", "--no-wait")["jobs"][0]
    one = wait_for(patient, slow, "running")
    assert one["kind"] == "fetch" and one["subject"] == "certification"
    patient.ctl_text("recall", "other", "--channel", "certification", "--reason", "bad", "--yes")
    assert names(patient, "certification") == ["tool"]
    patient.ctl_text("approve", "third", "--channel", "certification", "--yes")
    assert names(patient, "certification") == ["third", "tool"]
    patient.ctl_text("approve", "third", "--channel", "production", "--yes")
    assert names(patient, "production") == ["other", "third", "tool"]
    while (one := job(patient, slow))["left_seconds"] < 0:  # known after a second
        assert one["state"] == "running"
    assert one["state"] == "running" and one["what"] == "fetching payloads"
    assert 0 < one["bytes_done"] < one["bytes_total"] and one["bytes_total"] > 300_000
    assert one["left_seconds"] > 1000
    # the slow one is published when it is whole, and not before
    index = served(patient, SUITE, ["certification"])["certification", "main/binary-amd64/Packages"]
    assert b"Version: 2.0" not in index
    patient.ctl_text("job", "cancel", str(slow))
    wait_for(patient, slow, "cancelled")
    mirror.faults.clear()
    patient.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    index = served(patient, SUITE, ["certification"])["certification", "main/binary-amd64/Packages"]
    assert b"Version: 2.0" in index


def test_fetches_that_hang_hold_up_no_emergency(patient, archive, mirror):
    slow = [f"slow{number}" for number in range(9)]
    for name in slow:
        archive.add(name, "1.0")
    archive.publish()
    patient.ctl_text("sync")
    let_go = threading.Event()

    def held(handler):
        let_go.wait(100)
        handler.serve_file()

    mirror.faults["slow"] = held
    approve = ("--channel", "certification", "--yes", "--no-wait")
    jobs = [patient.ctl("approve", name, *approve)["jobs"][0] for name in slow]
    try:
        for number in jobs[:8]:
            wait_for(patient, number, "running")
        assert job(patient, jobs[8])["state"] == "queued"
        emergency = ("--emergency", "--reason", "worm", "--yes")
        patient.ctl_text("approve", "third", "--channel", "production", *emergency)
        assert names(patient, "production") == ["other", "third", "tool"]
        assert {job(patient, number)["state"] for number in jobs} == {"running", "queued"}
        assert len(patient.ctl("job", "list", "--kind", "emergency")) == 1
    finally:
        let_go.set()
    for number in jobs:
        wait_for(patient, number, "done")


def test_two_who_approve_the_same_wait_for_one_download(patient, archive, mirror):
    archive.add("tool", "2.0", files={"./tool": random.Random(2).randbytes(300_000)})
    archive.publish()
    patient.ctl_text("sync")

    def once_allowed(handler):
        mirror.http.allowed.wait(60)
        handler.serve_file()

    mirror.http.allowed = threading.Event()
    mirror.faults["tool_2.0"] = once_allowed
    mirror.requests.clear()
    approve = ("approve", "tool", "--channel", "certification", "--yes", "--no-wait")
    jobs = [patient.ctl(*approve)["jobs"][0] for _ in range(2)]
    for number in jobs:
        wait_for(patient, number, "running")
    mirror.http.allowed.set()
    publications = {wait_for(patient, number, "done")["result"]["publication"] for number in jobs}
    assert len(publications) == 1
    assert len([path for path in mirror.requests if "tool_2.0" in path]) == 1


def two_fetches(server):
    """The jobs that a start begins, one for each channel."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        fetches = [one["id"] for one in server.ctl("job", "list") if one["kind"] == "fetch"]
        if len(fetches) == 2:
            return fetches
    raise AssertionError(server.ctl("job", "list"))


@pytest.fixture
def robbed(patient, mirror):
    """The server has lost what it had of other, and its upstream hangs with it; lets it go on."""
    shown = patient.ctl("update", "show", "other")["package_list"]
    patient.stop()
    for name in (one["sha256"] for one in shown):
        (patient.state / "pool" / name[:2] / name).unlink()
    let_go = threading.Event()

    def held(handler):
        let_go.wait(100)
        handler.serve_file()

    mirror.faults["other_1.0"] = held
    patient.start()
    try:
        fetches = two_fetches(patient)
        for number in fetches:
            wait_for(patient, number, "running")

        def go_on():
            assert {job(patient, number)["state"] for number in fetches} == {"running"}
            let_go.set()
            for number in fetches:
                wait_for(patient, number, "done")

        yield go_on
    finally:
        let_go.set()


def index_of(server, channel):
    """What a channel lists, also where not all of it can be had."""
    return listed(server.get(f"/apt/{channel}/dists/{SUITE}/main/binary-amd64/Packages")[2])


def test_a_recall_waits_for_nothing_that_the_store_has_lost(patient, robbed):
    assert index_of(patient, "production") == ["other", "tool"]
    said = patient.ctl_text("recall", "tool", "--channel", "production", "--reason", "bad", "--yes")
    assert "1 payload of what is approved is not in the store" in said
    assert "lost payloads of test/other=1.0: it is out of the channel until" in said
    assert index_of(patient, "production") == []
    assert index_of(patient, "certification") == ["other", "tool"]
    robbed()
    assert names(patient, "production") == ["other"]
    assert names(patient, "certification") == ["other", "tool"]


def test_an_emergency_waits_for_nothing_else_that_the_store_has_lost(patient, robbed):
    emergency = ["approve", "third", "--channel", "production", "--emergency", "--reason", "worm"]
    assert "test/other=1.0, which the channel has: it is published without" in patient.ctl_text(
        *emergency, "--dry-run"
    )
    said = patient.ctl_text(*emergency, "--yes")
    assert "lost payloads of test/other=1.0: it is out of the channel until" in said
    assert index_of(patient, "production") == ["third", "tool"]
    # an approval that is none takes from certification nothing that is on its way
    slow = ["approve", "third", "--channel", "certification"]
    assert "they are fetched first" in patient.ctl_text(*slow, "--dry-run")
    number = patient.ctl(*slow, "--yes", "--no-wait")["jobs"][0]
    wait_for(patient, number, "running")
    assert index_of(patient, "certification") == ["other", "tool"]
    robbed()
    wait_for(patient, number, "done")
    assert names(patient, "production") == names(patient, "certification") == ["other", "third", "tool"]
