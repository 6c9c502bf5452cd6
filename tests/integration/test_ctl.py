"""What a person at a shell sees: names, plans, listings, wrong words."""

import csv
import io
import json
import socket

import pytest
from sluice import CtlError


def api(sluice, path, body):
    """(status, JSON) of one POST to the admin API on the Unix socket."""
    text = json.dumps(body).encode()
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(sluice.state / "admin.sock"))
        link.sendall(
            f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text
        )
        answer = b""
        while piece := link.recv(65536):
            answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(rest)


@pytest.fixture
def synced(known, archive):
    for name in ("openssl", "openssh", "curl"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    return known


def test_a_mistyped_name_is_answered_with_the_nearest_ones(synced):
    with pytest.raises(CtlError, match="no update 'opensll' in the catalog; similar: openssl"):
        synced.ctl_text("update", "show", "opensll")
    with pytest.raises(CtlError, match="similar: curl$"):
        synced.ctl_text("approve", "crul", "--channel", "certification", "--yes")
    with pytest.raises(CtlError, match="in the catalog$"):
        synced.ctl_text("update", "show", "nothing-like-it")


def test_state_is_the_server_before_a_command_and_a_filter_behind_it(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    listed = synced.ctl("update", "list", "--state", "certification")
    assert [one["name"] for one in listed] == ["curl"]
    assert synced.ctl("status", "--state", str(synced.state))["serving"]


def test_programs_get_the_whole_listing_and_people_a_page_that_says_so(known, archive):
    for number in range(230):
        archive.add(f"tool{number:03}", "1.0")
    archive.publish()
    known.ctl_text("sync")
    assert len(known.ctl("update", "list")) == 230
    rows = list(csv.DictReader(io.StringIO(known.ctl_text("update", "list", "--csv"))))
    assert len(rows) == 230 and rows[0]["version"] == "1.0"
    assert "200 of 230; more with --limit and --offset" in known.ctl_text("update", "list")
    assert len(known.ctl("update", "list", "--limit", "7")) == 7


def test_one_update_is_shown_in_words(synced):
    text = synced.ctl_text("update", "show", "curl")
    assert "or before" in text and "NAME  VERSION  ARCHITECTURE" in text
    assert "{" not in text and "_" not in text


def test_a_dry_run_is_refused_where_there_is_none(synced):
    with pytest.raises(CtlError, match="no option --dry-run"):
        synced.ctl_text("rate", "curl", "high", "--reason", "x", "--dry-run")
    assert synced.ctl("update", "show", "curl")["rating"] is None


def test_a_return_can_be_looked_at_first(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    done = synced.ctl("approve", "openssl", "--channel", "certification", "--yes")["result"]
    before = str(int(done["publication"].split(".")[0]) - 1)
    back = ["channel", "return", "certification", before, "--reason", "test"]
    assert "remove openssl 1.0" in synced.ctl_text(*back, "--dry-run")
    assert len(synced.ctl("update", "list", "--channel", "certification")) == 2
    assert synced.ctl("audit", "list")[0]["action"] == "approve"
    synced.ctl_text(*back, "--yes")
    assert [u["name"] for u in synced.ctl("update", "list", "--channel", "certification")] == ["curl"]
    assert "nothing to do" in synced.ctl_text(*back, "--yes")


def test_what_is_approved_is_what_was_shown(synced, archive):
    """A sync between the plan and the yes brings a newer version: that one was not shown."""
    request = {"kind": "approve", "names": ["curl"], "channel": "certification"}
    status, plan = api(synced, "approvals", dict(request, dry_run=True))
    assert status == 200 and plan["items"][0]["update"] == "test/curl=1.0"
    archive.add("curl", "2.0")
    archive.publish()
    synced.ctl_text("sync")
    status, problem = api(synced, "approvals", dict(request, plan=plan["plan"]))
    assert status == 409 and "changed since the plan was shown" in problem["detail"]
    assert synced.ctl("update", "list", "--channel", "certification") == []
    status, plan = api(synced, "approvals", dict(request, dry_run=True))
    assert api(synced, "approvals", dict(request, plan=plan["plan"]))[0] == 200
    approved = synced.ctl("update", "list", "--channel", "certification")
    assert [one["version"] for one in approved] == ["2.0"]


def test_a_sync_with_nothing_to_publish_starts_no_publishing(synced):
    synced.ctl_text("sync")
    before = len(synced.ctl("job", "list"))
    synced.ctl_text("sync")
    jobs = synced.ctl("job", "list")
    assert [(one["kind"], one["state"], one["what"]) for one in jobs[: len(jobs) - before]] == [
        ("sync", "done", "")
    ]


def test_a_provided_name_satisfies_a_dependency_in_the_channel(known, archive):
    archive.add("server", "2.0", Provides="mail-transport, smtpd (= 3)")
    archive.add("client", "1.0", Depends="mail-transport | other, smtpd (>= 3)")
    archive.add("picky", "1.0", Depends="smtpd (>= 4), server (>= 2)")
    archive.publish()
    known.ctl_text("sync")
    plan = ["approve", "client", "picky", "--channel", "certification", "--dry-run"]
    assert "server=2.0 would satisfy it" in known.ctl_text(*plan)
    known.ctl_text("approve", "server", "--channel", "certification", "--yes")
    assert "not in the channel" not in known.ctl_text(*plan)
