"""The list of updates: found by what is known of them, sorted and counted on the server."""

import datetime

import pytest
from admin import get
from test_checkin import until


@pytest.fixture
def synced(known, archive):
    archive.add("openssl", "3.0-1")
    archive.add("libssl3", "3.0-1", source="openssl")
    archive.add("curl", "8.0-1")
    archive.publish()
    known.ctl_text("sync")
    return known


def names(sluice, arguments):
    answer = get(sluice, f"updates?{arguments}")
    assert answer.status == 200, answer.body
    return [one["name"] for one in answer.json["items"]]


def test_updates_are_found_and_sorted_on_the_server(synced):
    day = datetime.datetime.now(datetime.timezone.utc).date()
    assert names(synced, "package=libssl3") == ["openssl"]
    assert names(synced, "sort=name") == ["curl", "openssl"]
    assert names(synced, "sort=-name") == ["openssl", "curl"]
    assert names(synced, "sort=-size") == ["openssl", "curl"]  # two packages
    released = get(synced, "updates").json["items"][0]["released_day"]
    assert abs(datetime.date.fromisoformat(released) - day).days <= 1
    assert sorted(names(synced, f"day={released}")) == ["curl", "openssl"]
    assert names(synced, "day=2001-01-01") == []
    synced.ctl_text("decline", "curl", "--yes")
    assert names(synced, "decision=certify") == ["openssl"]
    page = get(synced, "updates?sort=name&limit=1&offset=1").json
    assert (page["total"], [one["name"] for one in page["items"]]) == (2, ["openssl"])


@pytest.mark.parametrize(
    "arguments,words",
    [
        ("state=odd", "state 'odd': there is known"),
        ("rating=urgent", "rating 'urgent': there is critical"),
        ("channel=test", "channel 'test': there is certification"),
        ("decision=yes", "decision 'yes': there is certify"),
        ("sort=colour", "sort 'colour': there is name, released_at,"),
        ("upstream=nowhere", "there is no upstream nowhere"),
        ("day=yesterday", "day: 'yesterday' is no day"),
        ("day=2026-13-01", "day: '2026-13-01' is no day"),
        ("day=2026-11-25T10:00:00Z", "is no day as in 2026-11-25"),
    ],
)
def test_a_filter_nobody_understands_is_named(synced, arguments, words):
    answer = get(synced, f"updates?{arguments}")
    assert answer.status in (400, 404) and words in answer.json["detail"]


def test_what_an_update_consists_of_is_found_sorted_and_had_in_pages(synced, archive):
    for number in range(6):
        archive.add(f"libssl-mod{number}", "3.0-1", architecture=("amd64", "all")[number % 2], source="openssl",
                    files={"./usr/share/mod": bytes(1000 * (6 - number))})  # fmt: skip
    archive.publish()
    synced.ctl_text("sync")

    def found(arguments):
        answer = get(synced, f"update-packages?name=openssl&{arguments}")
        assert answer.status == 200, answer.body
        return [one["name"] for one in answer.json["items"]]

    whole = get(synced, "update?name=openssl").json["package_list"]
    assert get(synced, "update-packages?name=openssl").json == {"items": whole, "total": 8}
    named = sorted(one["name"] for one in whole)
    assert found("sort=name") == found("") == named and found("sort=-name") == named[::-1]
    assert found("text=MOD") == [f"libssl-mod{number}" for number in range(6)]
    assert found("architecture=all&text=mod") == [f"libssl-mod{number}" for number in (1, 3, 5)]
    assert found("limit=3&offset=5") == named[5:]
    sizes = {one["name"]: one["size"] for one in whole}
    assert [sizes[name] for name in found("sort=size")] == sorted(sizes.values())
    assert len(synced.ctl("update", "packages", "openssl", "--architecture", "all")) == 3
    for wrong in ("name=nothing", "name=openssl&sort=colour", "text=mod"):
        refused = get(synced, f"update-packages?{wrong}")
        assert refused.status in (400, 404) and refused.json["detail"], wrong


def test_computers_are_counted_from_the_first_approval_on(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    listed = {one["name"]: one for one in synced.ctl("update", "list")}
    assert (listed["curl"]["needed"], listed["curl"]["installed"], listed["curl"]["failed"]) == (0, 0, 0)
    # what nobody approved is counted by and by, and has no outcomes
    until(lambda: get(synced, "updates?name=openssl").json["items"][0]["needed"] == 0)
    assert listed["openssl"]["installed"] is listed["openssl"]["failed"] is None
