"""deploy/quickstart in a fresh clone, as the README tells a new administrator to begin."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

import pytest
from roots import SmallRoot, why_no_archive
from terminal import at_a_terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Clone:
    """A clone of what is committed; what its quickstart starts is stopped by stop()."""

    def __init__(self, folder):
        self.folder = folder
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        # a compiler cache may know the files by another folder
        self.environment = dict(os.environ, CCACHE_NOHASHDIR="1")
        self.environment.pop("APT_CONFIG", None)

    def quickstart(self, *options, status=0, host=None):
        """What it said; on this machine, or on one with other apt sources."""
        environment = dict(self.environment, **({"APT_CONFIG": str(host.config)} if host else {}))
        done = subprocess.run(
            ["deploy/quickstart", *options], cwd=self.folder, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment,
        )  # fmt: skip
        assert done.returncode == status, done.stdout
        return done.stdout

    def pid(self):
        return (self.folder / "build/quickstart.pid").read_text()

    def stop(self):
        if (self.folder / "build/quickstart.pid").exists():
            self.quickstart("--stop")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no git checkout, so there is nothing to clone")
    return Clone(tmp_path_factory.mktemp("clone") / "sluice")


@pytest.fixture
def clone(fresh):
    yield fresh
    fresh.stop()


def places(folder):
    return ["--state", str(folder / "state"), "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0"]


def next_commands(said):
    found = re.findall(r"^  (build/sluicectl .*)$", said.split("\nNext:\n")[1], re.M)
    assert len(found) == 4
    return found


def address(said, who):
    return re.search(rf"^{who} connect to +(http://\S+)", said, re.M).group(1)


def become_owner(said):
    """As the page does it with what the quickstart said; the HTTP status."""
    page = address(said, "People")
    code = re.search(r"^Set-up code: (\S+) ", said, re.M).group(1)
    account = {"code": code, "name": "ann", "password": "correct horse battery"}
    headers = {"Origin": page, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{page}/api/v1/setup", json.dumps(account).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


class Host:
    """This machine, but its apt has the generated archive as security suite, by the archive's key."""

    def __init__(self, archive, mirror, folder):
        machine = SmallRoot(folder)
        self.config = machine.config
        machine.point_at(
            f"Types: deb\nURIs: {mirror.url}\nSuites: {archive.suite}\nComponents: main\n"
            f"Signed-By: {archive.keyring()}\n"
        )
        machine.update()


@pytest.fixture
def host(archive, mirror, folder):
    archive.release_fields = {"Origin": "Debian"}
    for name in ("openssl", "curl"):
        archive.add(name, "3.0")
    archive.publish()
    return Host(archive, mirror, folder / "host")


def test_a_clone_serves_its_hosts_security_suite_and_the_next_commands_work(
    clone, archive, host, folder
):
    said = clone.quickstart(*places(folder), host=host)
    assert re.search(r"^\S+ +openssl +3\.0 +known ", said, re.M)
    public = address(said, "Computers")
    assert b"ok" in get(public + "/healthz") and b"ok" in get(address(said, "People") + "/healthz")

    look, certify, judge, produce = next_commands(said)
    assert "openssl" in at_a_terminal(look, cwd=clone.folder)[1]
    for command in (certify, produce):
        status, screen = at_a_terminal(command, "y\n", cwd=clone.folder)
        assert status == 0 and "[y/N]" in screen and "is being served" in screen, screen
        waits = "openssl=3.0" in at_a_terminal(judge, cwd=clone.folder)[1]
        assert waits == (command == certify)
    index = get(f"{public}/apt/production/dists/{archive.suite}/main/binary-amd64/Packages")
    assert re.findall(rb"^Package: (\S+)", index, re.M) == [b"openssl"]

    # again, without a word: the same server, the same addresses, no code once somebody signs in
    pid = clone.pid()
    assert become_owner(said) == 201
    said = clone.quickstart(host=host)
    assert "et-up code" not in said and "Nobody can sign in" not in said
    assert "already running" in said and clone.pid() == pid
    assert address(said, "Computers") == public
    elsewhere = clone.quickstart("--state", str(folder / "other"), status=1)
    assert "--stop" in elsewhere and not (folder / "other").exists()
    assert pid.strip() in clone.quickstart("--stop")
    said = clone.quickstart(host=host)
    assert address(said, "Computers") == public and clone.pid() != pid
    assert re.search(r"^\S+ +openssl +3\.0 +production ", said, re.M)


def test_the_real_security_suite_is_listed(clone, folder):
    why = why_no_archive()
    if why:
        pytest.skip(f"{why}; the generated archive stands in for it")
    said = clone.quickstart(*places(folder))
    assert int(re.search(r"^10 of (\d+);", said, re.M).group(1)) > 100
    screen = at_a_terminal(next_commands(said)[0], cwd=clone.folder)[1]
    assert re.search(r"^\S+ +openssl +3\.0\S+deb12u\d+ +known ", screen, re.M)


@pytest.mark.parametrize(
    "typed,words",
    [
        (["--publc", "127.0.0.1:1"], "unknown option '--publc'"),
        (["--state"], "--state needs a value"),
        (["--stop"], "no server of an earlier quickstart is running"),
    ],
)
def test_what_is_typed_wrongly_is_named_and_nothing_is_done(clone, typed, words):
    before = sorted(clone.folder.iterdir())
    said = clone.quickstart(*typed, status=1)
    assert words in said and said.count("\n") == 1
    assert sorted(clone.folder.iterdir()) == before


def test_a_server_that_cannot_start_says_why(clone, folder):
    said = clone.quickstart("--state", str(folder / "s"), "--public", "nowhere", status=1)
    assert "'nowhere' is no address" in said and "did not start" in said
    assert "no server" in clone.quickstart("--stop", status=1)
