"""Computers and groups: found, sorted, moved together, whatever their number."""

import admin
import pytest
from sluice import CtlError
from test_checkin import TOOL_NEW, enrolled, line, shop  # noqa: F401


@pytest.fixture
def fleet(shop):  # noqa: F811
    """web1 has the update, web2 and web3 lack it; a group for certification has nobody."""
    shop.ctl_text("group", "add", "lab", "--channel", "certification")
    machines = [enrolled(shop, name=f"web{n}") for n in (1, 2, 3)]
    machines[0].packages = TOOL_NEW
    for machine in machines:
        assert machine.check_in()[0] == 200
    return machines


def names(sluice, query):
    answer = admin.get(sluice, f"computers?{query}")
    assert answer.status == 200, answer.body
    assert answer.json["total"] >= len(answer.json["items"])
    return [one["name"] for one in answer.json["items"]]


def test_computers_are_found_by_what_they_come_to(shop, fleet):  # noqa: F811
    assert names(shop, "coverage=covered") == ["web1"]
    assert names(shop, "coverage=missing") == ["web2", "web3"]
    assert names(shop, "update=tool&status=installed") == ["web1"]
    assert names(shop, "update=tool&status=needed&sort=-name") == ["web3", "web2"]
    assert names(shop, "sort=-missing&limit=2&offset=1") == ["web3", "web1"]
    assert names(shop, "channel=certification") == []
    assert names(shop, "overdue=any") == []
    table = shop.ctl_text("computer", "list", "--update", "tool", "--status", "installed")
    assert "web1" in table and "web2" not in table


@pytest.mark.parametrize("query", ["sort=nothing", "coverage=nothing", "overdue=nothing", "x=1",
                                   "update=tool&status=nothing", "status=failed"])  # fmt: skip
def test_a_filter_nobody_understands_is_named(shop, query):  # noqa: F811
    answer = admin.get(shop, f"computers?{query}")
    assert answer.status == 400
    wrong = query.split("=")[-1] if "nothing" in query else query.split("=")[0]
    assert wrong in answer.json["detail"]


def test_what_one_computer_lacks_is_found_sorted_and_had_in_pages(shop, fleet, archive):  # noqa: F811
    for number in range(5):
        archive.add(f"extra{number}", "2.0")
    archive.publish()
    shop.ctl_text("sync")
    extras = [f"extra{number}" for number in range(5)]
    shop.ctl_text("approve", *extras, "--channel", "production", "--emergency", "--reason", "r", "--yes")
    shop.ctl_text("rate", "extra3", "high", "--reason", "r")
    installed = [(name, "2.0" if name == "extra4" else "1.0", "amd64") for name in extras]
    fleet[0].packages = [*TOOL_NEW, *installed]
    failed = {"package": "extra2", "version": "2.0", "architecture": "amd64", "status": "failed",
              "at": 1, "message": "no space left"}  # fmt: skip
    assert fleet[0].check_in(results=[failed])[0] == 200

    def found(arguments):
        answer = admin.get(shop, f"computer-updates?computer=web1&{arguments}")
        assert answer.status == 200, answer.body
        return [one["update"].split("/")[1].split("=")[0] for one in answer.json["items"]]

    whole = admin.get(shop, f"computers/{fleet[0].id}").json["updates"]
    listed = admin.get(shop, "computer-updates?computer=web1").json
    assert listed == {"items": whole, "total": 6}
    assert found("sort=update") == [*extras, "tool"]
    assert found("sort=-update&limit=2&offset=1") == ["extra4", "extra3"]
    assert found("sort=status")[0] == "extra2" and found("sort=status")[4:] == ["extra4", "tool"]
    assert found("sort=rating")[0] == found("sort=deadline_at")[0] == "extra3"
    assert found("sort=-reported_at")[0] == "extra2"
    assert found("status=missing&sort=update") == extras[:4]
    assert found("status=failed") == ["extra2"] and found("status=silent") == []
    assert found("rating=high") == ["extra3"] and found("text=TOOL") == ["tool"]
    (failure,) = shop.ctl("computer", "updates", "web1", "--status", "failed")
    assert failure["message"] == "no space left"
    assert "5 of 6; more with" in shop.ctl_text("computer", "updates", "web1", "--limit", "5")
    for wrong in ("computer=web9", "computer=web1&status=odd", "computer=web1&rating=urgent",
                  "computer=web1&sort=name", "status=failed"):  # fmt: skip
        refused = admin.get(shop, f"computer-updates?{wrong}")
        assert refused.status in (400, 404) and "'" in refused.json["detail"], wrong


def test_computers_move_together_or_not_at_all(shop, fleet):  # noqa: F811
    ids = [one["id_text"] for one in admin.get(shop, "computers").json["items"]]
    assert ids == [str(machine.id) for machine in fleet]
    moved = admin.post(shop, "computer-moves", {"computers": ids[:2], "group": "lab"})
    assert moved.status == 200 and moved.json["moved"] == 2
    assert names(shop, "group=lab") == ["web1", "web2"]
    assert line(shop)["computers"] == 1
    before = shop.ctl("audit", "list")
    refused = admin.post(shop, "computer-moves", {"computers": [ids[2], "7"], "group": "lab"})
    assert refused.status == 404 and "7" in refused.json["detail"]
    assert names(shop, "group=office") == ["web3"]
    assert shop.ctl("audit", "list") == before
    for wrong in ({"computers": ["x"], "group": "lab"}, {"group": "lab"}):
        assert admin.post(shop, "computer-moves", wrong).status == 400


def test_a_group_with_another_channel_is_judged_by_that(shop, fleet, archive):  # noqa: F811
    archive.add("other", "1.0-1")
    archive.publish()
    shop.ctl_text("sync")
    shop.ctl_text("approve", "other", "--channel", "certification", "--yes")
    fleet[0].packages = [*TOOL_NEW, ("other", "0.9", "amd64")]
    assert fleet[0].check_in()[0] == 200
    (group,) = (one for one in shop.ctl("group", "list") if one["name"] == "office")
    assert (group["computers"], group["covered"], group["missing"]) == (3, 1, 2)
    shop.ctl_text("group", "change", "office", "--channel", "certification", "--name", "pilots")
    (group,) = (one for one in shop.ctl("group", "list") if one["name"] == "pilots")
    assert (group["channel"], group["computers"]) == ("certification", 3)
    assert (group["covered"], group["missing"]) == (0, 3)
    assert line(shop)["computers"] == 0
    assert fleet[1].check_in()[1]["channel"] == "certification"
    assert any(row["action"] == "group change" for row in shop.ctl("audit", "list"))


def test_a_group_keeps_its_name_where_the_other_is_taken(shop, fleet):  # noqa: F811
    with pytest.raises(CtlError, match="exists already"):
        shop.ctl_text("group", "change", "office", "--name", "lab")
    with pytest.raises(CtlError, match="--name or --channel"):
        shop.ctl_text("group", "change", "office")
    with pytest.raises(CtlError, match="nowhere"):
        shop.ctl_text("group", "change", "office", "--channel", "nowhere")
    assert {one["name"] for one in shop.ctl("group", "list")} == {"office", "lab"}
