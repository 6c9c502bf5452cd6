"""A machine as the server sees it: keys, a counter, sealed messages (catalog/base/seal.c)."""

import base64
import hashlib
import json
import struct
import urllib.error
import urllib.request

from nacl import bindings as sodium
from nacl.public import PrivateKey, PublicKey, SealedBox

PAD = 4096


def text_of(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def padded(plain):
    size = PAD
    while size <= len(plain):
        size *= 2
    return plain + b"\x80" + b"\0" * (size - len(plain) - 1)


def sign(secret, context, server_id, message):
    state = sodium.crypto_sign_ed25519ph_state()
    for part in (context.encode() + b"\0", server_id.encode() + b"\0", message):
        sodium.crypto_sign_ed25519ph_update(state, part)
    return sodium.crypto_sign_ed25519ph_final_create(state, secret)


def verify(public, context, server_id, message, signature):
    state = sodium.crypto_sign_ed25519ph_state()
    for part in (context.encode() + b"\0", server_id.encode() + b"\0", message):
        sodium.crypto_sign_ed25519ph_update(state, part)
    assert sodium.crypto_sign_ed25519ph_final_verify(state, signature, public)


def post(url, body):
    """(status, headers, body) of one POST."""
    request = urllib.request.Request(url, data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.headers, problem.read()


def inventory_digest(packages):
    lines = "".join(f"{n}\t{v}\t{a}\n" for n, v, a in sorted(packages))
    return hashlib.sha256(lines.encode()).hexdigest()


class Machine:
    """Speaks for one machine; packages are (name, version, architecture)."""

    def __init__(self, url, name="web1", packages=(), keys=None):
        self.url = url
        self.name = name
        self.packages = list(packages)
        self.server = keys or self.fetch_keys()
        self.sign_public, self.sign_secret = sodium.crypto_sign_keypair()
        self.box_secret = PrivateKey.generate()
        self.id = 0
        self.counter = 0
        self.epoch = 1

    def fetch_keys(self):
        with urllib.request.urlopen(f"{self.url}/keys/server.json", timeout=30) as answer:
            return json.load(answer)

    def facts(self, **changes):
        facts = {
            "name": self.name, "os_id": "debian", "os_codename": "bookworm", "os_version": "12",
            "architectures": "amd64", "kernel": "6.1.0-37-amd64", "agent": "0.1.0",
        }  # fmt: skip
        return dict(facts, **changes)

    def seal(self, context, body, machine=None, server_id=None, raw=None):
        text = raw if raw is not None else json.dumps(body).encode()
        message = struct.pack(">q", self.id if machine is None else machine) + text
        signature = sign(
            self.sign_secret, context, server_id or self.server["server_id"], message
        )
        box = SealedBox(PublicKey(bytes_of(self.server["box"])))
        return box.encrypt(padded(signature + message))

    def open(self, sealed, posted):
        """The body of an answer, all that a machine checks checked."""
        plain = SealedBox(self.box_secret).decrypt(sealed)
        plain = plain.rstrip(b"\0")
        assert plain[-1:] == b"\x80"
        signature, message = plain[:64], plain[64:-1]
        verify(
            bytes_of(self.server["sign"]), "sluice/answer/v1", self.server["server_id"], message,
            signature,
        )  # fmt: skip
        answer = json.loads(message[8:])
        assert answer["request"] == hashlib.sha256(posted).hexdigest()
        return answer

    def send(self, path, posted):
        """(status, the opened answer or the text)."""
        status, headers, body = post(self.url + path, posted)
        if status in (200, 409):
            return status, self.open(body, posted)
        return status, body.decode()

    def enrollment(self, token, **changes):
        body = {
            "token": token.split(".")[0], "sign": text_of(self.sign_public),
            "box": text_of(bytes(self.box_secret.public_key)), "at": 1764000000,
            "facts": self.facts(),
        }  # fmt: skip
        return dict(body, **changes)

    def enroll(self, token, **changes):
        posted = self.seal("sluice/enroll/v1", self.enrollment(token, **changes), machine=0)
        status, answer = self.send("/agent/v1/enroll", posted)
        if status == 200:
            self.id = answer["computer"]
            self.epoch = answer["epoch"]
        return status, answer

    def report(self, whole=False, **changes):
        self.counter += 1
        body = {
            "counter": self.counter, "epoch": self.epoch, "at": 1764000000, "pointer": 0,
            "reboot": False, "leaving": False, "facts": self.facts(),
            "inventory": inventory_digest(self.packages), "results": [],
        }  # fmt: skip
        if whole:
            body["packages"] = [" ".join(package) for package in self.packages]
        return dict(body, **changes)

    def message(self, **changes):
        return self.seal("sluice/checkin/v1", self.report(**changes))

    def post(self, posted):
        return self.send("/agent/v1/checkin", posted)

    def check_in(self, **changes):
        """Checks in, with the whole inventory when the server asks for it."""
        status, answer = self.post(self.message(**changes))
        if status == 200 and answer["want_inventory"]:
            status, answer = self.post(self.message(whole=True, **changes))
        return status, answer
