"""One event is one line of log, whatever comes from outside (X-07)."""

import re
import signal
import subprocess
import time
from urllib.parse import quote

import pytest
from admin import get, post
from machine import Machine
from sluice import BUILD, CONFIG, CtlError
from visitor import Visitor

HOSTILE = "x\x1b]0;owned\x07 %s%n \u202e sluiced: all is well"


def test_foreign_words_in_the_log_of_a_running_server_stay_words(sluice):
    wait_until_logged(sluice, b": public ")  # it serves before it says so
    before = sluice.log.read_bytes()
    sluice.config.write_text(CONFIG + HOSTILE + "\n")
    sluice.process.send_signal(signal.SIGHUP)
    wait_until_logged(sluice, b"not reloaded")
    added = sluice.log.read_bytes()[len(before) :].decode()
    assert re.fullmatch(r"sluiced: not reloaded: [^\n]*\n", added)
    assert "\\x1b]0;owned\\x07 %s%n \\xe2\\x80\\xae sluiced: all is well" in added
    assert all(character == "\n" or character.isprintable() for character in added)
    assert sluice.get("/healthz")[0] == 200


def test_foreign_words_in_a_failed_start_stay_words(folder):
    config = folder / "sluice.conf"
    config.write_text("[pub\x1b[31mlic]\nlisten = 1\n")
    done = subprocess.run(
        [str(BUILD / "server/sluiced"), "--check-config", "--config", str(config)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "\x1b" not in done.stderr
    done = subprocess.run(
        [str(BUILD / "server/sluiced"), "--check-config", "--config", "a\nsluiced: all is well"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1


def test_what_machines_ask_for_is_not_logged_as_they_wrote_it(sluice):
    before = sluice.log.read_bytes()
    for path in ("/%0a%1b[31m", "/apt/x%0d%0asluiced:", "/keys/%25s%25n.gpg"):
        assert sluice.get(path)[0] in (400, 404)
    sluice.stop()
    added = sluice.log.read_bytes()[len(before) :]
    assert b"\x1b" not in added and b"all is well" not in added
    assert added.count(b"\n") <= 1


def added_lines(log, before):
    """The lines that came since; each is one that a terminal shows as it is."""
    text = log.read_bytes()[before:].decode()
    assert text == "" or text.endswith("\n")
    assert all(character == "\n" or character.isprintable() for character in text), text[:500]
    return text.splitlines()


FIELDS = ["Date", "Codename", "Components"]


@pytest.mark.parametrize("field", FIELDS)
def test_foreign_words_of_an_upstream_stay_words(known, archive, field):
    archive.publish()
    known.ctl_text("sync")
    for words in (HOSTILE, HOSTILE + "\u2028%p" * 200, "x" * (1 << 20) + HOSTILE):
        archive.release_fields = {field: words}
        archive.publish()
        before = known.log.stat().st_size
        said = subprocess.run(
            [str(BUILD / "server/ctl/sluicectl"), "--state", str(known.state), "sync"],
            capture_output=True, text=True,
        )  # fmt: skip
        shown = said.stdout + said.stderr
        assert all(one == "\n" or one.isprintable() for one in shown), shown[:500]
        lines = added_lines(known.log, before)
        assert len(lines) == (1 if said.returncode else 0), lines
        assert all(line.startswith("sluiced: sync test failed: ") for line in lines)
        assert all(len(line.encode()) < 5000 for line in lines)


STANZAS = [
    b"Package: \x1b[31mtool\nVersion: 1\nArchitecture: amd64\n",
    b"Package: tool\nVersion: 1%s%n\x1b[2J\nArchitecture: amd64\n",
    b"Package: tool\nVersion: 1\nArchitecture: \xe2\x80\xaeamd64\n",
    b"Package: tool\nVersion: 1\nArchitecture: amd64\nFilename: ../\x1b]0;x\x07%n\nSize: 1\nSHA256: x\n",
    b"Package: " + b"\x1b" * (1 << 20) + b"\nVersion: 1\nArchitecture: amd64\n",
]


@pytest.mark.parametrize("stanza", STANZAS, ids=range(len(STANZAS)))
def test_foreign_words_of_a_package_stay_words(known, archive, stanza):
    archive.add("other", "1")
    archive.extra_stanza = b"\n" + stanza
    archive.publish()
    before = known.log.stat().st_size
    with pytest.raises(CtlError):
        known.ctl_text("sync")
    lines = added_lines(known.log, before)
    assert len(lines) == 1 and lines[0].startswith("sluiced: sync test failed: ")
    assert len(lines[0].encode()) < 5000


def wait_until_logged(sluice, words):
    until = time.monotonic() + 30
    while words not in sluice.log.read_bytes() and time.monotonic() < until:
        time.sleep(0.02)


def test_a_megabyte_of_configuration_is_one_short_line(sluice):
    wait_until_logged(sluice, b": public ")  # it serves before it says so
    before = sluice.log.stat().st_size
    sluice.config.write_text(CONFIG + "x\x1b[31m%n\u202e" * 100_000 + "\n")
    sluice.process.send_signal(signal.SIGHUP)
    wait_until_logged(sluice, b"not reloaded")
    lines = added_lines(sluice.log, before)
    assert len(lines) == 1 and len(lines[0].encode()) < 5000


def test_what_machines_and_people_say_is_not_logged(sluice):
    """Names, facts, errors of machines, arguments, paths, wrong passwords: none is logged."""
    words = HOSTILE.replace("\x1b", "%1b").replace("\x07", "%07")
    before = sluice.log.stat().st_size
    post(sluice, "groups", {"name": "office", "channel": "production"})
    post(sluice, "groups", {"name": HOSTILE, "channel": HOSTILE})
    token = post(sluice, "tokens", {"group": "office"}).json["token"]
    machine = Machine(sluice.url, "web1")
    machine.enroll(token, facts=machine.facts(kernel=HOSTILE, name=HOSTILE))
    machine.enroll(token)
    machine.check_in(facts=machine.facts(agent=HOSTILE))
    machine.post(machine.seal("sluice/checkin/v1", None, raw=HOSTILE.encode()))
    for path in (f"updates?{quote(words)}", f"updates?sort={quote(words)}", f"jobs/{quote(words)}",
                 quote(words), f"update?name={quote(words)}"):  # fmt: skip
        assert get(sluice, path).status in (400, 404), path
    visitor = Visitor(sluice)
    visitor.cookie = quote(HOSTILE)
    for name, password in ((HOSTILE, "x"), ("x", HOSTILE), ("x" * 4000, HOSTILE)):
        assert visitor.post("session", name=name, password=password).status in (400, 401), name
    assert visitor.get("status", **{"User-Agent": quote(HOSTILE)}).status == 401
    lines = added_lines(sluice.log, before)
    assert not [line for line in lines if "all is well" in line or "owned" in line]
