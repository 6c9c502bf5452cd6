"""X-08: what is secret is shown once to who asked for it, and stands nowhere afterwards."""

import base64
import pathlib
import re
import subprocess

import pytest
from machine import Machine
from openapi import NAMED, CheckedClient
from road import decide, set_up_catalog, set_up_fleet
from sluice import BUILD
from visitor import Visitor

PASSWORD, OTHER_PASSWORD = "Pa55 w0rd of Ann, long", "Pa55 w0rd of Bob, long"


def forms(secret):
    """A secret as it may stand somewhere: as it is, in hexadecimal, as the bytes it stands for."""
    if isinstance(secret, str):
        yield secret.encode()
        yield secret.replace("-", "").encode()
        yield secret.replace("-", "").lower().encode()
        # what is random is the encoding of bytes
        if re.fullmatch(r"[\w-]{20,}", secret):
            yield base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
            secret = secret.encode()
        else:
            return
    else:
        yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")


def found_in(data, secrets):
    return [name for name, secret in secrets.items() for one in forms(secret) if one in data]


def use_the_page(sluice, api):
    """Two people, their sessions, a script: {name: secret} of all that this needs."""
    secrets = {"password": PASSWORD, "other password": OTHER_PASSWORD}
    secrets["set-up code"] = code = api.post("setup-codes", {}, 201)["code"]
    ann = Visitor(sluice)
    assert ann.post("setup", code=code, name="ann", password=PASSWORD).status == 201
    secrets["first cookie"], secrets["first token"] = ann.cookie, ann.token
    bob = {"name": "bob", "role": "owner", "password": OTHER_PASSWORD}
    assert ann.post("people", **bob).status == 201
    assert ann.post("session-confirmations", password=PASSWORD).status == 200
    secrets["second cookie"], secrets["second token"] = ann.cookie, ann.token
    assert ann.post("session", name="bob", password=PASSWORD).status == 401
    made = ann.post("api-tokens", name="script", role="viewer", lives_s=3600).json
    secrets["API token"] = script = made["secret"]
    asked = Visitor(sluice).get("status", Authorization=f"Bearer {script}")
    assert asked.status == 200
    Visitor(sluice).get("status", Authorization=f"Bearer {script}x")
    token = api.post("tokens", {"group": "office", "uses": 5}, 201)["token"]
    secrets["enrolment token"] = token.split(".")[0]
    assert Machine(sluice.url, "web9").enroll(token)[0] == 200
    assert Machine(sluice.url, "web8").enroll("x" + token)[0] != 200
    return secrets


def private_keys(state):
    """What the server keeps in files of its own, and nowhere else."""
    pairs = (state / "server.key").read_bytes()
    secrets = {"signing key": pairs[:32], "box key": pairs[64:96]}
    for one in (state / "gnupg/private-keys-v1.d").iterdir():
        text = one.read_bytes()
        for number in re.findall(rb"\(d\s*#([0-9A-F\s]+)#\)", text):
            secrets[one.name] = bytes.fromhex(number.decode())
        for size, rest in re.findall(rb"\(1:d(\d+):(.*)", text, re.S):
            secrets[one.name] = rest[: int(size)]
    assert len(secrets) >= 4
    return secrets


def processes():
    """(pid, arguments and environment) of everything that runs here."""
    for one in pathlib.Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                yield one.name, (one / "cmdline").read_bytes() + b"\0" + (one / "environ").read_bytes()
            except OSError:
                continue


@pytest.fixture
def used(sluice, archive, mirror):
    """A server that was used for all that needs a secret."""
    api = CheckedClient(sluice)
    set_up_catalog(api, archive, mirror)
    set_up_fleet(api, sluice.url)
    decide(api)
    return sluice, api, use_the_page(sluice, api) | private_keys(sluice.state)


def test_no_secret_stands_where_it_may_be_read(used, folder):
    sluice, api, secrets = used
    # what looks is able to find
    for name, secret in secrets.items():
        text = secret.encode() if isinstance(secret, str) else secret.hex().encode()
        assert name in found_in(b"x" + text + b"y", secrets)
    for pid, text in processes():
        assert found_in(text, secrets) == [], f"process {pid}: {text[:60]}"
    sluice.ctl_text("backup", str(folder / "backup"))
    own = [sluice.state / "server.key", *(sluice.state / "gnupg/private-keys-v1.d").iterdir()]
    looked = set()
    for one in [sluice.log, folder / "backup", *sluice.state.rglob("*")]:
        if one.is_file() and not one.is_symlink() and one not in own:
            assert found_in(one.read_bytes(), secrets) == [], one
            looked.add(one.name)
    assert {"sluice.db", "backup", "sluiced.log", "addresses"} <= looked
    for one in api.operations:
        if one.method == "GET" and "{" not in one.path and one.path not in (*NAMED, "session"):
            assert found_in(api.call("GET", one.path).body, secrets) == [], one


def test_a_password_is_no_argument_of_a_command(sluice):
    command = [str(BUILD / "server/ctl/sluicectl"), "--state", str(sluice.state)]
    typing = subprocess.Popen(
        [*command, "person", "add", "ann", "--role", "owner"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    typing.stdin.write(PASSWORD.encode() + b"\n")
    typing.stdin.flush()
    secrets = {"password": PASSWORD}
    assert [pid for pid, text in processes() if found_in(text, secrets)] == []
    _, said = typing.communicate(timeout=60)
    assert typing.returncode == 0 and found_in(said, secrets) == []
