#!/usr/bin/python3
"""Makes the OpenAPI document: generate.py VERSION OUTPUT INPUT.toml ...

Each input describes the routes and schemas of one noun, as short as they can be said.

    ["GET groups"]                      method, path behind /api/v1/; "groups/{name}"
    summary = "Groups of computers"
    right = "read"                      as in routes.c
    confirm = "always"                  or "some": who signed in gives the password again
    arguments = { format = "format" }   types of what stands behind the '?', if anything does
    body = { name = "text" }            JSON, its members' types; or a media type, "text/plain"
    status = 201                        where it is not 200
    answer = "list of Group"            a type; or members and their types; or a media type

    [Group]                             a schema: members and their types
    name = "text"
    "rating?" = "Rating"                a member that may be missing

A type is text, int, number, bool, time (seconds since 1970; 0: never), any, a schema's name,
"one of a b c", "list of T" (an object with items and, where it is paged, their total), "array of T",
"map of T", "T or U", or a table of members. With a '?' behind it, it may be null. What stands behind
" -- " describes it. An argument's type "format", "limit" or "offset" says all there is to say of it.
A schema with the member "..." has all members of the schema named there, too.
"""

import json
import sys
import tomllib

TYPES = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "time": {"type": "integer", "minimum": 0, "description": "seconds since 1970, UTC; 0: never"},
    "any": {},
}
ARGUMENTS = {
    "format": "one of json csv -- csv: the whole list as a file, unless a limit is given",
    "limit": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 200},
    "offset": {"type": "integer", "minimum": 0, "default": 0},
}
PROBLEM = {
    "type": "text -- about:blank, or one of urn:sluice:problem: and sign-in, set-up, confirm,"
    " conflict, throttled",
    "title": "text",
    "status": "int",
    "detail": "text",
}


def members(table):
    """The schema of an object of ours: these members and no others."""
    required = [name for name in table if not name.endswith("?")]
    schema = {
        "type": "object",
        "properties": {name.rstrip("?"): schema_of(kind) for name, kind in table.items()},
        "additionalProperties": False,
    }
    return dict(schema, required=required) if required else schema


def with_members_of(table, schemas):
    if "..." not in table:
        return table
    own = {name: kind for name, kind in table.items() if name != "..."}
    return {**with_members_of(schemas[table["..."]], schemas), **own}


def schema_of(kind):
    if isinstance(kind, dict):
        return members(kind)
    kind, _, description = kind.partition(" -- ")
    if kind.endswith("?"):
        schema = {"anyOf": [schema_of(kind[:-1]), {"type": "null"}]}
    elif kind.startswith("one of "):
        schema = {"type": "string", "enum": kind.split()[2:]}
    elif kind.startswith("array of "):
        schema = {"type": "array", "items": schema_of(kind[len("array of ") :])}
    elif kind.startswith("map of "):
        schema = {"type": "object", "additionalProperties": schema_of(kind[len("map of ") :])}
    elif kind.startswith("list of "):
        schema = members({"items": "array of " + kind[len("list of ") :], "total?": "int"})
    elif " or " in kind:
        schema = {"anyOf": [schema_of(one) for one in kind.split(" or ")]}
    elif kind[:1].isupper():
        schema = {"$ref": f"#/components/schemas/{kind}"}
    else:
        schema = dict(TYPES[kind])
    return dict(schema, description=description) if description else schema


def parameter(name, kind, where):
    if kind in ARGUMENTS:
        kind = ARGUMENTS[kind]
    schema = kind if isinstance(kind, dict) else schema_of(kind)
    made = {"name": name, "in": where, "required": where == "path", "schema": schema}
    if "description" in schema:
        made["description"] = schema["description"]
    return made


def content(kind):
    is_media_type = isinstance(kind, str) and "/" in kind.split(" ")[0]
    return {kind: {}} if is_media_type else {"application/json": {"schema": schema_of(kind)}}


def operation(method, path, route):
    arguments = route.get("arguments", {})
    answer = {"description": "done", "content": content(route["answer"])}
    if "format" in arguments:
        answer["content"]["text/csv"] = {"schema": {"type": "string"}}
    made = {
        "operationId": f"{method.lower()}-{path.replace('/', '-').replace('{', '').replace('}', '')}",
        "summary": route["summary"],
        "x-right": route["right"],
        "parameters": [
            parameter(part[1:-1], "text", "path") for part in path.split("/") if part[0] == "{"
        ]
        + [parameter(name, kind, "query") for name, kind in arguments.items()],
        "responses": {
            str(route.get("status", 200)): answer,
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if method == "GET":
        made["responses"]["304"] = {"description": "as the If-None-Match of the request has it"}
    if "confirm" in route:
        made["x-confirm"] = route["confirm"]
    if route["right"] == "public":
        made["security"] = []
    if "body" in route:
        made["requestBody"] = {"required": True, "content": content(route["body"])}
    return made


def document(version, parts):
    all_parts = {}
    for name, value in (item for part in parts for item in part.items()):
        if name in all_parts:
            raise SystemExit(f"{name} is described twice")
        all_parts[name] = value
    paths, schemas = {}, {"Problem": members(PROBLEM)}
    for name, value in all_parts.items():
        if " " not in name:
            schemas[name] = schema_of(with_members_of(value, all_parts))
            continue
        unknown = set(value) - {"summary", "right", "confirm", "arguments", "body", "status", "answer"}
        if unknown:
            raise SystemExit(f"{name}: what is {unknown}?")
        method, path = name.split(" ")
        paths.setdefault(f"/{path}", {})[method.lower()] = operation(method, path, value)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    # one that others only have the members of is none of the document's
    said = json.dumps([paths, schemas, problem])
    schemas = {name: one for name, one in schemas.items() if f'"#/components/schemas/{name}"' in said}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sluice", "version": version, "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/api/v1"}],
        "security": [{"session": []}, {"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "sluice_session"},
                "token": {"type": "http", "scheme": "bearer"},
            },
            "responses": {"Problem": {"description": "it was refused (RFC 9457)", "content": problem}},
        },
    }


def main(version, output, *inputs):
    parts = []
    for name in inputs:
        with open(name, "rb") as file:
            parts.append(tomllib.load(file))
    with open(output, "w", encoding="utf-8") as out:
        json.dump(document(version, parts), out, separators=(",", ":"), ensure_ascii=True)
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
