"""From certification to production: evidence, holds, two people deciding at once."""

import re

import pytest
from admin import get, post
from machine import Machine
from sluice import CtlError
from test_checkin import until
from visitor import Visitor, signed_in


@pytest.fixture
def synced(known, archive):
    for name in ("openssl", "curl"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    return known


def test_what_is_held_stays_out_of_production_until_it_is_let_go(synced):
    promote = ["approve", "curl", "--channel", "production"]
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    with pytest.raises(CtlError, match="--reason"):
        synced.ctl_text("hold", "curl")
    synced.ctl_text("hold", "curl", "--reason", "breaks the printer")
    for how in ("--dry-run", "--yes"):
        with pytest.raises(CtlError, match="test/curl=1.0 is held by .*: breaks the printer"):
            synced.ctl_text(*promote, how)
    assert synced.ctl("update", "list", "--channel", "production") == []
    emergency = [*promote, "--emergency", "--reason", "worm", "--dry-run"]
    assert "note: test/curl=1.0 is held by" in synced.ctl_text(*emergency)
    assert ": breaks the printer" in synced.ctl_text("update", "show", "curl")
    synced.ctl_text("unhold", "curl")
    with pytest.raises(CtlError, match="nobody holds test/curl=1.0"):
        synced.ctl_text("unhold", "curl")
    synced.ctl_text(*promote, "--yes")
    assert len(synced.ctl("update", "list", "--channel", "production")) == 1
    assert [one["action"] for one in synced.ctl("audit", "list")[:3]] == ["approve", "unhold", "hold"]


def test_a_return_brings_nothing_into_production_that_an_approval_would_not(synced):
    def publication(channel="production"):
        channels = {one["name"]: one["publication"] for one in synced.ctl("channel", "list")}
        return str(channels[channel])

    empty = publication()
    for channel in ("certification", "production"):
        synced.ctl_text("approve", "curl", "--channel", channel, "--yes")
    back = ["channel", "return", "production", publication(), "--reason", "worm"]
    synced.ctl_text("channel", "return", "production", empty, "--reason", "too early", "--yes")
    synced.ctl_text("hold", "curl", "--reason", "breaks the printer")
    said = synced.ctl_text(*back, "--dry-run")
    assert "add curl 1.0" in said and "refused: test/curl=1.0 is held by" in said
    with pytest.raises(CtlError, match="test/curl=1.0 is held by .*: breaks the printer"):
        synced.ctl_text(*back, "--yes")
    assert synced.ctl("channel", "show", "production") == []
    said = synced.ctl_text(*back, "--emergency", "--yes")
    assert "emergency: test/curl=1.0 is held by" in said
    assert [one["name"] for one in synced.ctl("channel", "show", "production")] == ["curl"]
    newest, _, oldest = get(synced, "update?name=curl").json["history"][:3]
    assert (newest["action"], newest["reason"], newest["emergency"]) == ("bring back", "worm", True)
    assert (oldest["action"], oldest["reason"], oldest["channel"]) == (
        "leave out", "too early", "production",
    )  # fmt: skip
    assert "bring back" in synced.ctl_text("update", "show", "curl")


def test_a_persons_api_token_is_no_second_person(synced):
    approver = signed_in(synced, "abel", "approver")
    second = signed_in(synced, "bea", "approver")
    secret = approver.post("api-tokens", name="nightly", role="approver", lives_s=3600).json["secret"]
    token = {"Authorization": f"Bearer {secret}", "Origin": None}
    synced.ctl_text("settings", "set", "two_people", "yes")
    decision = {"kind": "approve", "names": ["curl"]}
    assert approver.post("approvals", channel="certification", **decision).status == 200
    for how in ({}, {"emergency": True, "reason": "worm"}):
        body = {"channel": "production", **decision, **how}
        for asked in (approver.post("approvals", **body), Visitor(synced).ask("POST", "approvals", body, token)):
            assert asked.status == 403 and "abel approved it" in asked.json["detail"]
    assert synced.ctl("update", "list", "--channel", "production") == []
    assert second.post("approvals", channel="production", **decision).status == 200


def test_a_return_does_what_was_shown_or_nothing(synced):
    def publication():
        return {one["name"]: one["publication"] for one in synced.ctl("channel", "list")}["production"]

    back = {"channel": "production", "number": publication(), "reason": "too early"}
    for channel in ("certification", "production"):
        synced.ctl_text("approve", "curl", "--channel", channel, "--yes")
    shown = post(synced, "channel-returns", {**back, "dry_run": True}).json
    assert shown["removed"] == ["curl 1.0"]
    for channel in ("certification", "production"):
        synced.ctl_text("approve", "openssl", "--channel", channel, "--yes")
    number = publication()
    late = post(synced, "channel-returns", {**back, "plan": shown["plan"]})
    assert late.status == 409 and "look again" in late.json["detail"]
    assert late.json["type"].endswith(":conflict")
    assert len(synced.ctl("channel", "show", "production")) == 2 and publication() == number
    again = post(synced, "channel-returns", {**back, "dry_run": True}).json
    assert post(synced, "channel-returns", {**back, "plan": again["plan"]}).status == 200


OLD, NEW = [("curl", "0.9", "amd64")], [("curl", "1.0", "amd64")]


def evidence(sluice, name="curl"):
    return get(sluice, f"update?name={name}").json["evidence"]


def notes(sluice):
    """What the plan for production tells who is about to approve."""
    return sluice.ctl("approve", "curl", "--channel", "production", "--dry-run")["warnings"]


def waiting(sluice):
    return [one["update"] for one in get(sluice, "certification").json["items"]]


def promotable(sluice):
    return [one["name"] for one in get(sluice, "updates?decision=promote").json["items"]]


def enrolled(sluice, channel, count):
    """Computers of a channel that have the older curl."""
    sluice.ctl_text("group", "add", f"of-{channel}", "--channel", channel)
    token = sluice.ctl("token", "new", "--group", f"of-{channel}")["token"]
    machines = [Machine(sluice.url, f"{channel}{n}", OLD) for n in range(count)]
    for machine in machines:
        assert machine.enroll(token)[0] == 200 and machine.check_in()[0] == 200
    return machines


def failed(words):
    return {
        "package": "curl", "version": "1.0", "architecture": "amd64", "status": "failed",
        "at": 1764000000, "message": words,
    }  # fmt: skip


def test_an_update_is_ready_when_machines_had_it_long_enough_and_none_failed(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    first, second = enrolled(synced, "certification", 2)
    until(lambda: evidence(synced)["needed"] == 2)
    before = evidence(synced)
    assert (before["computers"], before["installed"], before["ready"]) == (2, 0, False)
    assert before["ready_at"] - before["published_at"] == before["soak_s"] == 7 * 86400
    soaking, untried = notes(synced)
    assert re.fullmatch(r"test/curl=1.0 soaked for \w+ of the 7d that its rating asks for", soaking)
    assert untried == "no computer of certification has installed test/curl=1.0"
    synced.ctl_text("settings", "set", "soak.none", "0")
    assert not evidence(synced)["ready"]  # nobody installed it
    first.check_in(results=[failed("dpkg: no space left")])
    second.packages = NEW
    second.check_in()
    bad = evidence(synced)
    assert (bad["installed"], bad["failed"], bad["ready"]) == (1, 1, False)
    assert bad["failures"] == [{"message": "dpkg: no space left", "n": 1}]
    assert promotable(synced) == [] and waiting(synced) == ["test/curl=1.0"]
    assert notes(synced) == ["test/curl=1.0 failed on 1 of 2 computers of certification"]
    first.packages = NEW
    first.check_in()
    assert evidence(synced)["ready"] and promotable(synced) == ["curl"] and notes(synced) == []
    synced.ctl_text("hold", "curl", "--reason", "not on a Friday")
    held = evidence(synced)
    assert not held["ready"] and held["held"]["reason"] == "not on a Friday"
    synced.ctl_text("unhold", "curl")
    synced.ctl_text("approve", "curl", "--channel", "production", "--yes")
    assert waiting(synced) == [] and promotable(synced) == []
    assert evidence(synced)["installed"] == 2  # it stays to be read


def test_what_concerns_no_machine_of_certification_is_ready_by_time_alone(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    assert not evidence(synced)["ready"] and evidence(synced, "openssl") is None
    synced.ctl_text("settings", "set", "soak.none", "0")
    shown = evidence(synced)
    assert shown["ready"] and shown["computers"] == 0
    (listed,) = synced.ctl("certification")
    assert listed["update"] == "test/curl=1.0" and listed["ready"]
    assert "test/curl=1.0" in synced.ctl_text("certification")


def test_what_waits_is_found_sorted_and_had_in_pages(synced, archive):
    for name in ("bash", "zsh"):
        archive.add(name, "1.0")
    archive.publish()
    synced.ctl_text("sync")
    synced.ctl_text("settings", "set", "soak.none", "0")
    synced.ctl_text("rate", "bash", "high", "--reason", "worm")
    names = ["bash", "curl", "openssl", "zsh"]
    synced.ctl_text("approve", *names, "--channel", "certification", "--yes")
    synced.ctl_text("hold", "openssl", "--reason", "breaks the printer")
    synced.ctl_text("group", "add", "pilots", "--channel", "certification")
    machine = Machine(synced.url, "m", [("zsh", "0.9", "amd64")])
    assert machine.enroll(synced.ctl("token", "new", "--group", "pilots")["token"])[0] == 200
    machine.check_in(results=[dict(failed("dpkg: no space left"), package="zsh")])

    def found(query):
        answer = get(synced, f"certification?{query}")
        assert answer.status == 200, answer.body
        assert answer.json["total"] >= len(answer.json["items"])
        return [one["update"].removeprefix("test/").split("=")[0] for one in answer.json["items"]]

    until(lambda: found("state=failing") == ["zsh"])
    failing = get(synced, "updates?decision=failing").json
    assert [one["name"] for one in failing["items"]] == ["zsh"]
    assert failing["total"] == get(synced, "overview").json["decisions"]["failing"] == 1
    lacking = get(synced, "computers?coverage=lacking").json["items"]
    assert {(one["name"], one["coverage"]) for one in lacking} >= {("m", "failed")}
    assert found("sort=state") == ["curl", "openssl", "zsh", "bash"]
    assert [found(f"state={state}") for state in ("ready", "held", "soaking")] == [
        ["curl"], ["openssl"], ["bash"],
    ]  # fmt: skip
    assert found("sort=name") == names and found("sort=-name") == names[::-1]
    assert found("sort=rating")[0] == "bash" and found("sort=-failed") == ["zsh", *names[:3]]
    assert found("rating=high") == ["bash"] and found("text=SS") == ["openssl"]
    assert found("sort=name&limit=2") + found("sort=name&limit=2&offset=2") == names
    assert found("offset=4") == [] and get(synced, "certification?offset=4").json["total"] == 4
    for wrong in ("sort=person", "state=good", "rating=urgent"):
        answer = get(synced, f"certification?{wrong}")
        assert answer.status == 400 and f"'{wrong.split('=')[1]}': there is" in answer.json["detail"]
    (held,) = synced.ctl("certification", "--state", "held")
    assert held["update"] == "test/openssl=1.0" and held["state"] == "held"


def test_a_plan_says_how_many_machines_it_concerns(synced):
    enrolled(synced, "certification", 2)
    enrolled(synced, "production", 3)
    request = {"kind": "approve", "names": ["curl", "openssl"], "channel": "certification"}
    plan = post(synced, "approvals", dict(request, dry_run=True)).json
    assert [one["computers"] for one in plan["items"]] == [2, 0] and plan["computers"] == 2
    request.update(channel="production", emergency=True, reason="worm")
    plan = post(synced, "approvals", dict(request, dry_run=True)).json
    assert [one["computers"] for one in plan["items"]] == [3, 0] and plan["computers"] == 3
    assert "3 computers" in synced.ctl_text(
        "approve", "curl", "--channel", "production", "--emergency", "--reason", "x", "--dry-run"
    )
    declined = post(synced, "approvals", {"kind": "decline", "names": ["curl"], "dry_run": True}).json
    assert declined["computers"] == 5


def test_who_decides_second_sees_what_the_first_decided(synced):
    approve = {"kind": "approve", "names": ["test/curl=1.0"], "channel": "certification"}
    recall = {"kind": "recall", "names": ["test/curl=1.0"], "channel": "certification"}
    for request, words in ((approve, "approved for"), (recall, "recalled from")):
        seen = post(synced, "approvals", dict(request, dry_run=True)).json["plan"]
        assert post(synced, "approvals", dict(request, plan=seen)).status == 200
        audits = len(synced.ctl("audit", "list"))
        second = post(synced, "approvals", dict(request, plan=seen))
        assert second.status == 409 and second.json["type"] == "urn:sluice:problem:conflict"
        assert f"test/curl=1.0 was {words} certification by " in second.json["detail"]
        assert len(synced.ctl("audit", "list")) == audits


def test_one_update_tells_its_versions_and_its_history(synced, archive):
    archive.add("curl", "1.1")
    archive.publish()
    synced.ctl_text("sync")
    synced.ctl_text("rate", "curl", "high", "--reason", "it talks to strangers")
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    update = get(synced, "update?name=curl").json
    states = [(one["version"], one["state"]) for one in update["versions"]]
    assert states == [("1.1", "certification"), ("1.0", "superseded")]
    done = [(one["action"], one.get("reason"), one.get("channel")) for one in update["history"]]
    assert done == [("approve", "", "certification"), ("rate", "it talks to strangers", None)]
    (package,) = update["package_list"]
    assert package["stored_at"] > 0 and len(package["index_sha256"]) == 64
    assert "not ready: it concerns no computer" in synced.ctl_text("update", "show", "curl")


def test_links_lead_to_the_tracker_and_nowhere_else(synced, archive, folder):
    dsa = folder / "list"
    dsa.write_text(
        "[01 Jan 2026] DSA-5999-1 curl - security update\n"
        "\t{CVE-2026-0001 CVE-2026-0002}\n\t[bookworm] - curl 1.0\n"
    )
    synced.ctl_text("advisory", "import", str(dsa))
    links = get(synced, "update?name=curl").json["links"]
    assert [one["text"] for one in links] == ["DSA-5999-1", "CVE-2026-0001", "CVE-2026-0002"]
    assert all(
        one["url"] == f"https://security-tracker.debian.org/tracker/{one['text']}" for one in links
    )
