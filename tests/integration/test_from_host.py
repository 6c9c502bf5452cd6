"""This machine's own apt as upstreams: every suite gets a name, all are added or none."""

import os
import subprocess

import pytest
from sluice import BUILD


@pytest.fixture
def host(sluice, archive, folder):
    """add(*targets) runs upstream add --from-host where apt says so; (exit code, output)."""
    keyring = archive.keyring()
    program = folder / "bin/apt-get"
    program.parent.mkdir()

    def add(*targets):
        lines = [
            f"{url}|{suite}|main|amd64|amd64|{keys or keyring}|Debian|Debian" for url, suite, keys in targets
        ]
        other = f"http://other.example.org/|bookworm-security|main|amd64|amd64|{keyring}|Other|Other"
        text = "\n".join([*lines, other])
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        program.chmod(0o755)
        command = [str(BUILD / "server/ctl/sluicectl"), "--state", str(sluice.state)]
        done = subprocess.run(
            [*command, "upstream", "add", "debian", "--from-host"],
            env=dict(os.environ, PATH=f"{program.parent}:{os.environ['PATH']}"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return add


def target(url, suite, keys=None):
    return f"http://{url}.example.org/debian/", suite, keys


def known(sluice):
    return {
        one["name"]: (one["url"].split("/")[2].split(".")[0], one["suite"], one["role"])
        for one in sluice.ctl("upstream", "list")
    }


ONE = [target("one", "bookworm"), target("one", "bookworm-updates"), target("one", "bookworm-security")]
NAMES = {
    "base-bookworm": ("one", "bookworm", "base"),
    "base-bookworm-updates": ("one", "bookworm-updates", "base"),
    "debian-security": ("one", "bookworm-security", "updates"),
}


def test_the_security_suite_can_be_approved_the_others_are_known(sluice, host):
    code, said = host(*ONE)
    assert code == 0 and said.count("added upstream") == 3
    assert known(sluice) == NAMES
    assert len(sluice.ctl("audit", "list")) == 3


def test_suites_of_one_name_and_several_security_suites_get_names_of_their_own(sluice, host):
    more = [
        target("two", "bookworm"),
        target("two", "bookworm-security"),
        target("one", "bullseye-security"),
        target("three", "bookworm-security"),
        target("three", "stretch/updates"),
    ]
    code, said = host(*ONE, *more)
    assert code == 0, said
    assert known(sluice) == {
        **NAMES,
        "base-bookworm-2": ("two", "bookworm", "base"),
        "bookworm-security": ("two", "bookworm-security", "updates"),
        "bullseye-security": ("one", "bullseye-security", "updates"),
        "bookworm-security-2": ("three", "bookworm-security", "updates"),
        "base-stretch-updates": ("three", "stretch/updates", "base"),
    }


def test_given_again_it_adds_what_is_new_and_leaves_the_rest(sluice, host):
    host(*ONE)
    code, said = host(*ONE)
    assert code == 0 and said.count("is there already") == 3 and "added" not in said
    code, said = host(*ONE, target("two", "bookworm-security"))
    assert code == 0 and said.count("added upstream") == 1
    assert known(sluice) == {**NAMES, "bookworm-security": ("two", "bookworm-security", "updates")}
    assert len(sluice.ctl("audit", "list")) == 4


def test_all_are_added_or_none(sluice, host, folder):
    broken = folder / "broken.gpg"
    broken.write_bytes(b"no key\n")
    for last, words in [
        (target("two", "bookworm-security", "/nowhere/ring.gpg"), "/nowhere/ring.gpg"),
        (target("two", "bookworm-security", broken), "upstream bookworm-security: keyring: "),
        (target("t wo", "bookworm-security"), "is no URL"),
    ]:
        code, said = host(*ONE, last)
        assert code != 0 and words in said
        assert known(sluice) == {} and sluice.ctl("audit", "list") == []
    code, said = host(*ONE[:2])
    assert code != 0 and "no security suite" in said
    assert known(sluice) == {}
    assert host(*ONE)[0] == 0
    assert known(sluice) == NAMES
