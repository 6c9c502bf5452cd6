"""This machine's own apt as upstreams: every suite gets a name, all are added or none."""

import json
import os
import subprocess

import pytest
from sluice import BUILD


STANZA = "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\nSigned-By: {}\n"


@pytest.fixture
def host(sluice, archive, folder):
    """add(*targets) runs upstream add --from-host where apt says so; (exit code, output)."""
    keyring = archive.keyring()
    program = folder / "bin/apt-get"
    program.parent.mkdir()

    def add(*targets, options=()):
        lines = []
        for number, (url, suite, keys) in enumerate(targets):
            source = folder / f"{number}.sources"
            source.write_text(
                keys if "Signed-By" in str(keys) else STANZA.format(url, suite, keys or keyring)
            )
            lines.append(f"{url}|{suite}|main|amd64|amd64|{source}:1|Debian|Debian")
        other = "http://other.example.org/|bookworm-security|main|amd64|amd64|/none:1|Other|Other"
        text = "\n".join([*lines, other])
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        program.chmod(0o755)
        command = [str(BUILD / "server/ctl/sluicectl"), "--state", str(sluice.state)]
        done = subprocess.run(
            [*command, "upstream", "add", "debian", "--from-host", *options],
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


def test_programs_are_told_what_was_added(sluice, host):
    for expected in (set(NAMES), set()):
        code, said = host(*ONE, options=["--json"])
        assert code == 0 and {one["name"] for one in json.loads(said)["items"]} == expected


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


def test_the_keyring_is_the_one_that_the_source_of_the_suite_names(sluice, host, archive, folder):
    url, suite = "http://one.example.org/debian/", "bookworm-security"
    good = archive.keyring()
    armoured = archive.keys.gpg("--export", "--armor").decode()
    listed = archive.keys.gpg("--list-keys", "--with-colons").decode()
    embedded = "".join(f" {line or '.'}\n" for line in armoured.splitlines())
    for wrong in [
        f"Types: deb\nURIs: {url}\nSuites: {suite}\nEnabled: no\nSigned-By: /none.gpg\n",
        f"# Signed-By: /none.gpg\nTypes: deb\nURIs: {url}x\nSuites: {suite}\nSigned-By: /none.gpg\n",
        f"Types: deb\nURIs: {url}\nSuites: {suite}x\nSigned-By: /none.gpg\n",
    ]:
        for right in [
            f"Types: deb\nURIs: http://x.example.org/ {url[:-1]}\nSuites: bookworm\n {suite}\n"
            f"# a note\nSigned-By: {good}\n",
            f"types: deb\nuris: {url}\nsuites: {suite}\nsigned-by:\n{embedded}",
        ]:
            code, said = host((url, suite, f"{wrong}\n \n{right}"))
            assert code == 0, said
            (fingerprint,) = sluice.ctl("upstream", "show", "debian-security")["fingerprints"]
            assert f":{fingerprint}:" in listed
            sluice.ctl_text("upstream", "remove", "debian-security", "--yes")
    code, said = host((url, suite, "0123456789ABCDEF0123456789ABCDEF01234567"))
    assert code != 0 and "add this upstream with --keyring" in said
