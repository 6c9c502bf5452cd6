"""Coverage over time: curves that begin with the approval and end now; where it is worst."""

import admin
import pytest
from test_checkin import TOOL_NEW, enrolled, shop, until  # noqa: F401


def ask(sluice, path):
    answer = admin.get(sluice, path)
    assert answer.status == 200, answer.body
    return answer.json


def curves_of(sluice, update):
    lines = ask(sluice, f"coverage-history?by=update&name={update}")["lines"]
    return {line["channel"]: line for line in lines}


@pytest.fixture
def fleet(shop, archive):  # noqa: F811
    """web1 takes the update, web2 lacks it and another that is approved when both are there."""
    machines = [enrolled(shop, name=f"web{n}") for n in (1, 2)]
    for machine in machines:
        machine.packages = [*machine.packages, ("other", "0.9", "amd64")]
        assert machine.check_in()[0] == 200
    archive.add("other", "1.0-1")
    archive.publish()
    shop.ctl_text("sync")
    for channel in ("certification", "production"):
        shop.ctl_text("approve", "other", "--channel", channel, "--yes")
    machines[0].packages = [*TOOL_NEW, ("other", "1.0-1", "amd64")]
    assert machines[0].check_in()[0] == 200
    return machines


def test_curves_begin_with_the_approval_and_end_now(shop, fleet):  # noqa: F811
    # of one second there is one point
    until(lambda: len(curves_of(shop, "other")["production"]["points"]) > 1)
    curves = curves_of(shop, "other")
    assert set(curves) == {"certification", "production"}
    points = curves["production"]["points"]
    assert curves["production"]["name"] == "test/other=1.0-1"
    assert curves["production"]["approved_at"] <= points[0]["at"] <= points[-1]["at"]
    # what stood when it was published, before anybody had it
    assert (points[0]["covered"], points[0]["missing"], points[0]["computers"]) == (0, 2, 2)
    assert (points[-1]["covered"], points[-1]["open"], points[-1]["computers"]) == (1, 1, 2)
    (whole,) = ask(shop, "coverage-history?by=all")["lines"]
    assert (whole["name"], whole["points"][-1]["covered"]) == ("all", 1)
    ratings = ask(shop, "coverage-history?by=rating")["lines"]
    assert [line["name"] for line in ratings] == ["critical", "high", "medium", "low", "none"]
    assert ratings[-1]["points"][-1]["covered"] == 2  # two updates on web1
    (certification,) = ask(shop, "coverage-history?by=channel&name=certification")["lines"]
    assert certification["points"][-1]["computers"] == 0
    trend = ask(shop, "overview")["trend"]
    assert (trend[-1]["covered"], trend[-1]["missing"], trend[-1]["computers"]) == (1, 1, 2)
    assert trend[-1]["day"][:2] == "20" and len(trend[-1]["day"]) == 10


def test_the_worst_come_first(shop, fleet):  # noqa: F811
    (worst,) = ask(shop, "coverage-worst?of=computers")["items"]
    assert (worst["name"], worst["missing"]) == ("web2", 2)
    updates = ask(shop, "coverage-worst?of=updates&limit=2")["items"]
    assert [(one["name"], one["open"]) for one in updates] == [
        ("test/other=1.0-1", 1), ("test/tool=1.0-1+deb12u1", 1)]  # fmt: skip
    for path in ("coverage-worst?of=computers&offset=1", "coverage-worst?of=updates&offset=2"):
        assert ask(shop, path) == {"items": [], "total": int(path[-1])}  # who lacks nothing is none
    (second,) = ask(shop, "coverage-worst?of=updates&limit=1&offset=1")["items"]
    assert second == updates[1]
    assert ask(shop, "coverage-worst?of=updates&sort=-name")["items"] == updates[::-1]


@pytest.mark.parametrize("path", ["coverage-history?by=day", "coverage-history?by=update",
                                  "coverage-history?by=rating&name=urgent",
                                  "coverage-worst?of=groups", "coverage-worst?limit=0"])  # fmt: skip
def test_what_nobody_understands_is_refused(shop, path):  # noqa: F811
    assert admin.get(shop, path).status == 400
