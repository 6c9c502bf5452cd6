"""Real apt against the channels: whole, altered on the way, held back, and while they change."""

import hashlib
import re
import threading
import time
import urllib.request

import pytest
from agent import CHANNEL, NOT_UPGRADED, Agent
from between import MISSING, Between
from conftest import LONG, add_upstream
from roots import SmallRoot, problems
from sluice import CONFIG, Sluice
from test_agent import machine_with, shop  # noqa: F401  (a fixture)
from test_checkin import NEW, OLD, approve, make_token


def machine_on(sluice, archive, folder, channel, *names):
    """A machine with the old versions of packages and the channel as its only source."""
    machine = machine_with(archive, folder, *names)
    sources = machine.folder / "etc/apt"
    (sources / "sources.list").unlink()
    (sources / "sources.list.d/both.sources").unlink()
    machine.point_at(sluice.source(channel, archive.suite))
    return machine


@pytest.mark.parametrize("channel", ["certification", "production"])
def test_apt_takes_both_channels_without_a_warning(shop, archive, folder, channel):  # noqa: F811
    approve(shop, "tool")
    approve(shop, "other")
    machine = machine_on(shop, archive, folder / "m", channel, "tool", "tool-data")
    assert machine.update() == []
    machine.upgrade()
    assert machine.versions() == {"tool": NEW, "tool-data": NEW}
    assert problems(machine.install("other")) == []
    assert machine.versions() == {"tool": NEW, "tool-data": NEW, "other": NEW}
    assert machine.update() == []


# What somebody between a machine and the server can do: (path, body, keys) -> what arrives.


def flip(body, place=None):
    place = len(body) // 2 if place is None else place
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def on(pattern, change):
    return lambda path, body, keys: change(body) if re.search(pattern, path) else body


def in_release(place):
    """A byte flipped in InRelease, so many behind a word."""
    return on("/InRelease$", lambda body: flip(body, body.index(place) + len(place) + 2))


def clear_text(body):
    return body.split(b"\n\n", 1)[1].split(b"-----BEGIN PGP SIGNATURE-----")[0]


def detached_flipped(path, body, keys):
    if path.endswith("/InRelease"):
        return MISSING
    return flip(body) if path.endswith("/Release") else body


def without_signature(path, body, keys):
    if path.endswith("/Release.gpg"):
        return MISSING
    return clear_text(body) if path.endswith("/InRelease") else body


def without_any(path, body, keys):
    return MISSING if path.endswith(("/InRelease", "/Release.gpg")) else body


def signed_anew(path, body, keys):
    """Signed by a key of somebody else, who serves that key as well."""
    if path.endswith("/InRelease"):
        return keys.clear(clear_text(body), "stranger")
    return keys.public("stranger") if re.search(r"/keys/\w+\.gpg", path) else body


def key_replaced(path, body, keys):
    return keys.public("stranger") if re.search(r"/keys/\w+\.(gpg|asc)", path) else body


CHANGES = {
    "release_text": (in_release(b"Suite:"), CHANNEL, "BADSIG"),
    "release_signature": (in_release(b"SIGNATURE-----\n\n"), CHANNEL, "InRelease"),
    "detached_release": (detached_flipped, CHANNEL, "BADSIG"),
    "no_signature": (without_signature, CHANNEL, "InRelease"),
    "nothing_signed": (without_any, CHANNEL, "is not signed"),
    "signed_anew": (signed_anew, CHANNEL, "NO_PUBKEY"),
    "index": (on("/Packages|/by-hash/", flip), CHANNEL, "Hash Sum mismatch"),
    "payload": (on(r"\.deb$", flip), NOT_UPGRADED, "Hash Sum mismatch"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_altered_on_the_way_is_refused_and_reported(
    shop, archive, folder, change  # noqa: F811
):
    alter, status, words = CHANGES[change]
    archive.keys.make("stranger")
    agent = Agent(machine_with(archive, folder / "m", "tool", "tool-data"))
    passing = Between(shop.url)
    passing.change = lambda path, body: body if "/agent/" in path else alter(path, body, archive.keys)
    agent.enroll(passing.url, make_token(shop))
    approve(shop, "tool")
    before = agent.machine.versions()
    agent.install(status=status)
    assert agent.machine.versions() == before
    shown = shop.ctl("computer", "show", "web1")
    if status == CHANNEL:
        assert "apt-get update" in shown["problem"] and words in shown["problem"]
        assert words in shop.ctl_text("computer", "show", "web1")
    else:
        assert [one["status"] for one in shown["updates"]] == ["failed"]
        assert words in shop.ctl_text("computer", "show", "web1")

    # whole again, it goes on by itself
    passing.change = lambda path, body: body
    agent.install()
    passing.stop()
    assert agent.machine.versions()["tool"] == NEW
    assert shop.ctl("computer", "show", "web1")["problem"] == ""


def test_a_key_replaced_on_the_way_misleads_no_agent_and_serves_nobody(
    shop, archive, folder  # noqa: F811
):
    archive.keys.make("stranger")
    approve(shop, "tool")
    passing = Between(shop.url)
    passing.change = lambda path, body: key_replaced(path, body, archive.keys)
    agent = Agent(machine_with(archive, folder / "m", "tool", "tool-data"))
    agent.enroll(passing.url, make_token(shop))
    agent.install()
    assert agent.machine.versions()["tool"] == NEW

    machine = machine_on(shop, archive, folder / "h", "production", "tool", "tool-data")
    key = machine.folder / "stranger.gpg"
    with urllib.request.urlopen(passing.url + "/keys/production.gpg", timeout=30) as answer:
        key.write_bytes(answer.read())
    text = shop.source("production", archive.suite)
    machine.point_at(text[: text.index("Signed-By:")] + f"Signed-By: {key}\n")
    refused(machine, "NO_PUBKEY")
    passing.stop()


def refused(machine, words, *before):
    """apt-get update fails, in these words, and takes nothing new."""
    with pytest.raises(RuntimeError, match=words):
        machine.run(*before, "apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update")


@pytest.mark.parametrize("own,other", [("production", "certification"), ("certification", "production")])
def test_one_channel_cannot_pass_as_the_other(shop, archive, folder, own, other):  # noqa: F811
    shop.ctl_text("group", "add", "lab", "--channel", own)
    agent = Agent(machine_with(archive, folder / "m", "tool", "tool-data"))
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop, group="lab"))
    approve(shop, "tool")

    def pass_off(path, body):
        if not path.startswith(f"/apt/{own}/dists/"):
            return body
        return shop.get(path.replace(own, other))[2]

    passing.change = pass_off
    before = agent.machine.versions()
    agent.install(status=CHANNEL)
    passing.stop()
    assert agent.machine.versions() == before
    problem = shop.ctl("computer", "show", "web1")["problem"]
    assert "apt-get update" in problem and "NO_PUBKEY" in problem


def test_a_tree_that_is_held_back_expires_after_a_week(shop, archive, folder):  # noqa: F811
    approve(shop, "tool")
    machine = machine_on(shop, archive, folder / "m", "production", "tool", "tool-data")
    update = ["apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"]
    assert problems(machine.run("faketime", "+6 days", *update)) == []
    refused(machine, r"Release file .* is expired", "faketime", "+8 days")
    # nor is one of the future taken
    refused(machine, "is not valid yet", "faketime", "-1 days")
    assert machine.update() == []


def test_an_older_tree_that_is_still_valid_does_not_take_the_newer_ones_place(
    shop, archive, folder  # noqa: F811
):
    base = f"/apt/production/dists/{archive.suite}/"
    names = ["InRelease", "Release", "Release.gpg"]
    old = {base + name: shop.get(base + name)[2] for name in names}
    approve(shop, "tool")
    machine = machine_on(shop, archive, folder / "m", "production", "tool", "tool-data")
    passing = Between(shop.url)
    machine.point_at(shop.source("production", archive.suite).replace(shop.url, passing.url))
    assert machine.update() == []
    lists = {
        path.name: path.read_bytes()
        for path in (machine.folder / "var/lib/apt/lists").iterdir()
        if path.is_file()
    }
    assert any(b"Version: " + NEW.encode() in text for text in lists.values())

    passing.change = lambda path, body: old.get(path, body)
    assert machine.update() == []  # apt does not even say so
    passing.stop()
    assert old[base + "InRelease"] in passing.arrived
    for name, text in lists.items():
        assert (machine.folder / "var/lib/apt/lists" / name).read_bytes() == text
    assert NEW in machine.run("apt-cache", "policy", "tool").split("Candidate:")[1].split("\n")[0]


# As many clients as the catalogue asks for in a long run; a few in a short one.
APTS, READERS, SECONDS = (25, 25, 300) if LONG else (2, 3, 8)


class Client(threading.Thread):
    """Does one thing again and again until it is over; keeps what went wrong."""

    def __init__(self, over, once):
        super().__init__(daemon=True)
        self.over = over
        self.once = once
        self.rounds = 0
        self.problems = []

    def run(self):
        while not self.over.is_set():
            try:
                self.problems += self.once()
            except (OSError, ValueError, RuntimeError) as problem:
                self.problems.append(str(problem))
            self.rounds += 1


def reader(base, releases):
    """Reads what the signed index names, by hash, as apt does."""

    def read(path):
        with urllib.request.urlopen(base + path, timeout=60) as answer:
            return answer.read()

    def once():
        text = read("InRelease").decode()
        releases.add(text)
        wrong = []
        for digest, _, name in re.findall(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", text, re.M):
            data = read(f"{name.rsplit('/', 1)[0]}/by-hash/SHA256/{digest}")
            if hashlib.sha256(data).hexdigest() != digest:
                wrong.append(f"{name}: another hash")
        return wrong

    return once


@pytest.fixture
def busy(folder, archive, mirror):
    """A server that lets so many clients come from one address."""
    server = Sluice(folder, CONFIG + "max_per_address = 0\n").start()
    archive.add("tool", OLD)
    archive.publish()
    add_upstream(server, archive, mirror)
    server.ctl_text("sync")
    yield server
    server.stop()


def test_clients_find_no_mismatch_while_publications_change(busy, archive, folder):
    over, releases = threading.Event(), set()
    base = f"{busy.url}/apt/certification/dists/{archive.suite}/"
    clients = [Client(over, reader(base, releases)) for _ in range(READERS)]
    for number in range(APTS):
        machine = SmallRoot(folder / f"m{number}")
        machine.point_at(busy.source("certification", archive.suite))
        clients.append(Client(over, machine.update))
    for one in clients:
        one.start()
    began, published = time.monotonic(), 0
    while time.monotonic() < began + SECONDS or published < 6:
        turn = ["recall", "--reason", "x"] if published % 2 else ["approve"]
        busy.ctl_text(turn[0], "tool", "--channel", "certification", *turn[1:], "--yes")
        published += 1
        # the next one is due two seconds after the last in a long run, at once in a short one
        if LONG:
            over.wait(max(0, began + 2 * published - time.monotonic()))
    over.set()
    for one in clients:
        one.join()
    assert [problem for one in clients for problem in one.problems] == []
    assert min(one.rounds for one in clients) > 1
    assert len(releases) > published / 2
