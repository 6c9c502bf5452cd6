"""Lists of whatever length: sorted, narrowed and had in pages by the server."""

import itertools
import re
import sqlite3
import time
from urllib.parse import quote

import pytest
from admin import get, post
from sluice import CtlError

MANY = 60  # of each, in any order
OUTCOMES = ("changed", "unchanged", "failed", "cancelled", "interrupted")
JOB_STATES = ("queued", "running", "done", "failed", "cancelled")
ROLES = ("viewer", "certifier", "approver", "owner")
ROLE_LISTS = ("people", "api-tokens")


def rows():
    """(statement, values) that make as much as a large organisation has, with equal ones among it."""
    now = int(time.time())
    for n in range(MANY):
        at = now - n * 7 % 13 * 3600
        yield ("INSERT INTO upstream (name, kind, role, url, suite, components, architectures,"
               " publish_suite, keyring, fingerprints, enabled, added_at, release_at)"
               " VALUES (?, 'debian', 'updates', ?, ?, 'main', 'amd64', ?, x'00', ?, ?, 1, ?)",
               (f"up-{n:02}", f"http://127.0.0.1:{1 + n % 5}/", f"suite-{n % 3}", f"s-{n}", "A" * 40, n == 7,
                at if n % 4 else None))  # fmt: skip
        yield ("INSERT INTO sync_run (upstream_id, started_at, finished_at, person, outcome, updates,"
               " packages, withdrawn, bytes, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (n + 1, at, at + n % 9 + 1, ("ann", "schedule")[n % 2], OUTCOMES[n % 5], n % 7, n % 4, n % 2,
                n * 1000, f"mirror {n} of 100%" if n % 5 == 2 else ""))  # fmt: skip
        yield ("INSERT INTO computer_group (name, channel_id, added_at) VALUES (?, ?, ?)",
               (f"group-{n:02}", 1 + n % 2, at))  # fmt: skip
        yield ("INSERT INTO token (digest, prefix, group_id, uses_left, expires_at, made_at, person,"
               " revoked_at) VALUES (randomblob(32), ?, ?, ?, ?, ?, ?, ?)",
               (f"tok{n:03}", 1 + n % 4, (None, 0, 3, 9)[n % 4], (None, now - 5, now + 86400)[n % 3], at,
                ("ann", "bob")[n % 2], now if n % 5 == 0 else None))  # fmt: skip
        yield ("INSERT INTO person (name, role, password, added_at, signed_in_at) VALUES (?, ?, '-', ?, ?)",
               (f"person-{n:02}", ROLES[n % 4], at, at if n % 3 else None))  # fmt: skip
        yield ("INSERT INTO api_token (digest, prefix, name, person, person_id, role, made_at, expires_at)"
               " VALUES (randomblob(32), ?, ?, ?, ?, ?, ?, ?)",
               (f"api{n:03}", f"script {n % 6}", f"person-{n % 8:02}", 1 + n % 8, ROLES[n % 3 + 1], at,
                now + (-5 if n % 2 else 86400)))  # fmt: skip
    yield ("UPDATE sync_run SET outcome = 'failed' WHERE upstream_id = 1", ())
    for n in range(300):
        yield ("INSERT INTO sync_run (upstream_id, started_at, finished_at, person, outcome)"
               " VALUES (2, ?, ?, 'schedule', 'unchanged')", (now + n, now + n + 1))  # fmt: skip
    yield ("INSERT INTO sync_run (upstream_id, started_at, finished_at, person, outcome)"
           " VALUES (1, ?, 0, 'ann', 'running')", (now + 999,))  # fmt: skip


@pytest.fixture(scope="module")
def many(shared):
    with sqlite3.connect(shared.state / "sluice.db", timeout=30) as db:
        for statement, values in rows():
            db.execute(statement, values)
    for job in [post(shared, "backups", {}).json["job"] for _ in range(MANY)]:
        while not get(shared, f"jobs/{job}?wait_ms=1000").json["finished_at"]:
            pass
    while get(shared, "jobs?state=running").json["total"] > 0:
        time.sleep(0.05)  # what ends between two looks at a list stands elsewhere in the second
    return shared


def listed(server, path):
    answer = get(server, path)
    assert answer.status == 200, f"{path}: {answer.body.decode()}"
    return answer.json


def every_sort():
    """(list, word) that the API's description says a list is sorted by."""
    return [
        (path, word.strip())
        for path, words in {
            "upstreams": "name, suite, url, state, release_at, last_sync_at",
            "syncs": "started_at, upstream, outcome, person, seconds, updates, packages, withdrawn, bytes",
            "groups": "name, channel, computers, covered, missing, failed, silent, pending, tokens, added_at",
            "jobs": "id, kind, subject, person, state, started_at, finished_at",
            "tokens": "group, state, uses_left, expires_at, made_at, person",
            "people": "name, role, signed_in_at, api_tokens, added_at",
            "api-tokens": "name, person, role, state, made_at, expires_at",
        }.items()
        for word in words.split(",")
    ]


def test_the_description_says_what_lists_are_sorted_by(many):
    paths = get(many, "openapi.json").json["paths"]
    for path, pairs in itertools.groupby(every_sort(), lambda one: one[0]):
        arguments = {one["name"]: one for one in paths[f"/{path}"]["get"]["parameters"]}
        said = arguments["sort"]["description"].split(";")[0].split(", ")
        assert said == [word for _, word in pairs], path


def key(path, word, one):
    """What an item is sorted by; what has no end stands behind what has."""
    if path == "upstreams" and word == "state":
        return "enabled" if one["enabled"] else "disabled"
    if path == "upstreams" and word == "last_sync_at":
        return one["last_sync"]["started_at"] + one["last_sync"]["seconds"]
    if word == "seconds" and one["outcome"] == "running":
        return 0
    if word == "role":
        return ROLES.index(one[word])
    if path == "jobs" and word == "state":
        return JOB_STATES.index(one[word])
    if path == "tokens" and word in ("uses_left", "expires_at"):
        return one[word] if one[word] is not None and (word, one[word]) != ("expires_at", 0) else 1 << 62
    return one[word] or 0 if not isinstance(one[word], str) else one[word]


@pytest.mark.parametrize(("path", "word"), every_sort())
def test_a_list_is_sorted_both_ways(many, path, word):
    up, down = (listed(many, f"{path}?limit=1000&sort={sign}{word}")["items"] for sign in ("", "-"))
    keys = [key(path, word, one) for one in up]
    assert len(keys) >= MANY
    assert keys == sorted(keys)
    assert [key(path, word, one) for one in down] == sorted(keys, reverse=True)


@pytest.mark.parametrize("path", sorted({path for path, _ in every_sort()}))
def test_the_pages_of_a_list_make_up_the_whole(many, path):
    whole = listed(many, f"{path}?limit=100000")
    assert whole["total"] == len(whole["items"]) >= MANY
    pieces = []
    for offset in range(0, whole["total"] + 50, 50):
        page = listed(many, f"{path}?limit=50&offset={offset}")
        assert page["total"] == whole["total"]
        pieces += page["items"]
    assert pieces == whole["items"]
    assert get(many, f"{path}?format=csv").body.decode().count("\r\n") == whole["total"] + 1
    assert len(listed(many, path)["items"]) == min(200, whole["total"])


def test_what_is_counted_is_had_in_pages_too(many):
    whole = listed(many, "coverage?by=group")
    assert whole["total"] == len(whole["items"]) == MANY
    for offset in (0, 7, 57, 64):
        page = listed(many, f"coverage?by=group&limit=7&offset={offset}")
        assert page == {"items": whole["items"][offset : offset + 7], "total": MANY}
    for word in ("name", "channel", "computers", "share", "covered", "missing", "failed", "silent", "open", "overdue"):
        one = listed(many, f"coverage?by=group&sort=-{word}")["items"]
        assert {line["name"] for line in one} == {line["name"] for line in whole["items"]}
    names = [line["name"] for line in whole["items"]]
    assert names == sorted(names)
    assert [line["name"] for line in listed(many, "coverage?by=group&sort=-name")["items"]] == names[::-1]
    some = listed(many, "coverage?by=group&channel=production&limit=3")
    assert some["items"] == [one for one in whole["items"] if one["channel"] == "production"][:3]
    assert some["total"] == MANY // 2
    assert listed(many, f"coverage?by=group&group={names[5]}") == {"items": [whole["items"][5]], "total": 1}
    refused = get(many, "coverage?by=group&text=group-1")  # which narrows computers alone
    assert refused.status == 400 and "'text'" in refused.json["detail"]


FILTERS = [
    ("upstreams", "text=up-1", lambda one: one["name"].startswith("up-1")),
    ("upstreams", "text=127.0.0.1:3", lambda one: ":3/" in one["url"]),
    ("upstreams", "name=up-11", lambda one: one["name"] == "up-11"),
    ("upstreams", "state=enabled", lambda one: one["enabled"]),
    ("upstreams", "state=disabled", lambda one: not one["enabled"]),
    ("upstreams", "outcome=failed", lambda one: one["last_sync"]["outcome"] == "failed"),
    ("syncs", "upstream=up-01", lambda one: one["upstream"] == "up-01"),
    ("syncs", "outcome=running", lambda one: one["outcome"] == "running"),
    ("syncs", "outcome=failed", lambda one: one["outcome"] == "failed"),
    ("syncs", f"text={quote('of 100%')}", lambda one: one["message"].endswith("of 100%")),
    ("syncs", "text=ann", lambda one: one["person"] == "ann"),
    ("groups", "text=GROUP-3", lambda one: one["name"].startswith("group-3")),
    ("groups", "name=group-33", lambda one: one["name"] == "group-33"),
    ("groups", "channel=production", lambda one: one["channel"] == "production"),
    ("tokens", "group=group-02", lambda one: one["group"] == "group-02"),
    ("tokens", "text=bob", lambda one: one["person"] == "bob"),
    ("tokens", "text=tok00", lambda one: one["begins"].startswith("tok00")),
    *(("tokens", f"state={quote(state)}", lambda one, state=state: one["state"] == state)
      for state in ("valid", "expired", "used up", "revoked")),
    ("jobs", "kind=backup", lambda one: one["kind"] == "backup"),
    ("jobs", "text=FLEET", lambda one: one["subject"] == "fleet"),
    ("people", "text=son-2", lambda one: one["name"].startswith("person-2")),
    ("people", "role=approver", lambda one: one["role"] == "approver"),
    ("api-tokens", "text=script%203", lambda one: one["name"] == "script 3"),
    ("api-tokens", "text=person-05", lambda one: one["person"] == "person-05"),
    ("api-tokens", "state=expired", lambda one: one["state"] == "expired"),
    ("api-tokens", "role=viewer", lambda one: one["role"] == "viewer"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "filter", "fits"), FILTERS, ids=[f"{one[0]}?{one[1]}" for one in FILTERS])
def test_a_list_is_narrowed_to_what_fits(many, path, filter, fits):
    whole = listed(many, f"{path}?limit=1000")["items"]
    some = listed(many, f"{path}?limit=1000&{filter}")
    assert some["items"] == [one for one in whole if fits(one)]
    assert 0 < some["total"] == len(some["items"]) < len(whole)


COMMANDS = [
    ("upstream list", "upstreams", "state=disabled", "-name"), ("sync list", "syncs", "outcome=failed", "seconds"),
    ("group list", "groups", "channel=production", "-name"), ("person list", "people", "role=owner", "-added_at"),
    ("token list", "tokens", "state=revoked", "expires_at"),
    ("job list", "jobs", "kind=backup", "-id"),
    ("api-token list", "api-tokens", "text=script", "-expires_at"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "path", "filter", "sort"), COMMANDS, ids=[one[0] for one in COMMANDS])
def test_sluicectl_lists_what_the_server_does(many, command, path, filter, sort):
    name, value = filter.split("=")
    given = [f"--{name}", value, f"--sort={sort}", "--limit", "5", "--offset", "2"]
    page = listed(many, f"{path}?{filter}&sort={sort}&limit=5&offset=2")
    assert len(page["items"]) == 5
    assert many.ctl(*command.split(), *given) == page["items"]
    assert f"5 of {page['total']}; more with" in many.ctl_text(*command.split(), *given)
    # a program gets all of them
    assert len(many.ctl(*command.split())) == listed(many, path)["total"]


@pytest.mark.parametrize("by", ["update", "group", "channel"])
def test_what_is_counted_is_not_narrowed_in_silence(many, by):
    with pytest.raises(CtlError, match="--text is about computers") as refused:
        many.ctl("coverage", "--by", by, "--text", "group-1")
    assert refused.value.code == 2


def test_an_api_token_counts_as_what_its_person_may_do(many):
    roles = {one["name"]: one["role"] for one in listed(many, "people")["items"]}
    for one in listed(many, "api-tokens")["items"]:
        assert ROLES.index(one["role"]) <= ROLES.index(roles[one["person"]])


@pytest.mark.parametrize("wrong", [
    "upstreams?state=off", "upstreams?outcome=good", "upstreams?sort=-", "syncs?outcome=good",
    "syncs?sort=message", "groups?channel=x", "groups?sort=--name", "tokens?state=used", "tokens?group=none",
    "tokens?sort=id", "people?role=nobody", "people?sort=password", "api-tokens?state=gone",
    "jobs?kind=work", "jobs?state=good", "jobs?sort=error", "api-tokens?sort=digest", "coverage?by=group&group=none", "coverage?by=channel&channel=test",
    "coverage?by=update&sort=share", "coverage?by=group&sort=rating", "coverage-worst?sort=missing",
])  # fmt: skip
def test_what_nobody_understands_is_named(many, wrong):
    answer = get(many, wrong)
    assert answer.status in (400, 404)
    value = wrong.rpartition("=")[2]
    assert f"'{value}'" in answer.json["detail"]
    assert "there is" in answer.json["detail"] or "there are" in answer.json["detail"]


def test_an_upstream_that_there_is_not_has_no_list_of_syncs(many):
    with pytest.raises(CtlError, match="there is no upstream up-0$"):
        many.ctl("sync", "list", "up-0")


def test_an_upstream_has_its_last_sync_however_many_others_had_since(many):
    (long_ago,) = listed(many, "upstreams?name=up-00")["items"]
    assert long_ago["last_sync"]["upstream"] == "up-00"
    assert long_ago["last_sync"]["outcome"] == "failed"  # what runs has no outcome yet
    assert long_ago["last_outcome"] == "running"
    (often,) = listed(many, "upstreams?name=up-01")["items"]
    assert often["last_sync"]["outcome"] == "unchanged"
