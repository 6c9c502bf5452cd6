"""The admin API as programs use it: HTTP over the Unix socket."""

import http.client
import json
import socket


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(sluice, method, path, body=None, headers=None):
    """(status, headers, body) of one call; path is behind /api/v1/, or absolute."""
    connection = Connection(sluice.addresses()["socket"])
    target = path if path.startswith("/") else f"/api/v1/{path}"
    sent = json.dumps(body) if body is not None else None
    try:
        connection.request(method, target, body=sent, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def get(sluice, path):
    """The JSON of a GET that has to succeed."""
    status, _, body = ask(sluice, "GET", path)
    assert status == 200, body
    return json.loads(body)


def post(sluice, path, body):
    """(status, JSON) of a POST."""
    status, _, answer = ask(sluice, "POST", path, body)
    return status, json.loads(answer)
