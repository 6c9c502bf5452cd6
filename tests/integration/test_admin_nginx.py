"""The admin port behind nginx as README has it: with TLS, under a path of somebody else's server."""

import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import textwrap
import time

import pytest
from sluice import CONFIG, Sluice
from test_admin_tls import make_certificate
from test_admin_tls import SecureVisitor as Secure
from visitor import add_person

README = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
PATH = "/patches/"
SOURCE = "127.0.0.5"


class Behind(Secure):
    """A browser at the proxy."""

    def __init__(self, sluice, address, certificate):
        super().__init__(sluice, certificate)
        self.address = address

    def connection(self):
        host, port = self.address.rsplit(":", 1)
        return http.client.HTTPSConnection(
            host, int(port), timeout=60, context=self.context, source_address=(SOURCE, 0)
        )

    def ask(self, method, path, body=None, headers=None):
        path = path.removeprefix("/") if path.startswith("/") else "api/v1/" + path
        return super().ask(method, PATH + path, body, headers)


def block(begin):
    """An indented block of README's from its line that begins so."""
    return textwrap.dedent(re.search(rf"^    {re.escape(begin)}.*?(?=\n\n|\Z)", README, re.M | re.S)[0])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def wait_for(port, program):
    while program.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 10).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise RuntimeError(program.communicate()[1])


@pytest.fixture
def behind(folder):
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    port = free_port()
    make_certificate(folder)
    ours = re.search(r"^    (\[admin\]\n    url = .*?)\n\n", README, re.M | re.S)[1]
    ours = textwrap.dedent("    " + ours).replace("https://updates.example.org", f"https://localhost:{port}")
    sluice = Sluice(folder, f"{CONFIG}{ours}\n").start()
    location = block("location /patches/").replace("127.0.0.1:8090", sluice.addresses()["admin"])
    paths = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{paths}\n"
        f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem;\n"
        f"ssl_certificate_key {folder}/key.pem;\n{location}\n}} }}\n"
    )
    command = ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    nginx = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(port, nginx)
        yield sluice, Behind(sluice, f"localhost:{port}", folder / "cert.pem")
    finally:
        nginx.terminate()
        nginx.communicate()
        sluice.stop()


def test_the_lines_in_readme_put_the_page_behind_nginx(behind):
    sluice, visitor = behind
    add_person(sluice, "ann", "owner")
    for path in ("/", "/app.js", "/style.css"):
        answer = visitor.get(path)
        assert answer.status == 200 and answer.headers["Content-Security-Policy"], path
    signed_in = visitor.sign_in("ann")
    assert signed_in.status == 200
    assert all("; Secure" in cookie for cookie in signed_in.headers.get_all("Set-Cookie"))
    row = sluice.ctl("audit", "list")[0]
    assert row["action"] == "sign in" and json.loads(row["detail"])["from"] == SOURCE
    etag = visitor.get("groups").headers["ETag"]
    assert visitor.get("groups", **{"If-None-Match": etag}).status == 304
    assert visitor.post("groups", name="office", channel="production").status == 201
    for origin in (f"http://{sluice.addresses()['admin']}", "https://localhost", "null"):
        forged = visitor.post("groups", {"Origin": origin}, name="x", channel="production")
        assert forged.status == 403, origin
    assert [group["name"] for group in sluice.ctl("group", "list")] == ["office"]
