"""A browser at the admin page, as far as the server sees one: a cookie, an Origin, a token."""

import http.client
import json
import subprocess

import admin
from sluice import BUILD

PASSWORD = "correct horse battery"
# what every answer of the admin port carries
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Answer(admin.Answer):
    @property
    def problem(self):
        """What the page acts on: "sign-in" and so on; "" for a problem of no kind."""
        return self.json["type"].removeprefix("about:blank").removeprefix("urn:sluice:problem:")


class Visitor:
    """One browser; source is the address it comes from."""

    def __init__(self, sluice, source=None):
        self.address = sluice.addresses()["admin"]
        self.source = source
        self.cookie = None
        self.device = None  # that somebody signed in here before
        self.token = None

    def connection(self):
        host, port = self.address.rsplit(":", 1)
        source = (self.source, 0) if self.source else None
        return http.client.HTTPConnection(host, int(port), timeout=60, source_address=source)

    def headers(self, method, body):
        kept = {"other": 1, "sluice_session": self.cookie, "sluice_device": self.device}
        pairs = [f"{name}={value}" for name, value in kept.items() if value]
        sent = {"Cookie": "; ".join(pairs)} if len(pairs) > 1 else {}
        if method != "GET":
            sent["Origin"] = f"http://{self.address}"
            sent["X-Sluice-Token"] = self.token
        if body is not None:
            sent["Content-Type"] = "application/json"
        return {name: value for name, value in sent.items() if value is not None}

    def ask(self, method, path, body=None, headers=None):
        """An answer of the API, or of a path from the root; a header that is None is not sent."""
        sent = self.headers(method, body) | (headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        connection = self.connection()
        path = path if path.startswith("/") else "/api/v1/" + path
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        self.keep(answer)
        return answer

    def keep(self, answer):
        """What a browser does with a cookie, and the page with the token."""
        set_now = {}
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, value = cookie.split(";")[0].split("=", 1)
            set_now[name] = value or None
        self.device = set_now.get("sluice_device", self.device)
        if "sluice_session" in set_now:
            self.cookie = set_now["sluice_session"]
            self.token = answer.json.get("token") if self.cookie else None

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, headers=None, **body):
        return self.ask("POST", path, body, headers)

    def delete(self, path):
        return self.ask("DELETE", path)

    def sign_in(self, name, password=PASSWORD):
        answer = self.post("session", name=name, password=password)
        if answer.status == 200 and not self.token:
            self.token = self.get("session").json["token"]
        return answer


def check_headers(answer):
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], (answer.status, name)


def person_ctl(sluice, *arguments, password=PASSWORD):
    """sluicectl person, with a password on standard input."""
    command = [str(BUILD / "server/ctl/sluicectl"), "--state", str(sluice.state), *arguments]
    return subprocess.run(command, input=password + "\n", capture_output=True, text=True, timeout=60)


def add_person(sluice, name, role):
    done = person_ctl(sluice, "person", "add", name, "--role", role)
    assert done.returncode == 0, done.stderr


def signed_in(sluice, name, role, source=None):
    """A browser of a new person."""
    add_person(sluice, name, role)
    visitor = Visitor(sluice, source)
    assert visitor.sign_in(name).status == 200
    return visitor


def move_time(sluice, seconds):
    """What the database remembers of sign-ins gets older, which is as good as waiting."""
    import sqlite3

    with sqlite3.connect(sluice.state / "sluice.db", timeout=30) as db:
        db.execute("UPDATE login_failure SET last_at = last_at - ?", (seconds,))
        db.execute(
            "UPDATE session SET begun_at = begun_at - ?1, seen_at = seen_at - ?1,"
            " confirmed_at = confirmed_at - ?1",
            (seconds,),
        )
        db.execute("UPDATE setup_code SET expires_at = expires_at - ?", (seconds,))
        db.execute("UPDATE api_token SET expires_at = expires_at - ?", (seconds,))
