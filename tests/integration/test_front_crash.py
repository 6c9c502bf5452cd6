"""The front crashes and loops (debug build has paths for that): it is back, and the core does not notice."""

import http.client
import statistics
import time

import pytest
from conftest import LONG
from machine import Machine
from sluice import CONFIG, Sluice
from test_isolation import front_of, wait_for
from wire import connect

CRASHES = 1000 if LONG else 10
LOOPS = 10 if LONG else 1


@pytest.fixture
def sluice(folder):
    server = Sluice(folder, CONFIG + "max_per_address = 0\nthreads = 2\n").start()
    server.ctl_text("group", "add", "office", "--channel", "production")
    yield server
    assert server.stop() == 0


def hurt(sluice, what):
    """A request after which a thread of the front is not what it was; the open connection."""
    connection = connect(sluice.public)
    connection.sendall(f"GET /probe/{what} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def honest(sluice):
    """Seconds until an honest client has its answer, tried again at once when it is cut off."""
    began = time.monotonic()
    while True:
        try:
            assert sluice.get("/healthz")[0] == 200
            return time.monotonic() - began
        except (OSError, http.client.HTTPException):
            assert time.monotonic() - began < 60, "nobody is served any more"


def assert_core_is_as_it_was(sluice, core, machine):
    assert sluice.process.pid == core and sluice.process.poll() is None
    assert machine.check_in()[0] == 200
    assert "sluiced: sluice-front ended" in sluice.log.read_text()


def enrolled(sluice):
    machine = Machine(sluice.url, "web1", [("tool", "1.0", "amd64")])
    assert machine.enroll(sluice.ctl("token", "new", "--group", "office")["token"])[0] == 200
    return machine


def test_a_front_that_crashes_is_back_each_time(sluice):
    core, machine = sluice.process.pid, enrolled(sluice)
    latencies = []
    for number in range(CRASHES):
        with hurt(sluice, "crash") as connection:
            try:
                assert connection.recv(1) == b""
            except ConnectionResetError:
                pass
        latencies.append(honest(sluice))
        wait_for(lambda: sluice.ctl("status")["front_starts"] == number + 2)  # noqa: B023
    assert_core_is_as_it_was(sluice, core, machine)
    assert sluice.ctl("status")["front_starts"] == CRASHES + 1
    assert not LONG or statistics.median(latencies) < 1


def test_a_front_with_a_thread_that_loops_serves_and_is_replaced(sluice):
    core, machine = sluice.process.pid, enrolled(sluice)
    for number in range(LOOPS):
        before, latencies = front_of(sluice), []
        with hurt(sluice, "loop"):

            def replaced():
                latencies.append(honest(sluice))
                return sluice.ctl("status")["front_starts"] == number + 2  # noqa: B023

            wait_for(replaced, 60)
        assert front_of(sluice) != before
        assert len(latencies) > 1  # it did serve before it was replaced
        assert not LONG or statistics.median(latencies) < 1
    assert_core_is_as_it_was(sluice, core, machine)
    assert "a thread that serves hangs" in sluice.log.read_text()
