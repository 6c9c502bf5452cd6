"""No process of ours is root or can gain anything, and one without its fences says so or does not run."""

import os
import pathlib
import pwd
import socket
import subprocess

import pytest
from conftest import add_upstream
from machine import Machine
from sluice import CONFIG, Sluice
from test_isolation import front_of, process, run_front, wait_for

REQUIRED = CONFIG + "require_fences = yes\n"


class Launched(Sluice):
    """Started by another program, which becomes it."""

    def __init__(self, folder, launcher, config=CONFIG):
        super().__init__(folder, config)
        self.launcher = launcher

    def command(self):
        return [*self.launcher, *super().command()]


def without(*calls, follow=False):
    """A launcher under which these system calls fail, in the core alone or in all it starts too."""
    inject = [word for call in calls for word in ("-e", f"inject={call}:error=EPERM")]
    return ["strace", "-D", *(["-f"] if follow else []), "-qq", "-o", "/dev/null",
            "-e", f"trace={','.join(calls)}", *inject]  # fmt: skip


def processes_of(sluice):
    """Every process that has the state directory among its arguments: name -> process id."""
    found = {}
    for path in pathlib.Path("/proc").iterdir():
        try:
            arguments = (path / "cmdline").read_text(errors="replace")
            if path.name.isdigit() and str(sluice.state) in arguments:
                found[(path / "comm").read_text().strip()] = int(path.name)
        except OSError:
            continue  # it ended meanwhile
    return found


def assert_powerless(sluice):
    found = processes_of(sluice)
    assert {"sluiced", "sluice-front", "gpg-agent"} <= set(found)
    for name, pid in found.items():
        status = process(pid)
        assert "0" not in status["Uid"].split(), name
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[kind], 16) == 0, f"{name} {kind}"
        assert status["NoNewPrivs"] == "1", name
    assert process(found["sluice-front"])["Seccomp"] == "2"


def publish(sluice, archive, mirror):
    archive.add("tool", "1.0")
    archive.publish()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    sluice.ctl_text("approve", "tool", "--channel", "certification", "--yes")


def low_port():
    for port in range(1023, 512, -1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no port below 1024 is free")


def as_nobody(folder):
    """A launcher that keeps nothing of root but the right to open port 80."""
    if os.geteuid() != 0:
        pytest.skip("only root can hand out a capability")
    nobody = pwd.getpwnam("nobody")
    (folder / "state").mkdir()
    os.chown(folder / "state", nobody.pw_uid, nobody.pw_gid)
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
            "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service"]  # fmt: skip


def test_started_by_root_no_process_keeps_anything_of_it(folder, archive, mirror):
    sluice = Launched(folder, []).start()
    try:
        publish(sluice, archive, mirror)
        assert_powerless(sluice)
    finally:
        sluice.stop()


def test_the_capability_for_port_80_is_gone_once_the_port_is_open(folder, archive, mirror):
    sluice = Launched(folder, as_nobody(folder))
    sluice.public = f"127.0.0.1:{low_port()}"
    sluice.start()
    try:
        publish(sluice, archive, mirror)
        assert_powerless(sluice)
        assert sluice.get("/healthz")[0] == 200
    finally:
        sluice.stop()


def said(sluice, words):
    return [line for line in sluice.log.read_text().split("\n") if words in line]


MISSING = [
    ("core", without("capset", "prctl"), ("no capabilities", "no new privileges")),
    ("front", without("landlock_create_ruleset", "seccomp", follow=True), ("landlock", "seccomp")),
]  # fmt: skip


def with_a_capability(who, folder):
    """A core that has none to give up misses nothing where it cannot."""
    return as_nobody(folder) if who == "core" else []


@pytest.mark.parametrize("who, launcher, names", MISSING, ids=[one[0] for one in MISSING])
def test_what_runs_without_fences_says_which_in_one_line(folder, who, launcher, names):
    sluice = Launched(folder, [*with_a_capability(who, folder), *launcher]).start()
    try:
        lines = said(sluice, "running without")
        assert len(lines) == 1 and all(name in lines[0] for name in names)
        assert lines[0].startswith("sluiced: " if who == "core" else "sluice-front: ")
        assert sluice.get("/healthz")[0] == 200
    finally:
        sluice.stop()


@pytest.mark.parametrize("who, launcher, names", MISSING, ids=[one[0] for one in MISSING])
def test_what_needs_its_fences_does_not_start_without(folder, who, launcher, names):
    sluice = Launched(folder, [*with_a_capability(who, folder), *launcher], REQUIRED)
    done = subprocess.run(
        sluice.command(), capture_output=True, text=True, timeout=120, check=False,
        env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),  # it cannot look for them under strace
    )  # fmt: skip
    assert done.returncode == 1
    lines = [line for line in done.stderr.split("\n") if any(name in line for name in names)]
    assert len(lines) == 1 and all(name in lines[0] for name in names), done.stderr
    assert done.stderr.count("\n") == (1 if who == "core" else 2)
    wait_for(lambda: not processes_of(sluice))


def test_with_its_fences_it_starts_where_they_are_required(folder):
    sluice = Launched(folder, [], REQUIRED).start()
    try:
        assert sluice.get("/healthz")[0] == 200
        assert not said(sluice, "fence")
    finally:
        sluice.stop()


def test_the_front_cannot_read_what_is_known_of_machines(sluice):
    sluice.ctl_text("group", "add", "office", "--channel", "production")
    token = sluice.ctl("token", "new", "--group", "office")["token"]
    assert Machine(sluice.url, "web1").enroll(token)[0] == 200
    files = [f"{sluice.state}/sluice.db{end}" for end in ("", "-wal", "-shm")]
    assert b"web1" in b"".join(pathlib.Path(path).read_bytes() for path in files)
    core = sluice.process.pid
    for path in [*files, f"{sluice.state}/server.key", f"/proc/{core}/mem", f"/proc/{core}/fd"]:
        _, tried = run_front(sluice, f"--probe=read:{path}")
        assert f"probe read:{path}: denied" in tried, tried
    # nor was it handed any of it
    opened = pathlib.Path(f"/proc/{front_of(sluice)}/fd")
    targets = {os.readlink(one) for one in opened.iterdir()}
    assert not any("sluice.db" in target or "server.key" in target for target in targets)
    assert f"{sluice.state}/pool" in targets
