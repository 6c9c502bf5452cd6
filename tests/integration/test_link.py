"""The core and the front hang, one at a time: the other goes on, and nothing waits for ever."""

import os
import signal
import socket

from conftest import add_upstream
from machine import Machine, post
from sluice import CONFIG, Sluice
from test_isolation import front_of, is_gone, wait_for

PENDING = 200
KIB = 1024


def serving(folder, archive, mirror, public):
    """A sluiced that has published something, with keys of its own in [public]."""
    archive.add("tool", "1.0")
    archive.add("other", "1.0")
    archive.publish()
    sluice = Sluice(folder, CONFIG + "max_per_address = 0\n" + public).start()
    add_upstream(sluice, archive, mirror)
    sluice.ctl_text("sync")
    sluice.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    sluice.ctl_text("group", "add", "office", "--channel", "certification")
    return sluice


class Stopped:
    """A process is there and does nothing."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        if not is_gone(self.pid):
            os.kill(self.pid, signal.SIGCONT)


def connect(sluice):
    host, port = sluice.public.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=60)


def begin_check_ins(sluice, count, size):
    """Sockets on which a whole check-in was sent; nobody has read the answers."""
    head = f"POST /agent/v1/checkin HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    waiting = []
    for _ in range(count):
        waiting.append(connect(sluice))
        waiting[-1].sendall(head.encode() + bytes(size))
    return waiting


def answer(one):
    """(status, headers) of the answer on a socket."""
    head = b""
    while b"\r\n\r\n" not in head:
        got = one.recv(1)
        assert got, f"closed without an answer: {head!r}"
        head += got
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines if line)


def published(sluice, archive):
    """Names in the index that is served."""
    path = f"/apt/certification/dists/{archive.suite}/main/binary-amd64/Packages"
    status, _, body = sluice.get(path)
    assert status == 200
    return {line[9:] for line in body.decode().split("\n") if line.startswith("Package: ")}


def works(sluice):
    """A machine enrols and checks in."""
    machine = Machine(sluice.url, "web1", [("tool", "0.9", "amd64")])
    token = sluice.ctl("token", "new", "--group", "office")["token"]
    return machine.enroll(token)[0] == 200 and machine.check_in()[0] == 200


def test_a_core_that_hangs_stops_no_file_and_check_ins_are_told_to_come_back(
    folder, archive, mirror
):
    sluice = serving(folder, archive, mirror, "answer_timeout = 3s\n")
    try:
        with Stopped(sluice.process.pid):
            waiting = begin_check_ins(sluice, PENDING, 64 * KIB)
            assert published(sluice, archive) == {"tool"}
            assert sluice.get("/healthz")[0] == 200
            for one in waiting:
                status, headers = answer(one)
                assert status == 503 and int(headers["Retry-After"]) > 0
                one.close()
            assert published(sluice, archive) == {"tool"}
        assert works(sluice)
        assert sluice.ctl("status")["front_starts"] == 1
    finally:
        sluice.stop()


def test_what_a_core_that_hangs_cannot_be_told_is_answered_at_once(folder, archive, mirror):
    sluice = serving(folder, archive, mirror, "answer_timeout = 1h\n")
    try:
        with Stopped(sluice.process.pid):
            waiting = begin_check_ins(sluice, PENDING, 256 * KIB)  # more than 32 MiB
            for one in waiting:
                one.settimeout(0)
            refused = []
            wait_for(lambda: collect(waiting, refused) and len(refused) >= PENDING // 4)
            assert {status for status, _ in refused} == {503}
            assert all(int(headers["Retry-After"]) > 0 for _, headers in refused)
            assert published(sluice, archive) == {"tool"}
        # what it was told it answers now: these were no check-ins
        for one in waiting:
            one.settimeout(60)
            assert answer(one)[0] == 400
            one.close()
        assert works(sluice)
    finally:
        sluice.stop()


def collect(waiting, refused):
    """Moves answers that have come from one list to the other."""
    for one in list(waiting):
        try:
            one.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            continue
        one.settimeout(60)
        refused.append(answer(one))
        waiting.remove(one)
        one.close()
    return True


def test_a_front_that_hangs_is_replaced_and_the_core_does_not_wait(folder, archive, mirror):
    sluice = serving(folder, archive, mirror, "")
    try:
        front = front_of(sluice)
        with Stopped(front):
            # the core answers people; what they publish is served by the next front
            assert sluice.ctl("status")["front_starts"] == 1
            sluice.ctl_text("rate", "tool", "high", "--reason", "test")
            sluice.ctl_text("approve", "other", "--channel", "certification", "--yes")
            wait_for(lambda: is_gone(front))
        wait_for(lambda: sluice.ctl("status")["serving"])
        assert sluice.ctl("status")["front_starts"] == 2
        assert published(sluice, archive) == {"tool", "other"}
        assert works(sluice)
    finally:
        assert sluice.stop() == 0


def test_a_server_stops_while_its_front_hangs_or_has_just_died(sluice):
    for blow in (signal.SIGSTOP, signal.SIGKILL, signal.SIGSEGV):
        os.kill(front_of(sluice), blow)
        assert sluice.stop() == 0
        sluice.start()


def test_a_server_that_is_told_to_stop_while_it_starts_stops_as_always(folder):
    sluice = Sluice(folder)
    for _ in range(5):
        sluice.start(wait=False)
        wait_for((sluice.state / "addresses").exists)  # it answers people, and is not yet through
        assert sluice.stop() == 0


def test_a_front_that_hangs_ends_with_its_core_and_leaves_the_port(sluice):
    front = front_of(sluice)
    with Stopped(front):
        sluice.kill()
        wait_for(lambda: is_gone(front))
    sluice.start()
    assert sluice.get("/healthz")[0] == 200
