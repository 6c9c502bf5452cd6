"""The page behind a reverse proxy, under a path of somebody else's server."""

import http.client
import http.server
import threading

import people
import pytest
import seed
from admin import post

PATH = "/sluice"


class Handler(http.server.BaseHTTPRequestHandler):
    """What `location /sluice/ { proxy_pass http://ADMIN/; proxy_set_header Host $http_host; }` does."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def forward(self):
        self.server.asked.append(self.path)
        if not self.path.startswith(PATH + "/"):
            self.send_error(404)
            return
        size = int(self.headers.get("Content-Length", 0))
        link = http.client.HTTPConnection(self.server.admin, timeout=60)
        kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        link.request(self.command, self.path[len(PATH) :], self.rfile.read(size) if size else None, kept)
        answer = link.getresponse()
        body = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.status != 304:
            self.wfile.write(body)
        link.close()

    do_GET = do_POST = do_DELETE = forward


@pytest.fixture
def proxy(new):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.admin, server.asked = new.addresses()["admin"], []
    server.base = f"http://127.0.0.1:{server.server_port}{PATH}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_page_works_under_a_path(browser, new, proxy):
    post(new, "people", {"name": seed.OWNER, "role": "owner", "password": seed.PASSWORD})
    people.sign_in(browser, new, base=proxy.base)
    for _ in people.places(browser):
        assert browser.address.startswith(proxy.base)
    people.go(browser, "Groups")
    browser.act(lambda: browser.first("button", "Add a group …").click(), "add a group")
    browser.fill("textbox", "Name", "behind a proxy", browser.see("dialog"))
    browser.click("button", "Add")
    browser.see("heading", "behind a proxy")
    assert [one["name"] for one in new.ctl("group", "list")] == ["behind a proxy"]
    assert browser.requests_elsewhere(proxy.base) == []
    assert [path for path in proxy.asked if not path.startswith(PATH + "/")] == []
