"""Two people for production: the roads on which one of them alone might lead its computers away."""

import pytest
from machine import Machine
from sluice import Sluice
from visitor import signed_in

GROUPS = {"desks": "production", "shops": "production", "pilots": "certification"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-people")
    made = Sluice(folder, state=folder / "s").start()
    for name, channel in GROUPS.items():
        made.ctl_text("group", "add", name, "--channel", channel)
    for name, group in {"web1": "desks", "test1": "pilots"}.items():
        token = made.ctl("token", "new", "--group", group)["token"]
        assert Machine(made.url, name, [("curl", "0.9", "amd64")]).enroll(token)[0] == 200
    yield made
    made.stop()


@pytest.fixture(scope="module")
def approver(server):
    return signed_in(server, "abel", "approver")


@pytest.fixture(scope="module")
def owner(server):
    return signed_in(server, "olga", "owner")


@pytest.fixture
def two_people(server):
    server.ctl_text("settings", "set", "two_people", "yes")
    yield
    server.ctl_text("settings", "set", "two_people", "no")


def groups(server):
    return {one["name"]: one["channel"] for one in server.ctl("group", "list")}


def group_of(server, computer):
    return server.ctl("computer", "show", computer)["group"]


def test_an_approver_leads_no_computer_out_of_production(server, approver, two_people):
    before = server.ctl("audit", "list")
    for path, body in (
        ("computer-moves", {"name": "web1", "group": "pilots"}),
        ("group-changes", {"name": "desks", "channel": "certification"}),
        ("group-changes", {"name": "shops", "channel": "certification", "new_name": "x"}),
    ):
        answer = approver.post(path, **body)
        assert answer.status == 403 and "only an owner" in answer.json["detail"], body
    assert group_of(server, "web1") == "desks" and groups(server) == GROUPS
    assert server.ctl("audit", "list") == before


def test_what_stays_in_production_or_comes_to_it_is_an_approvers(server, approver, two_people):
    for computer, group in (("web1", "shops"), ("web1", "desks"), ("test1", "desks")):
        assert approver.post("computer-moves", name=computer, group=group).status == 200
        assert group_of(server, computer) == group
    for channel in ("production", "production"):
        assert approver.post("group-changes", name="pilots", channel=channel).status == 200
    server.ctl_text("group", "change", "pilots", "--channel", "certification")
    server.ctl_text("computer", "move", "test1", "--group", "pilots")


def test_an_owner_does_and_it_stands_in_the_audit_log(server, owner, two_people):
    assert owner.post("computer-moves", name="web1", group="pilots").status == 200
    (row,) = server.ctl("audit", "list", "--action", "computer move", "--person", "olga")[:1]
    assert row["object"] == "web1"
    assert "channel: production -> certification" in row["words"]
    assert "group: desks -> pilots" in row["words"]
    assert owner.post("computer-moves", name="web1", group="desks").status == 200


def test_one_person_is_enough_where_nothing_else_is_asked_for(server, approver):
    assert approver.post("computer-moves", name="web1", group="pilots").status == 200
    assert approver.post("computer-moves", name="web1", group="desks").status == 200
