"""The OpenAPI document: it has every route as it is, and every answer is what it says."""

import base64
import re

import pytest
from admin import get, post
from jsonschema import Draft202012Validator
from machine import Machine
from openapi import HOW, CheckedClient, operations, table

OLD, NEW = "1.0-1", "1.0-1+deb12u1"


@pytest.fixture(scope="module")
def document(shared):
    return get(shared, "openapi.json").json


def test_every_route_is_described_and_nothing_else(document):
    routes = {str(one) for one in table()}
    described = {str(one) for one in operations(document)}
    assert len(routes) > 40
    assert not routes - described, f"not described: {sorted(routes - described)}. {HOW}"
    assert not described - routes, f"described, but no route: {sorted(described - routes)}"


def test_rights_and_arguments_are_those_of_the_table(document):
    described = {str(one): one for one in operations(document)}
    for route in table():
        one = described[str(route)]
        assert one.described["x-right"] == route.right, f"{route}: its right. {HOW}"
        assert sorted(one.arguments) == sorted(route.arguments), f"{route}: its arguments. {HOW}"


def schemas_in(value):
    """Every schema object in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str) or "anyOf" in value or "$ref" in value:
            yield value
        for one in value.values():
            yield from schemas_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from schemas_in(one)


def test_the_document_is_sound(document):
    assert document["openapi"] == "3.1.0" and document["info"]["version"]
    names = [one.described["operationId"] for one in operations(document)]
    assert len(set(names)) == len(names)
    for one in operations(document):
        in_path = [p["name"] for p in one.described["parameters"] if p["in"] == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", one.path), one
        assert one.described["summary"] and "default" in one.described["responses"], one
        assert (one.described.get("security") == []) == (one.described["x-right"] == "public"), one
        if one.method == "GET":
            assert "requestBody" not in one.described, one
    for schema in schemas_in([document["paths"], document["components"]["schemas"]]):
        if "$ref" in schema:
            kind, name = schema["$ref"].split("/")[-2:]
            assert name in document["components"][kind], schema
            continue
        Draft202012Validator.check_schema(schema)
        if schema.get("type") == "object":
            assert "additionalProperties" in schema, schema


def test_a_list_and_only_a_list_is_had_as_csv(document):
    for one in operations(document):
        answer = one.described["responses"].get("200", {}).get("content", {})
        schema = answer.get("application/json", {}).get("schema", {})
        is_list = one.method == "GET" and "items" in schema.get("properties", {})
        assert ("format" in one.arguments) == is_list, f"{one}: format is for lists (LIST in routes.c)"


def test_a_member_that_nobody_understands_is_refused(document, shared):
    for one in operations(document):
        if one.body_schema:
            answer = post(shared, one.path, {"no_such_member": 1})
            assert answer.status == 400, f"{one}: {answer.status} {answer.body[:300]}"
            one.check_answer(answer)


def set_up_catalog(api, archive, mirror):
    for version in (OLD, NEW):
        source = f"tool ({version})"
        archive.add("tool", version, source=source, Depends="other")
        archive.add("tool-data", version, source=source, architecture="all")
        archive.add("other", version)
    archive.publish()
    upstream = {
        "name": "test", "url": mirror.url, "suite": archive.suite, "components": ["main"],
        "architectures": ["amd64"], "serves": ["debian:bookworm"], "internal": True,
        "keyring": base64.b64encode(archive.keyring().read_bytes()).decode(),
    }  # fmt: skip
    api.post("upstreams", {"upstreams": [upstream]}, 201)
    api.post("upstream-keys", {"name": "test", "keyring": upstream["keyring"], "dry_run": True})
    for enabled in (False, True):
        api.post("upstream-states", {"name": "test", "enabled": enabled})
    api.wait(api.post("syncs", {"upstream": "test"}, 202)["jobs"][0])
    list_entry = b"[01 Jan 2026] DSA-1-1 tool - security update\n\t{CVE-2026-0001}\n\t[bookworm] - tool 1.0-1+deb12u1\n"
    api.call("POST", "advisories", list_entry)
    api.post("ratings", {"name": "tool", "rating": "high", "reason": "because"})
    api.post("upstreams", {"upstreams": [dict(upstream, name="spare", **{"as": "spare"})]}, 201)
    api.delete("upstreams/spare")


def set_up_fleet(api, url):
    api.post("groups", {"name": "office", "channel": "production"}, 201)
    api.post("groups", {"name": "pilots", "channel": "certification"}, 201)
    api.post("groups", {"name": "spare", "channel": "production"}, 201)
    api.delete("groups/spare")
    api.post("tokens", {"group": "office", "lives_s": 86400, "uses": 5}, 201)
    token = api.post("tokens", {"group": "office", "hold": True}, 201)["token"]
    packages = [("tool", OLD, "amd64"), ("tool-data", OLD, "all")]
    machines = [Machine(url, f"web{number}", packages) for number in range(3)]
    for machine in machines:
        assert machine.enroll(token)[0] == 200
    for machine in machines[:2]:
        api.post("computer-acceptances", {"name": machine.name})
        machine.check_in()
    api.post("computer-moves", {"name": "web1", "group": "pilots"})
    api.post("computer-moves", {"computers": [machines[0].id], "group": "office"})
    api.post("group-changes", {"name": "pilots", "new_name": "first", "channel": "certification"})
    api.delete("computers/web2")
    api.delete(f"tokens/{api.get('tokens')['items'][0]['id']}")
    return machines[:2]


def decide(api):
    request = {"kind": "approve", "names": ["tool"], "channel": "certification", "reason": "for it"}
    plan = api.post("approvals", dict(request, dry_run=True))
    assert plan["items"] and plan["missing"]
    done = api.post("approvals", dict(request, plan=plan["plan"]))
    for job in done["jobs"]:
        api.wait(job)
    api.post("approvals", dict(request, plan=plan["plan"]), 409)
    api.post("holds", {"name": "tool", "held": True, "reason": "wait"})
    api.post("holds", {"name": "tool", "held": False})
    for kind, names, channel in (
        ("approve", ["tool", "other"], "production"),
        ("recall", ["other"], "production"),
        ("decline", ["other"], None),
    ):
        request = {"kind": kind, "names": names, "channel": channel, "reason": "so"}
        if kind == "approve":
            request["emergency"] = True
        for job in api.post("approvals", request)["jobs"]:
            api.wait(job)
    numbers = [one["number"] for one in api.get("channel-history?channel=production")["items"]]
    back = {"channel": "production", "number": numbers[-1], "reason": "back"}
    api.post("channel-returns", dict(back, dry_run=True))
    for job in api.post("channel-returns", back)["jobs"]:
        api.wait(job)


def change_settings(api):
    settings = api.get("settings")
    api.post("settings", {"ratings": [settings["ratings"][0]], "two_people": settings["two_people"]})


def read_everything(api):
    """Every list in every form that it has, and one of each."""
    for one in api.operations:
        if one.method != "GET" or "{" in one.path or one.path == "update":
            continue
        api.call("GET", one.path)
        if "format" in one.arguments:
            assert api.call("GET", f"{one.path}?format=csv").body.startswith(b"\xef\xbb\xbf")
        if "limit" in one.arguments:
            assert len(api.get(f"{one.path}?limit=1")["items"]) <= 1
    for by in ("update", "computer", "group", "channel"):
        assert api.get(f"coverage?by={by}")["items"], by
    assert api.get("computers?missing=tool")["items"]
    api.get("update?name=tool")
    api.get("computers/web0")


def work(api):
    backup = api.post("backups", {}, 202)["job"]
    api.wait(backup)
    api.call("GET", f"backups/{backup}")
    api.delete(f"jobs/{api.post('syncs', {}, 202)['jobs'][0]}")


def test_every_answer_is_what_the_document_says(sluice, archive, mirror):
    api = CheckedClient(sluice)
    for one in api.operations:  # empty, as it is on the first day
        if one.method == "GET" and "{" not in one.path and one.path != "update":
            api.call("GET", one.path)
    set_up_catalog(api, archive, mirror)
    machines = set_up_fleet(api, sluice.url)
    decide(api)
    for machine in machines:
        machine.check_in()
    change_settings(api)
    read_everything(api)
    work(api)
    missed = {str(one) for one in api.operations} - api.seen
    assert not missed, f"no answer was held against the document: {sorted(missed)}. {HOW}"
