"""What all answers of the admin API have in common."""

import pytest
from admin import call, get, post


def test_what_was_read_already_is_not_sent_again(shared):
    first = get(shared, "groups")
    tag = first.headers["ETag"]
    assert first.status == 200 and first.json["items"] == []
    for known in (tag, f'"other", {tag}', "*"):
        again = get(shared, "groups", If_None_Match=known)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag), known
    assert get(shared, "groups", If_None_Match='"other"').status == 200
    post(shared, "groups", {"name": "office", "channel": "production"})
    changed = get(shared, "groups", If_None_Match=tag)
    assert changed.status == 200 and len(changed.json["items"]) == 1
    assert call(shared, "DELETE", "groups/office", headers={"If-None-Match": "*"}).status == 200
    assert get(shared, "groups", If_None_Match=tag).status == 304


@pytest.mark.parametrize(
    "method,path,status,title",
    [
        ("GET", "nowhere", 404, "not-found"),
        ("PUT", "groups", 405, "not-allowed"),
        ("GET", "updates?limit=x", 400, "invalid"),
        ("GET", "update?name=none", 404, "not-found"),
        ("POST", "groups", 400, "invalid"),
        ("GET", "jobs/1000", 404, "not-found"),
    ],
)
def test_an_error_is_a_problem_with_details(shared, method, path, status, title):
    answer = call(shared, method, path)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem.pop("detail")
    assert problem == {"type": "about:blank", "title": title, "status": status}
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("path,methods", [("groups", "GET, POST"), ("jobs/1", "GET, DELETE")])
def test_a_wrong_method_is_told_the_right_ones(shared, path, methods):
    assert call(shared, "PATCH", path).headers["Allow"] == methods


def test_a_conflict_has_a_type_that_programs_can_act_on(shared):
    group = {"name": "twice", "channel": "production"}
    assert post(shared, "groups", group).status == 201
    problem = post(shared, "groups", group)
    assert problem.status == 409
    assert problem.json["type"] == "urn:sluice:problem:conflict"
    assert "twice" in problem.json["detail"]
    call(shared, "DELETE", "groups/twice")


def test_no_answer_is_kept_by_what_is_between(shared):
    backup = post(shared, "backups", {}).json["job"]
    while get(shared, f"jobs/{backup}?wait_ms=1000").json["state"] == "running":
        pass
    for path in ("status", "groups", "nowhere", f"backups/{backup}"):
        answer = get(shared, path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path


@pytest.mark.parametrize(
    "path,words",
    [
        ("groups?colour=red", "no argument 'colour' here"),
        ("updates?nmae=x", "no argument 'nmae' here; there is format limit offset"),
        ("updates?limit=5&limit=6", "limit: given twice"),
        ("updates?limit=0", "limit: number out of range"),
        ("updates?limit=100001", "limit: number out of range"),
        ("computers?offset=-1", "offset: number out of range"),
        ("audit?limit=many", "limit: not a number: 'many'"),
        ("coverage?by=colour", "by 'colour': there is update, group, channel, computer"),
        ("status?%3Cb%3E", "no argument '<b>' here"),
        ("certification?text=caf%E9", "text: not in UTF-8"),
    ],
)
def test_an_argument_that_nobody_understands_is_refused_by_its_name(shared, path, words):
    answer = get(shared, path)
    assert answer.status == 400 and words in answer.json["detail"]


def test_a_change_with_an_argument_that_nobody_understands_is_not_made(shared):
    group = {"name": "never", "channel": "production"}
    assert post(shared, "groups?dry_run=1", group).status == 400
    assert post(shared, "groups", dict(group, dry_run=True)).status == 400
    assert call(shared, "DELETE", "groups/never?x=1").status == 400
    # nor with a body that nobody reads
    post(shared, "groups", dict(group, name="stays"))
    refused = call(shared, "DELETE", "groups/stays", {"dry_run": True})
    assert refused.status == 400 and "takes no body" in refused.json["detail"]
    assert call(shared, "DELETE", "groups/stays").status == 200
    assert get(shared, "groups").json["items"] == []


def test_nothing_between_the_signs_is_no_argument(shared):
    assert get(shared, "groups?").status == 200
    assert get(shared, "updates?&limit=1&&offset=0").status == 200
