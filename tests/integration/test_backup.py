"""A backup while the server runs, and a server made from one (R-10)."""

import os
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest
from machine import Machine
from sluice import BUILD, CONFIG, CtlError, Sluice


def approve_everything(known, archive):
    for name in ("tool", "other"):
        archive.add(name, "1.0")
        archive.add(name, "2.0")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("approve", "tool", "other", "--channel", "certification", "--yes")
    known.ctl_text("approve", "tool", "--channel", "production", "--yes")


def index_of(sluice, archive, channel):
    return sluice.get(f"/apt/{channel}/dists/{archive.suite}/main/binary-amd64/Packages")[2]


def restore(backup, state, code=0):
    command = [str(BUILD / "server/sluiced"), "--restore", str(backup), "--state", str(state)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def wait_until_published(sluice, seconds=60):
    """Until the job that a start begins for each channel, with a fetch where that is due, has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        states = [one["state"] for one in sluice.ctl("job", "list") if one["kind"] in ("publish", "fetch")]
        if len(states) >= 2 and not {"queued", "running"} & set(states):
            assert set(states) == {"done"}, sluice.ctl("job", "list")
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing was published: {sluice.ctl('job', 'list')}")


def approvals(sluice):
    return [
        (channel, one["name"], one["version"])
        for channel in ("certification", "production")
        for one in sluice.ctl("update", "list", "--channel", channel)
    ]


def query(path, sql):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


class Load:
    """Changes that never stop, so that the copy always meets a writer."""

    def __init__(self, sluice):
        self.sluice = sluice
        self.over = threading.Event()
        self.changes = 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            word = ("low", "high")[self.changes % 2]
            self.sluice.ctl_text("rate", "tool", word, "--reason", "load")
            self.changes += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.over.set()
        self.thread.join()


def secrets_of(state):
    """Every private key below a state directory: files, and the numbers in gpg's."""
    found = [(state / "server.key").read_bytes()] if (state / "server.key").exists() else []
    for path in (state / "gnupg/private-keys-v1.d").iterdir():
        found.append(path.read_bytes())
        # "(d #0123...#)": the secret number itself, as hex in gpg's extended format or raw
        text = path.read_bytes()
        if b"(d #" in text:
            hexadecimal = text.split(b"(d #")[1].split(b"#")[0].replace(b"\n", b"").replace(b" ", b"")
            found.append(bytes.fromhex(hexadecimal.decode()))
    assert len(found) >= 3
    return found


def test_a_backup_under_load_restores_to_what_was_served(known, archive, folder):
    approve_everything(known, archive)
    served = {name: index_of(known, archive, name) for name in ("certification", "production")}
    decided = approvals(known)
    backup = folder / "backup.db"
    with Load(known) as load:
        output = known.ctl_text("backup", str(backup))
    assert load.changes > 0
    assert "private keys" in output
    assert backup.stat().st_mode & 0o777 == 0o600
    assert query(backup, "PRAGMA integrity_check") == [("ok",)]
    content = backup.read_bytes()
    for secret in secrets_of(known.state):
        assert secret not in content
    assert not list((known.state / "work").glob("backup-*"))
    known.stop()

    os.chmod(backup, 0o644)
    output = restore(backup, folder / "second")
    assert "epoch 2" in output
    assert "payloads" in output and "signing keys" in output and "enrol again" in output
    second = Sluice(folder, state=folder / "second").start()
    try:
        wait_until_published(second)
        assert approvals(second) == decided
        for name, before in served.items():
            assert index_of(second, archive, name) == before
        assert query(second.state / "sluice.db", "SELECT value FROM meta WHERE key = 'epoch'") == [
            ("2",)
        ]
        assert second.ctl("audit", "list")[0]["action"] == "restore"
        assert "fits the ones before" in second.ctl_text("audit", "verify")
        for line in served["certification"].decode().split("\n"):
            if line.startswith("Filename: "):
                path = "/apt/certification/" + line.split(" ", 1)[1]
                assert second.get(path)[0] == 200
    finally:
        second.stop()


def bring_back(sluice, state):
    """An empty state directory with the keys and the payloads of another, as they were kept."""
    state.mkdir()
    for name in ("gnupg", "pool"):
        shutil.copytree(sluice.state / name, state / name, ignore=shutil.ignore_patterns("S.*"))
    shutil.copy(sluice.state / "server.key", state)
    owner = sluice.state.stat()
    for path in [state, *state.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    return state


def test_machines_go_on_after_a_restore_and_their_old_messages_count_no_more(known, archive, folder):
    approve_everything(known, archive)
    known.ctl_text("group", "add", "office", "--channel", "production")
    token = known.ctl("token", "new", "--group", "office")["token"]
    machine = Machine(known.url, "web1", [("tool", "1.0", "amd64")])
    assert machine.enroll(token)[0] == 200
    assert machine.check_in()[0] == 200
    backup = folder / "backup.db"
    known.ctl_text("backup", str(backup))
    known_to_backup = machine.counter
    later = [machine.message() for _ in range(3)]
    assert [machine.post(one)[0] for one in later[:2]] == [200, 200]
    known.stop()
    os.chmod(backup, 0o644)
    state = bring_back(known, folder / "second")
    restore(backup, state)
    second = Sluice(folder, state=state).start()
    try:
        machine.url = second.url
        counters = "SELECT name, counter FROM computer"
        before = query(state / "sluice.db", counters)
        assert before[0][1] == known_to_backup
        for one in later:
            status, answer = machine.post(one)
            assert (status, answer["state"], answer["epoch"]) == (409, "epoch", 2)
        assert query(state / "sluice.db", counters) == before
        machine.epoch = answer["epoch"]
        assert machine.check_in()[0] == 200
        assert query(state / "sluice.db", counters)[0][1] == machine.counter > known_to_backup
        assert machine.post(later[-1])[0] == 409
    finally:
        second.stop()


def test_keys_and_payloads_that_were_kept_go_on_being_used(known, archive, folder):
    approve_everything(known, archive)
    keys = [one["fingerprint"] for one in known.ctl("channel", "list")]
    backup = folder / "backup.db"
    known.ctl_text("backup", str(backup))
    known.stop()
    os.chmod(backup, 0o644)
    state = bring_back(known, folder / "second")
    damaged = sorted(path for path in (state / "pool").rglob("*") if path.is_file())[0]
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])

    output = restore(backup, state)
    assert "signing keys" not in output and "enrol" not in output
    assert "1 payloads" in output
    second = Sluice(folder, state=state).start()
    try:
        assert [one["fingerprint"] for one in second.ctl("channel", "list")] == keys
    finally:
        second.stop()


def copy_pool_without(known, state, name):
    """The store as somebody kept it, but for the payloads of one update."""
    lost = [
        row[0]
        for row in query(
            known.state / "sluice.db",
            f"SELECT payload_sha256 FROM package WHERE source = '{name}'",
        )
    ]
    assert lost
    shutil.copytree(known.state / "pool", state / "pool", ignore=shutil.ignore_patterns(*lost))
    owner = known.state.stat()
    for path in [state, *state.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)


def test_what_is_fetched_again_is_missing_in_no_publication(known, archive, mirror, folder):
    approve_everything(known, archive)
    known.ctl_text("approve", "other", "--channel", "production", "--yes")
    backup = folder / "backup.db"
    known.ctl_text("backup", str(backup))
    known.stop()
    os.chmod(backup, 0o644)
    state = folder / "second"
    state.mkdir()
    copy_pool_without(known, state, "other")
    assert "1 payloads" in restore(backup, state)

    let_go = threading.Event()

    def held(handler):
        let_go.wait(60)
        handler.serve_file()

    mirror.faults["other_2.0"] = held
    second = Sluice(folder, config=CONFIG.replace("slow_timeout = 30s", "slow_timeout = 60s"), state=state)
    second.start()
    try:
        # nothing that publishes meanwhile takes from the channel what is still on its way
        second.ctl_text("sync")
        second.ctl_text("approve", "tool", "--channel", "production", "--yes", "--no-wait")
        for channel in ("certification", "production"):
            status, _, body = second.get(
                f"/apt/{channel}/dists/{archive.suite}/main/binary-amd64/Packages"
            )
            assert status == 404 or b"Package: other" in body
        assert any(one["state"] == "running" for one in second.ctl("job", "list"))
        let_go.set()
        wait_until_published(second)
        for channel in ("certification", "production"):
            for name in ("tool", "other"):
                assert f"Package: {name}".encode() in index_of(second, archive, channel)
    finally:
        let_go.set()
        second.stop()


def test_a_restore_touches_no_state_that_is_not_empty(known, folder):
    backup = folder / "backup.db"
    known.ctl_text("backup", str(backup))
    os.chmod(backup, 0o644)
    before = query(known.state / "sluice.db", "SELECT * FROM audit")
    message = restore(backup, known.state, code=1)
    assert str(known.state) in message and "not empty" in message
    assert query(known.state / "sluice.db", "SELECT * FROM audit") == before
    assert known.get("/healthz")[0] == 200


@pytest.mark.parametrize("case", ["missing", "text", "damaged", "cut", "foreign", "newer"])
def test_a_bad_backup_is_refused_and_leaves_nothing(known, folder, case):
    backup = folder / "backup.db"
    known.ctl_text("backup", str(backup))
    os.chmod(backup, 0o644)
    if case == "missing":
        backup = folder / "nothing.db"
    elif case == "text":
        backup.write_text("hello\n" * 1000)
    elif case == "damaged":
        content = bytearray(backup.read_bytes())
        for place in range(4096, len(content), 4096):
            content[place : place + 16] = b"\xff" * 16
        backup.write_bytes(content)
    elif case == "cut":
        backup.write_bytes(backup.read_bytes()[:20000])
    else:
        connection = sqlite3.connect(backup)
        if case == "foreign":
            connection.execute("DROP TABLE meta")
        else:
            connection.execute("UPDATE schema_version SET version = 999")
        connection.commit()
        connection.close()
    state = folder / "second"
    message = restore(backup, state, code=1)
    expected = {"missing": str(backup), "foreign": "not one of Sluice", "newer": "newer program"}
    assert expected.get(case, "restore: ") in message
    assert message.count("\n") == 1
    left = {path.name for path in state.iterdir()} if state.exists() else set()
    assert left <= {"lock", "pool"}


def test_a_backup_replaces_no_file(known, folder):
    place = folder / "precious"
    place.write_text("precious")
    with pytest.raises(CtlError, match="precious exists"):
        known.ctl_text("backup", str(place))
    assert place.read_text() == "precious"
    with pytest.raises(CtlError, match="no/such/place"):
        known.ctl_text("backup", str(folder / "no/such/place"))
    assert [one for one in known.ctl("job", "list") if one["kind"] == "backup"] == []


def test_a_backup_can_be_had_once(known, folder):
    known.ctl_text("backup", str(folder / "one.db"))
    job = [one for one in known.ctl("job", "list") if one["kind"] == "backup"][0]["id"]
    done = subprocess.run(
        ["curl", "-s", "--unix-socket", str(known.state / "admin.sock"),
         f"http://localhost/api/v1/backups/{job}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "not-found" in done.stdout and "fetched already" in done.stdout
