"""What a process of ours may do once it is taken over: very little."""

import contextlib
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

import pytest
from conftest import LONG
from sluice import BUILD

FRONT = BUILD / "server/front/sluice-front"
NO_FENCES = [
    "strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset,seccomp",
    "-e", "inject=landlock_create_ruleset:error=ENOSYS", "-e", "inject=seccomp:error=EINVAL",
]  # fmt: skip


def process(pid):
    """Fields of /proc/PID/status."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    own = [int(word) for word in text.split()]
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        own += [int(word) for word in (thread / "children").read_text().split()]
    return set(own)


def front_of(sluice):
    """Process id of the running front."""
    for pid in children(sluice.process.pid):
        with contextlib.suppress(OSError):  # another child that has ended meanwhile
            if "sluice-front" in pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]:
                return pid
    raise AssertionError("no front runs")


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


def is_gone(pid):
    return not pathlib.Path(f"/proc/{pid}").exists() or process(pid)["State"].startswith("Z")


def run_front(sluice, *options, launcher=(), listener=None):
    """A front of its own on the state of a stopped sluiced; (exit status, what it said)."""
    ours, theirs = socket.socketpair()
    with ours, theirs, listener or socket.create_server(("127.0.0.1", 0)) as listener:
        ours.shutdown(socket.SHUT_WR)  # its link ends at once, so it ends
        done = subprocess.run(
            [*launcher, str(FRONT), f"--state={sluice.state}", f"--listen-fd={listener.fileno()}",
             f"--link-fd={theirs.fileno()}", "--threads=1", *options],
            pass_fds=(listener.fileno(), theirs.fileno()), capture_output=True, text=True,
            timeout=120, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),
        )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture
def stopped(sluice):
    sluice.stop()
    return sluice


def test_no_process_is_root_or_holds_a_capability(sluice):
    core, front = sluice.process.pid, front_of(sluice)
    for pid in (core, front):
        status = process(pid)
        assert "0" not in status["Uid"].split()
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert status["NoNewPrivs"] == "1"
    assert process(front)["Seccomp"] == "2"


def test_no_process_leaves_its_memory_on_disk(sluice):
    """X-08: no core to look for secrets in, whatever the machine allows."""
    for pid in (sluice.process.pid, front_of(sluice)):
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.M), limits


def test_the_front_keeps_nothing_open_that_it_was_not_given(stopped):
    """What gpg's pipes look like when the core starts a front while it starts gpg."""
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as listener:
        front = subprocess.Popen(
            [str(FRONT), f"--state={stopped.state}", f"--listen-fd={listener.fileno()}",
             f"--link-fd={theirs.fileno()}", "--threads=1"],
            pass_fds=(listener.fileno(), theirs.fileno(), writing),
        )  # fmt: skip
        os.close(writing)
        assert ours.recv(1)  # it serves
        assert front.poll() is None
        assert select.select([reading], [], [], 0)[0] and os.read(reading, 1) == b""
        ours.shutdown(socket.SHUT_RDWR)
        assert front.wait(60) == 0
    os.close(reading)


def test_a_front_that_is_taken_over_gets_nowhere(stopped):
    attempts = [
        f"read:{stopped.state}/server.key", f"read:{stopped.state}/sluice.db", "read:/etc/passwd",
        f"write:{stopped.state}/publications/x", f"write:{stopped.folder}/was-here", "socket",
        "listen", "exec", "ptrace",
    ]  # fmt: skip
    for what in attempts:
        status, said = run_front(stopped, f"--probe={what}")
        assert f"probe {what}: denied" in said, said
    assert not (stopped.folder / "was-here").exists()
    assert not (stopped.state / "publications/x").exists()
    # without the fences the same attempts go through: it is the fences that deny
    for what in attempts:
        if what == "ptrace":
            continue  # strace, which takes the fences away, traces it already
        status, said = run_front(stopped, f"--probe={what}", launcher=NO_FENCES)
        assert f"probe {what}: BROKE OUT" in said, said
        assert "landlock" in said and "seccomp" in said


def test_a_front_that_needs_its_fences_does_not_start_without(stopped):
    status, said = run_front(stopped, "--require-fences", launcher=NO_FENCES)
    assert status != 0 and "landlock" in said


def test_a_front_that_needs_seccomp_accepts_nobody_before_it_finds_it_missing(stopped):
    no_seccomp = [
        "strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=seccomp",
        "-e", "inject=seccomp:error=EINVAL:delay_enter=1000000",  # time enough to serve in
    ]  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            status, said = run_front(
                stopped, "--require-fences", launcher=no_seccomp, listener=listener.dup()
            )
            assert status != 0 and "seccomp" in said and "landlock" not in said
            listener.settimeout(0)
            listener.accept()[0].close()  # it still waits to be accepted


def test_a_front_that_dies_is_back_and_the_core_does_not_notice(sluice):
    core = sluice.process.pid
    for round_ in range(200 if LONG else 8):
        front = front_of(sluice)
        starts = sluice.ctl("status")["front_starts"]
        os.kill(front, signal.SIGKILL if round_ % 2 else signal.SIGSEGV)
        wait_for(lambda: sluice.ctl("status")["front_starts"] > starts)
        wait_for(lambda: sluice.ctl("status")["serving"])
        assert sluice.get("/healthz")[0] == 200
    assert sluice.process.pid == core and sluice.process.poll() is None


def test_a_front_ends_with_its_core_and_a_new_core_starts_its_own(sluice):
    front = front_of(sluice)
    sluice.kill()
    wait_for(lambda: is_gone(front))
    sluice.start()
    assert front_of(sluice) != front
    assert sluice.get("/healthz")[0] == 200
