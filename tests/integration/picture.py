"""What a server has and serves, to compare before and after something that must change nothing."""

import contextlib
import hashlib
import sqlite3

import pytest
from sluice import CtlError

# what every sync may write
OUTCOMES = ("sync_run",)


def rows(sluice, leave_out=OUTCOMES):
    """Every row of every table."""
    url = f"file:{sluice.state}/sluice.db?mode=ro"
    with contextlib.closing(sqlite3.connect(url, uri=True)) as db:
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names
            if name not in leave_out
        }


def quick_check(sluice):
    url = f"file:{sluice.state}/sluice.db?mode=ro"
    with contextlib.closing(sqlite3.connect(url, uri=True)) as db:
        return db.execute("PRAGMA quick_check").fetchall()


def pool(sluice):
    """Names of the stored payloads, each of which has to be the hash of its bytes."""
    names = set()
    for path in (sluice.state / "pool").glob("[0-9a-f][0-9a-f]/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        names.add(path.name)
    return names


def partials(sluice):
    return sorted(path.name for path in (sluice.state / "pool/partial").iterdir())


def served(sluice, suite, channels=("certification", "production")):
    """What machines get: the signed index of each channel, and every payload it names."""
    result = {}
    for channel in channels:
        base = f"/apt/{channel}"
        for name in ("InRelease", "main/binary-amd64/Packages"):
            status, _, body = sluice.get(f"{base}/dists/{suite}/{name}")
            assert status == 200
            result[channel, name] = body
        for line in body.decode().split("\n"):
            if line.startswith("Filename: "):
                path = f"{base}/{line.split(': ', 1)[1]}"
                status, _, payload = sluice.get(path)
                assert status == 200
                result[path] = hashlib.sha256(payload).hexdigest()
    return result


def picture(sluice, suite):
    return rows(sluice), pool(sluice), served(sluice, suite)


def last_run(sluice, upstream="test"):
    return sluice.ctl("sync", "list", upstream)[0]


def refused(sluice, words, upstream="test"):
    """A sync that has to fail, in these words (a pattern), on the terminal and in the list."""
    with pytest.raises(CtlError, match=words) as caught:
        sluice.ctl_text("sync", upstream)
    run = last_run(sluice, upstream)
    assert run["outcome"] == "failed"
    assert run["message"] in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)
