"""Port 80 against who does not play by the rules: one answer at most, nothing forwarded, nobody stays."""

import os
import re
import select
import signal
import threading

import pytest
from conftest import LONG, add_upstream
from sluice import CONFIG, Sluice
from test_isolation import wait_for
from wire import ask, connect, read_to_end, split_answers, talk

CLIENTS = 300 if LONG else 40
SECOND = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"  # what would be smuggled in
GET = "GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = "POST /agent/v1/checkin HTTP/1.1\r\nHost: x\r\n"

# what is sent, and the status of the one answer
REFUSED = {
    "length_and_encoding": (POST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "encoding_and_length": (POST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
    "two_lengths": (POST + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400),
    "the_same_length_twice": (POST + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "space_before_the_colon": (POST + "Content-Length : 4\r\n\r\nabcd", 400),
    "bare_cr_in_a_value": (GET + "X-A: a\rb\r\n\r\n", 400),
    "escape_code_in_a_value": (GET + "X-A: \x1b[2J\r\n\r\n", 400),
    "nul_in_a_name": (GET + "X\0A: a\r\n\r\n", 400),
    "no_colon": (GET + "just text\r\n\r\n", 400),
    "two_hosts": (GET + "Host: y\r\n\r\n", 400),
    "two_hosts_in_one": ("GET /healthz HTTP/1.1\r\nHost: x, y\r\n\r\n", 400),
    "no_host": ("GET /healthz HTTP/1.1\r\n\r\n", 400),
    "nul_in_the_path": ("GET /healthz%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "line_break_in_the_path": ("GET /healthz%0d%0aX HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "escape_that_is_none": ("GET /health%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "escape_cut_short": ("GET /health%4 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "eight_bits_in_the_path": ("GET /h\xe4lthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "space_in_the_path": ("GET /healthz /x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "whole_url": ("GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no_path": ("GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "path_too_long": ("GET /" + "a" * 3000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "body_on_get": (GET + "Content-Length: 4\r\n\r\nabcd", 400),
    "chunked_body_on_get": (GET + "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", 400),
    "unknown_method": ("BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "put": ("PUT /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd", 405),
    "options": ("OPTIONS /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "connect": ("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "post_of_a_file": ("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd", 405),
    "post_to_nothing": ("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd", 404),
    "header_above_4_kib": (GET + "X-A: " + "a" * 5000 + "\r\n\r\n", 431),
    "100_headers": (GET + "".join(f"X-{n}: a\r\n" for n in range(100)) + "\r\n", 431),
    "body_above_the_cap": (POST + "Content-Length: 400000\r\n\r\nabcd", 413),
    "body_above_the_cap_asked_first": (
        POST + "Content-Length: 400000\r\nExpect: 100-continue\r\n\r\n", 413),
    "compressed_body": (POST + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "encoding_unknown": (POST + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 501),
    "two_encodings": (POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "encoding_twice": (
        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "encoding_in_1_0": (
        "POST /agent/v1/checkin HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunk_without_a_size": (POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n", 400),
    "chunk_of_negative_size": (POST + "Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n", 400),
    "chunk_of_absurd_size": (POST + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nab\r\n", 413),
    "version_2": ("GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    "version_1_2": ("GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n", 505),
    "no_version": ("GET /healthz\r\n\r\n", 400),
}  # fmt: skip

# libmicrohttpd refuses these by itself, and then writes its head twice: the second is no answer,
# because the first says how long it is and that the connection ends
DOUBLED = {
    "length_negative": (POST + "Content-Length: -4\r\n\r\nabcd", 400),
    "length_with_a_sign": (POST + "Content-Length: +4\r\n\r\nabcd", 400),
    "length_hexadecimal": (POST + "Content-Length: 0x4\r\n\r\nabcd", 400),
    "length_as_a_list": (POST + "Content-Length: 4, 4\r\n\r\nabcd", 400),
    "length_empty": (POST + "Content-Length:\r\n\r\nabcd", 400),
    "length_absurd": (POST + "Content-Length: 99999999999999999999999\r\n\r\nabcd", 413),
}


def taken(sluice):
    """How many messages the core was given."""
    status = sluice.ctl("status")
    return sum(status[key] for key in ("enrolled", "checkins", "stale", "refused", "busy"))


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_is_wrong_has_one_answer_and_ends_the_connection(shared, name):
    sent, status = REFUSED[name]
    before = taken(shared)
    answers, rest = talk(shared.public, sent.encode("latin-1") + SECOND)
    assert [answer.status for answer in answers] == [status]
    assert answers[0].headers["Connection"] == "close" and rest == b""
    assert taken(shared) == before


@pytest.mark.parametrize("name", DOUBLED)
def test_a_length_that_is_none_ends_the_connection_with_the_answer(shared, name):
    sent, status = DOUBLED[name]
    before = taken(shared)
    answers, rest = talk(shared.public, sent.encode() + SECOND)
    assert answers[0].status == status and answers[0].headers["Connection"] == "close"
    assert b"200 OK" not in rest and len(answers) == 1
    assert taken(shared) == before


def test_a_chunked_body_above_the_cap_is_cut_off(shared):
    before = taken(shared)
    chunk = b"40000\r\n" + bytes(0x40000) + b"\r\n"
    sent = (POST + "Transfer-Encoding: chunked\r\n\r\n").encode() + 3 * chunk + b"0\r\n\r\n"
    answers, rest = talk(shared.public, sent + SECOND)
    assert answers == [] and rest == b""
    assert taken(shared) == before


def test_the_same_bytes_said_right_are_answered(shared):
    """What is refused above is refused for what is wrong with it."""
    before = taken(shared)
    length = POST + "Connection: close\r\nContent-Length: 4\r\n\r\nabcd"
    chunked = POST + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
    for sent in (length, chunked):
        answers, rest = talk(shared.public, sent.encode())
        assert [answer.body for answer in answers] == [b"4 bytes are no sealed message\n"]
        assert rest == b""
    assert taken(shared) == before + 2
    answers, _ = talk(shared.public, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert [answer.status for answer in answers] == [200]


def server(folder, public):
    return Sluice(folder, CONFIG + public).start()


class Slow(threading.Thread):
    """Sends one byte after the other for as long as it is let; then says that it was cut."""

    def __init__(self, address, begin, over):
        super().__init__(daemon=True)
        self.connection = connect(address, timeout=0.2)
        self.connection.sendall(begin)
        self.over = over
        self.cut = False

    def run(self):
        while not self.over.is_set() and not self.cut:
            try:
                self.connection.sendall(b"a")
                self.cut = self.connection.recv(4096) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                self.cut = True
        self.connection.close()


@pytest.mark.parametrize(
    "begin", [b"GET /healthz HTTP/1.1\r\nX-A: ", POST.encode() + b"Content-Length: 4096\r\n\r\n"],
    ids=["header", "body"],
)  # fmt: skip
def test_who_drips_is_cut_off_while_others_are_served(folder, begin):
    sluice = server(folder, "max_per_address = 0\nheader_timeout = 2s\nbody_timeout = 2s\n")
    over = threading.Event()
    try:
        slow = [Slow(sluice.public, begin, over) for _ in range(CLIENTS)]
        for client in slow:
            client.start()
        served = 0

        def all_cut():
            nonlocal served
            served += sluice.get("/healthz")[0] == 200
            return all(client.cut for client in slow)

        wait_for(all_cut)
        assert served > 1
    finally:
        over.set()
        sluice.stop()


def test_who_says_nothing_is_cut_off_before_and_after_a_request(folder):
    sluice = server(folder, "header_timeout = 1s\nidle_timeout = 1s\n")
    try:
        silent = connect(sluice.public)
        idle = connect(sluice.public)
        assert ask(idle, "/healthz").status == 200
        assert read_to_end(silent) == b"" and read_to_end(idle) == b""
        assert sluice.get("/healthz")[0] == 200
    finally:
        sluice.stop()


@pytest.mark.skipif(not LONG, reason="takes two minutes; test_watchdog.c has it in two seconds")
def test_who_takes_nothing_of_a_file_is_cut_off(folder, archive, mirror):
    archive.add("tool", "1.0", files={"./large": os.urandom(32 * 1024 * 1024)})
    archive.publish()
    sluice = server(folder, "")
    try:
        add_upstream(sluice, archive, mirror)
        sluice.ctl_text("sync")
        sluice.ctl_text("approve", "tool", "--channel", "certification", "--yes")
        index = f"/apt/certification/dists/{archive.suite}/main/binary-amd64/Packages"
        name = re.search(r"^Filename: (.*)$", sluice.get(index)[2].decode(), re.M).group(1)
        with connect(sluice.public, timeout=180) as connection:
            path = f"/apt/certification/{name}".encode()
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            cut = select.poll()
            cut.register(connection, select.POLLRDHUP)
            assert cut.poll(180_000)
            assert sluice.get("/healthz")[0] == 200
    finally:
        sluice.stop()


def served(address, source=None):
    """A connection on which a request was answered; None when it was closed instead."""
    connection = connect(address, source, timeout=5)
    try:
        assert ask(connection, "/healthz").status == 200
        return connection
    except (AssertionError, ConnectionError):
        connection.close()
        return None


def reload(sluice, public):
    """Other limits, as an administrator sets them."""
    starts = sluice.ctl("status")["front_starts"]
    sluice.config.write_text(CONFIG + public)
    sluice.process.send_signal(signal.SIGHUP)
    wait_for(lambda: sluice.ctl("status")["front_starts"] > starts)
    wait_for(lambda: sluice.ctl("status")["serving"])


def test_connections_of_one_address_have_a_limit_that_can_be_set(folder):
    sluice = server(folder, "max_per_address = 3\nidle_timeout = 1h\n")
    try:
        kept = [served(sluice.public) for _ in range(3)]
        assert all(kept)
        assert served(sluice.public) is None
        assert served(sluice.public, "127.0.0.2")
        kept.pop().close()
        wait_for(lambda: kept.append(served(sluice.public)) or kept.pop())
        reload(sluice, "max_per_address = 5\nidle_timeout = 1h\n")
        kept = [served(sluice.public) for _ in range(5)]
        assert all(kept)
        assert served(sluice.public) is None
        reload(sluice, "max_per_address = 0\nidle_timeout = 1h\n")
        kept = [served(sluice.public) for _ in range(60)]
        assert all(kept)
    finally:
        sluice.stop()


def test_a_reload_that_leaves_the_limits_cuts_nobody_off(folder):
    limit = "idle_timeout = 1h\n"
    sluice = server(folder, limit)
    try:
        kept = served(sluice.public)
        starts = sluice.ctl("status")["front_starts"]
        sluice.config.write_text(CONFIG + limit + "[checkin]\ninterval = 2h\n")
        sluice.process.send_signal(signal.SIGHUP)
        wait_for(lambda: b"reloaded" in sluice.log.read_bytes())
        assert ask(kept, "/healthz").status == 200
        assert sluice.ctl("status")["front_starts"] == starts
        reload(sluice, "idle_timeout = 30m\n")
        assert kept.recv(1) == b""
    finally:
        sluice.stop()


def test_connections_in_all_have_a_limit_that_can_be_set(folder):
    limit = "max_per_address = 0\nidle_timeout = 1h\nheader_timeout = 1h\n"
    sluice = server(folder, limit + "max_connections = 16\n")
    try:
        kept = [served(sluice.public) for _ in range(16)]
        assert all(kept)
        late = connect(sluice.public, timeout=1)
        with pytest.raises(TimeoutError):
            ask(late, "/healthz")
        for connection in kept:
            connection.close()
        late.settimeout(30)  # its request waits, and is answered when there is room
        assert split_answers(late.recv(4096))[0][0].status == 200
        reload(sluice, limit + "max_connections = 40\n")
        kept = [served(sluice.public) for _ in range(40)]
        assert all(kept)
    finally:
        sluice.stop()
