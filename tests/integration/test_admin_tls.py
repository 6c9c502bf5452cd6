"""The admin port with TLS, and behind a proxy that has it."""

import http.client
import json
import signal
import ssl
import subprocess
import time

import pytest
from sluice import CONFIG, Sluice
from visitor import PASSWORD, Visitor, add_person


def make_certificate(folder, name="localhost"):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    for made in ("key.pem", "cert.pem"):
        (folder / made).chmod(0o644)
    return f"[admin]\ntls_certificate = {folder}/cert.pem\ntls_key = {folder}/key.pem\n"


class SecureVisitor(Visitor):
    def __init__(self, sluice, certificate, versions=()):
        super().__init__(sluice)
        self.context = ssl.create_default_context(cafile=certificate)
        if versions:
            self.context.minimum_version, self.context.maximum_version = versions

    def connection(self):
        host, port = self.address.rsplit(":", 1)
        return http.client.HTTPSConnection(host, int(port), timeout=60, context=self.context)

    def headers(self, method, body):
        sent = super().headers(method, body)
        return sent | ({"Origin": f"https://{self.address}"} if method != "GET" else {})


@pytest.fixture
def secure(folder):
    server = Sluice(folder, CONFIG + make_certificate(folder))
    yield server.start()
    server.stop()


def test_people_sign_in_over_tls_and_over_nothing_else(secure, folder):
    add_person(secure, "ann", "owner")
    visitor = SecureVisitor(secure, folder / "cert.pem")
    answer = visitor.sign_in("ann")
    assert answer.status == 200
    cookies = answer.headers.get_all("Set-Cookie")
    assert len(cookies) == 2 and all("Secure" in cookie.split("; ") for cookie in cookies)
    assert visitor.post("groups", name="office", channel="production").status == 201
    # the page over plain HTTP is another origin
    plain = {"Origin": f"http://{visitor.address}"}
    assert visitor.ask("POST", "groups", {}, plain).status == 403
    with pytest.raises((http.client.HTTPException, OSError)):
        Visitor(secure).get("session")


def reload(server, logged):
    """Has it read its configuration again; returns when it has said so."""
    before = len(server.log.read_bytes())
    server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 30
    while b"reloaded" not in (added := server.log.read_bytes()[before:]):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert logged in added.decode()


def test_a_reload_takes_a_new_certificate_and_drops_nobody(secure, folder):
    add_person(secure, "ann", "owner")
    early = SecureVisitor(secure, folder / "cert.pem")
    assert early.sign_in("ann").status == 200
    connection = early.connection()
    connection.connect()
    make_certificate(folder)
    late = SecureVisitor(secure, folder / "cert.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        late.get("session")
    reload(secure, f"tls_certificate: {folder}/cert.pem is shown from now on")
    assert late.get("session").status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        early.get("session")
    # who was there is served on
    connection.request("GET", "/api/v1/session", headers=early.headers("GET", None))
    assert json.loads(connection.getresponse().read())["person"] == "ann"
    connection.close()


def test_a_reload_takes_certificate_and_key_from_other_files(secure, folder):
    other = folder / "other"
    other.mkdir()
    secure.config.write_text(CONFIG + make_certificate(other))
    other.chmod(0o711)
    reload(secure, f"{other}/cert.pem is shown")
    assert SecureVisitor(secure, other / "cert.pem").get("session").status == 200
    assert "needs a restart" not in secure.log.read_text()


@pytest.mark.parametrize("file", ["cert.pem", "key.pem"])
@pytest.mark.parametrize("text", ["no PEM\n", None])
def test_a_certificate_that_does_not_do_is_not_taken(secure, folder, file, text):
    certificate = folder / "before.pem"
    certificate.write_bytes((folder / "cert.pem").read_bytes())
    (folder / file).unlink()
    if text:
        (folder / file).write_text(text)
        (folder / file).chmod(0o644)
    reload(secure, "[admin] tls_certificate: the one before stays: ")
    assert str(folder / file) in secure.log.read_text().split("stays: ")[1]
    assert SecureVisitor(secure, certificate).get("session").status == 200


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def test_what_leads_to_a_root_is_shown_along(folder):
    """A leaf with an RSA key, signed by an intermediate that browsers have never seen."""
    subject = ["-nodes", "-subj", "/CN=root", "-addext", "basicConstraints=critical,CA:TRUE"]
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-keyout", "root.key", "-out", "root.pem", *subject)
    (folder / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\n")
    (folder / "leaf.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    for name, issuer, kind in (("middle", "root", "ca"), ("leaf", "middle", "leaf")):
        openssl(folder, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={name}")  # fmt: skip
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key",
                "-out", f"{name}.pem", "-extfile", f"{kind}.ext", "-set_serial", "7")  # fmt: skip
    chain = (folder / "leaf.pem").read_text() + (folder / "middle.pem").read_text()
    (folder / "chain.pem").write_text(chain)
    for made in ("chain.pem", "leaf.key"):
        (folder / made).chmod(0o644)
    config = f"[admin]\ntls_certificate = {folder}/chain.pem\ntls_key = {folder}/leaf.key\n"
    server = Sluice(folder, CONFIG + config).start()
    try:
        assert SecureVisitor(server, folder / "root.pem").get("session").status == 200
    finally:
        server.stop()


@pytest.mark.parametrize(
    "version, works",
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_old_versions_of_tls_are_not_spoken(secure, folder, version, works):
    visitor = SecureVisitor(secure, folder / "cert.pem", (version, version))
    visitor.context.set_ciphers("DEFAULT@SECLEVEL=0")
    if works:
        assert visitor.get("session").json["person"] is None
    else:
        with pytest.raises(ssl.SSLError):
            visitor.get("session")


def check_config(folder, config, *options):
    server = Sluice(folder, CONFIG + config)
    command = [*server.command(), *options]
    where = command.index("--admin")
    del command[where : where + 2]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("options", [["--check-config"], []])
@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_to_listen_for_others_without_tls_is_refused(folder, address, options):
    done = check_config(folder, f"[admin]\nlisten = {address}\n", *options)
    assert done.returncode == 1
    assert f"[admin] listen: {address}" in done.stderr and "tls_certificate" in done.stderr
    assert not (folder / "state").exists()


def test_a_certificate_that_does_not_do_is_named(folder):
    config = make_certificate(folder)
    assert check_config(folder, config, "--check-config").returncode == 0
    (folder / "key.pem").write_text("no key\n")
    done = check_config(folder, config, "--check-config")
    assert done.returncode == 1 and f"tls_certificate: {folder}/cert.pem with" in done.stderr
    assert "no certificate in PEM with the key that belongs to it" in done.stderr
    (folder / "key.pem").unlink()
    assert f"{folder}/key.pem" in check_config(folder, config, "--check-config").stderr


def test_behind_a_proxy_its_address_is_the_pages(folder):
    config = "[admin]\nurl = https://sluice.example.org/patches/\nhosts = sluice.internal\n"
    server = Sluice(folder, CONFIG + config).start()
    try:
        add_person(server, "ann", "owner")
        for host in ("sluice.example.org", "sluice.internal:8090", server.addresses()["admin"]):
            proxied = {"Host": host, "Origin": "https://sluice.example.org"}
            visitor = Visitor(server)
            account = {"name": "ann", "password": PASSWORD}
            answer = visitor.ask("POST", "session", account, proxied)
            assert answer.status == 200, json.loads(answer.body)
            cookie = answer.headers["Set-Cookie"]
            assert "; Secure" in cookie and "; Path=/" in cookie
            assert visitor.ask("DELETE", "session", None, proxied).status == 200
            for origin in ("https://example.org", "http://sluice.example.org",
                           "https://sluice.example.org.evil.example", "https://sluice.example.org:8443"):  # fmt: skip
                forged = proxied | {"Origin": origin}
                assert visitor.ask("POST", "session", account, forged).status == 403
        assert Visitor(server).get("session", Host="sluice.example.net").status == 403
    finally:
        server.stop()
