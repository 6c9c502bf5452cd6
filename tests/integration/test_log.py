"""One event is one line of log, whatever comes from outside (X-07)."""

import re
import signal
import subprocess
import time

from sluice import BUILD, CONFIG

HOSTILE = "x\x1b]0;owned\x07 %s%n \u202e sluiced: all is well"


def test_foreign_words_in_the_log_of_a_running_server_stay_words(sluice):
    before = sluice.log.read_bytes()
    sluice.config.write_text(CONFIG + HOSTILE + "\n")
    sluice.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 30
    while b"not reloaded" not in sluice.log.read_bytes() and time.monotonic() < until:
        time.sleep(0.02)
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
