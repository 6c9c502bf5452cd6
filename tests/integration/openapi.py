"""The API's description, and a client that holds every answer against it."""

import json
import re
import subprocess

import admin
from jsonschema import Draft202012Validator, RefResolver
from sluice import BUILD

HOW = (
    "Describe it in server/admin/openapi/*.toml (generate.py says how), and have the road in"
    " tests/integration/test_openapi.py call it."
)

NAMED = ("update", "update-packages", "computer-updates")  # what is about one thing that is named


class Route:
    """A row of the table in server/admin/routes.c."""

    def __init__(self, method, path, right, arguments, confirm):
        self.method, self.path, self.right = method, path, right
        self.arguments = arguments.split()
        self.confirm = confirm  # whether it takes the password again: "always", "some" or ""

    def __str__(self):
        return f"{self.method} {self.path}"


def table():
    text = subprocess.run(
        [str(BUILD / "tests/unit/list_routes")], capture_output=True, text=True, check=True
    ).stdout
    return [Route(*line.split("\t")) for line in text.splitlines()]


class Operation:
    def __init__(self, document, template, method, described):
        self.document, self.method, self.described = document, method, described
        self.path = template[1:]
        pattern = re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}")
        self.pattern = re.compile(re.sub(r"\{\w+\}", "[^?]+", pattern))
        # as the table has it
        self.row = f"{method} {re.sub('{.*', '', self.path)}"

    def __str__(self):
        return self.row

    @property
    def arguments(self):
        return [one["name"] for one in self.described["parameters"] if one["in"] == "query"]

    @property
    def body_schema(self):
        """Of the JSON that it takes; None where it takes none."""
        content = self.described.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")

    def errors(self, schema, value):
        resolver = RefResolver.from_schema(self.document)
        for error in Draft202012Validator(schema, resolver=resolver).iter_errors(value):
            yield from leaves(error)

    def check_answer(self, answer):
        """Fails where an answer is not what the description says."""
        responses = self.described["responses"]
        if answer.status == 304:
            assert "304" in responses, f"{self}: 304 is not described"
            return
        described = responses.get(str(answer.status))
        if answer.status >= 400:
            described = self.document["components"]["responses"]["Problem"]
        assert described, f"{self} answers {answer.status}, which is not described. {HOW}"
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in described["content"], f"{self} answers {kind}, which is not described. {HOW}"
        if not kind.endswith("json"):
            return
        errors = list(self.errors(described["content"][kind]["schema"], answer.json))
        assert not errors, f"{self} answers other than described: {'; '.join(errors[:5])}. {HOW}"


def leaves(error):
    """What is wrong in words, down to the member that is; of alternatives the nearest."""
    if error.context:
        depth = max(len(one.absolute_path) for one in error.context)
        for one in error.context:
            if len(one.absolute_path) == depth:
                yield from leaves(one)
    else:
        yield f"{error.json_path}: {error.message[:200]}"


def operations(document):
    return [
        Operation(document, template, method.upper(), described)
        for template, methods in document["paths"].items()
        for method, described in methods.items()
    ]


class CheckedClient:
    """Calls the API, and holds each answer (and what it took) against the description."""

    def __init__(self, sluice):
        self.sluice = sluice
        self.document = admin.get(sluice, "openapi.json").json
        self.operations = operations(self.document)
        self.seen = set()  # operations that answered well
        self.bodies = {}  # the first that each operation took

    def find(self, method, path):
        for one in self.operations:
            if one.method == method and one.pattern.fullmatch(path.split("?")[0]):
                return one
        raise AssertionError(f"{method} {path} is not described. {HOW}")

    def check(self, method, path, body, answer):
        operation = self.find(method, path)
        operation.check_answer(answer)
        if answer.status < 400:
            self.seen.add(str(operation))
            if body is not None and not isinstance(body, bytes):
                errors = list(operation.errors(operation.body_schema or False, body))
                assert not errors, f"{operation} takes other than described: {errors[0]}. {HOW}"
                self.bodies.setdefault(str(operation), body)
        return answer

    def call(self, method, path, body=None, status=200):
        answer = self.check(method, path, body, admin.call(self.sluice, method, path, body))
        assert answer.status == status, f"{method} {path}: {answer.body.decode()[:500]}"
        return answer

    def get(self, path, status=200):
        return self.call("GET", path, status=status).json

    def post(self, path, body, status=200):
        return self.call("POST", path, body, status=status).json

    def delete(self, path, status=200):
        return self.call("DELETE", path, status=status).json

    def wait(self, job):
        """Until a job ended well."""
        while (one := self.get(f"jobs/{job}?wait_ms=1000"))["state"] in ("queued", "running"):
            pass
        assert one["state"] == "done", json.dumps(one)
        return one
