"""The OpenAPI document: it has every route as it is, and every answer is what it says."""

import json
import re

import pytest
from admin import get, post
from jsonschema import Draft202012Validator
from openapi import HOW, NAMED, CheckedClient, operations, table
from people_road import sign_in
from road import change_settings, decide, set_up_catalog, set_up_fleet


@pytest.fixture(scope="module")
def document(shared):
    return get(shared, "openapi.json").json


def test_every_route_is_described_and_nothing_else(document):
    routes = {str(one) for one in table()}
    described = {str(one) for one in operations(document)}
    assert len(routes) > 40
    assert not routes - described, f"not described: {sorted(routes - described)}. {HOW}"
    assert not described - routes, f"described, but no route: {sorted(described - routes)}"


def test_rights_confirmations_and_arguments_are_those_of_the_table(document):
    described = {str(one): one for one in operations(document)}
    for route in table():
        one = described[str(route)]
        assert one.described["x-right"] == route.right, f"{route}: its right. {HOW}"
        assert one.described.get("x-confirm", "") == route.confirm, f"{route}: its confirm. {HOW}"
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
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert used == set(document["components"]["schemas"])
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


def read_everything(api):
    """Every list in every form that it has, and one of each."""
    for one in api.operations:
        if one.method != "GET" or "{" in one.path or one.path in NAMED:
            continue
        api.call("GET", one.path)
        if "format" in one.arguments:
            assert api.call("GET", f"{one.path}?format=csv").body.startswith(b"\xef\xbb\xbf")
        if "limit" in one.arguments:
            assert len(api.get(f"{one.path}?limit=1")["items"]) <= 1
    for by in ("update", "computer", "group", "channel"):
        assert api.get(f"coverage?by={by}")["items"], by
    for lines in ("rating", "channel", "all", "update&name=tool"):
        assert api.get(f"coverage-history?by={lines}")["lines"], lines
    for of in ("updates", "computers"):
        assert api.get(f"coverage-worst?of={of}")["items"], of
    assert api.get("computers?missing=tool")["items"]
    lacking = api.get("coverage-worst?of=computers")["items"][0]["name"]
    api.get("update?name=tool")
    for path in ("update-packages?name=tool", f"computer-updates?computer={lacking}"):
        assert api.get(path)["items"], path
        assert api.call("GET", f"{path}&format=csv").body.count(b"\r\n") > 1
    api.get("computers/web0")


def work(api):
    backup = api.post("backups", {}, 202)["job"]
    api.wait(backup)
    api.call("GET", f"backups/{backup}")
    api.delete(f"jobs/{api.post('syncs', {}, 202)['jobs'][0]}")


def test_every_answer_is_what_the_document_says(sluice, archive, mirror):
    api = CheckedClient(sluice)
    for one in api.operations:  # empty, as it is on the first day
        if one.method == "GET" and "{" not in one.path and one.path not in NAMED:
            api.call("GET", one.path)
    sign_in(api)
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
