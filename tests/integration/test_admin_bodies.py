"""What a body may be made of: a value of another kind than is described ends no server."""

import copy

import pytest
from admin import call
from openapi import CheckedClient

WRONG = [None, True, 0, -1, 2**63 - 1, 1.5, "", "..", "a\nb", [], [None], [0], [""], [["x"]], {}, {"x": 1}]


def resolved(document, schema):
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        schema = document["components"]["schemas"][name]
    return schema


def sample(document, schema):
    """A value as it is described, as far as its kind goes."""
    schema = resolved(document, schema)
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        members = schema.get("properties", {})
        return {name: sample(document, one) for name, one in members.items()}
    if kind == "array":
        return [sample(document, schema["items"])]
    return {"integer": schema.get("minimum", 1), "number": 1, "boolean": True}.get(kind, "x")


def bodies(document, schema):
    """What is required, with each of what is not, and all of it."""
    whole = sample(document, schema)
    needed = set(resolved(document, schema).get("required", []))
    yield whole
    for name in whole.keys() - needed:
        yield {key: one for key, one in whole.items() if key in needed or key == name}


def variants(value):
    """The value with each part of it, and each member left out, something else."""
    yield from WRONG
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        for one in variants(value[key]):
            changed = copy.deepcopy(value)
            changed[key] = one
            yield changed
    if isinstance(value, dict):
        for key in value:
            yield {name: one for name, one in value.items() if name != key}


@pytest.fixture(scope="module")
def api(shared):
    return CheckedClient(shared)


def test_a_body_of_other_kinds_is_refused_or_taken(api, shared):
    asked = 0
    for one in api.operations:
        if one.method != "POST" or not one.body_schema or one.path == "backups":
            continue
        for body in bodies(one.document, one.body_schema):
            for changed in variants(body):
                answer = call(shared, "POST", one.path, changed)
                assert answer.status < 500, f"{one} {changed}: {answer.body.decode()[:500]}"
                asked += 1
    assert asked > 1000
    assert shared.ctl("status")["serving"]
