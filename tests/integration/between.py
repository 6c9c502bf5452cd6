"""Somebody between a machine and the server: watches, changes or drops what passes."""

import http.server
import threading
import urllib.error
import urllib.request


class Instead:
    """Another answer than the server's."""

    def __init__(self, status, headers=None):
        self.status = status
        self.headers = headers or {}


MISSING = Instead(404)

# conditions too: what is changed on the way has to come whole
LEFT_OUT = ("host", "connection", "if-modified-since", "if-none-match")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, body=None):
        between = self.server.between
        refused = between.refuse(self.path)
        if refused:
            self.send(refused.status, refused.headers, b"")
            return
        kept = {
            name: value for name, value in self.headers.items() if name.lower() not in LEFT_OUT
        }
        request = urllib.request.Request(
            between.target + self.path, data=body, headers=kept, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as came:
                status, headers, data = came.status, came.headers, came.read()
        except urllib.error.HTTPError as problem:
            status, headers, data = problem.code, problem.headers, problem.read()
        between.seen.append((self.command, self.path, body or b"", data))
        changed = between.change(self.path, data) if status == 200 else data
        between.arrived.append(changed)
        if changed is None:  # dropped
            self.close_connection = True
            return
        if isinstance(changed, Instead):
            status, headers, changed = changed.status, changed.headers, b""
        self.send(status, headers, changed)

    def send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))


class Between:
    """Forwards to a server; change(path, body) gives what arrives: bytes, an Instead, or None to drop it.

    refuse(path) gives an Instead for what is to be answered without asking the server.
    """

    def __init__(self, target):
        self.target = target
        self.seen = []  # (method, path, posted, answered)
        self.arrived = []  # what was made of each answer
        self.change = lambda path, body: body
        self.refuse = lambda path: None
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.between = self
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_port}"

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
