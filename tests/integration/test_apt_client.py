"""Real apt against the channels: whole, altered on the way, and while publications change."""

import hashlib
import re
import threading
import urllib.request

import pytest
from agent import CHANNEL, NOT_UPGRADED, Agent
from between import Between
from conftest import LONG
from test_agent import machine_with, shop  # noqa: F401  (a fixture)
from test_checkin import NEW, approve, make_token


def flip(body):
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def unsigned(body):
    return body.split(b"\n\n", 1)[1].split(b"-----BEGIN PGP SIGNATURE-----")[0]


@pytest.mark.parametrize("channel", ["certification", "production"])
def test_apt_takes_both_channels_without_a_warning(shop, archive, folder, channel):  # noqa: F811
    approve(shop, "tool")
    machine = machine_with(archive, folder / "m", "tool", "tool-data")
    sources = machine.folder / "etc/apt"
    (sources / "sources.list").unlink()
    (sources / "sources.list.d/both.sources").unlink()
    machine.point_at(shop.source(channel, archive.suite))
    assert machine.update() == []
    machine.upgrade()
    assert machine.versions() == {"tool": NEW, "tool-data": NEW}


CHANGES = {
    "release": ("/InRelease", flip, CHANNEL),
    "no_signature": ("Release", unsigned, CHANNEL),
    "index": ("/Packages|/by-hash/", flip, CHANNEL),
    "payload": (r"\.deb$", flip, NOT_UPGRADED),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_altered_on_the_way_changes_nothing(shop, archive, folder, change):  # noqa: F811
    where, alter, status = CHANGES[change]
    agent = Agent(machine_with(archive, folder / "m", "tool", "tool-data"))
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop))
    approve(shop, "tool")
    before = agent.machine.versions()

    def altered(path, body):
        wanted = path.startswith("/apt/") and re.search(where, path)
        return alter(body) if wanted and (alter is flip or b"BEGIN PGP" in body) else body

    passing.change = altered
    agent.install(status=status)
    passing.stop()
    assert agent.machine.versions() == before
    shown = shop.ctl("computer", "show", "web1")
    if status == CHANNEL:
        assert "apt-get update" in shown["problem"]
    else:
        assert [one["status"] for one in shown["updates"]] == ["failed"]


def test_one_channel_cannot_pass_as_the_other(shop, archive, folder):  # noqa: F811
    agent = Agent(machine_with(archive, folder / "m", "tool", "tool-data"))
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop))
    approve(shop, "tool")

    def other(path, body):
        if not path.startswith("/apt/production/dists/"):
            return body
        return shop.get(path.replace("production", "certification"))[2]

    passing.change = other
    agent.install(status=CHANNEL)
    passing.stop()
    assert "apt-get update" in shop.ctl("computer", "show", "web1")["problem"]


def test_indexes_read_by_hash_fit_while_publications_change(shop, archive):  # noqa: F811
    rounds = 25 if LONG else 5  # two publications each
    base = f"{shop.url}/apt/certification/dists/{archive.suite}/"
    over, problems, releases = threading.Event(), [], set()

    def read(path):
        with urllib.request.urlopen(base + path, timeout=30) as answer:
            return answer.read()

    def poll():
        while not over.is_set():
            try:
                text = read("InRelease").decode()
                releases.add(text)
                for digest, _, name in re.findall(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", text, re.M):
                    data = read(f"{name.rsplit('/', 1)[0]}/by-hash/SHA256/{digest}")
                    if hashlib.sha256(data).hexdigest() != digest:
                        problems.append(f"{name}: another hash")
            except (OSError, ValueError) as problem:
                problems.append(str(problem))

    pollers = [threading.Thread(target=poll) for _ in range(3)]
    for one in pollers:
        one.start()
    for _ in range(rounds):
        shop.ctl_text("approve", "tool", "--channel", "certification", "--yes")
        shop.ctl_text("recall", "tool", "--channel", "certification", "--reason", "x", "--yes")
    over.set()
    for one in pollers:
        one.join()
    assert problems == []
    assert len(releases) > rounds
