"""The admin API as a program on the server uses it: over the Unix socket."""

import http.client
import json
import socket


class Link(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def call(sluice, method, path, body=None, headers=None):
    """One call; a body that is not bytes goes out as JSON. path is behind /api/v1/, or absolute."""
    link = Link(sluice.state / "admin.sock")
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    try:
        link.request(method, path if path[0] == "/" else f"/api/v1/{path}", body, headers or {})
        answer = link.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        link.close()


def get(sluice, path, **headers):
    """GET; headers as in If_None_Match=..."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(sluice, "GET", path, headers=named)


def post(sluice, path, body):
    return call(sluice, "POST", path, body)
