"""A-01, A-02: who guesses passwords gets a few tries, learns no names, and locks nobody out."""

import json
import os
import pathlib
import sqlite3
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sluice import CONFIG, Sluice
from visitor import PASSWORD, Visitor, add_person, move_time

LONG = os.environ.get("SLUICE_LONG") == "1"
GUESSES = 1000
MEMORY_KB = 200 * 1024
SANITIZED = "sanitized" in os.environ.get("SLUICE_BUILD", "")


@pytest.fixture
def server(folder):
    made = Sluice(folder)
    yield made.start()
    made.stop()


def hashed(server):
    """How many passwords were worked on since the start."""
    return server.ctl("status")["passwords_checked"]


def guess(server, guesses, sources, name="ann"):
    """Wrong passwords from so many addresses at once; the statuses they got."""
    got = []

    def one(source, count):
        visitor = Visitor(server, source)
        for number in range(count):
            got.append(visitor.sign_in(name, f"wrong password {number}").status)

    threads = [
        threading.Thread(target=one, args=(f"127.0.{1 + i // 200}.{1 + i % 200}", guesses // sources))
        for i in range(sources)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == guesses
    return got


def peak_memory_kb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


@pytest.mark.parametrize("sources", [1, 50])
def test_of_a_thousand_guesses_few_are_looked_at(server, sources):
    add_person(server, "ann", "owner")
    before = hashed(server)
    got = guess(server, GUESSES, sources)
    reached = hashed(server) - before
    # what was looked at was wrong, all else was refused unseen
    assert 5 <= reached <= 40
    assert got.count(401) == reached and got.count(429) == GUESSES - reached
    assert SANITIZED or peak_memory_kb(server) < MEMORY_KB
    # the owner waits no longer than five minutes; nothing that was refused made it longer
    move_time(server, 300)
    assert Visitor(server, "127.0.9.9").sign_in("ann").status == 200
    assert hashed(server) - before == reached + 1


def test_who_guesses_does_not_hold_up_a_browser_that_was_here_before(server):
    add_person(server, "ann", "owner")
    add_person(server, "bob", "viewer")
    known, foreign = Visitor(server, "127.0.1.1"), Visitor(server, "127.0.1.1")
    assert known.sign_in("ann").status == 200 and foreign.sign_in("bob").status == 200
    guess(server, 30, 1)
    move_time(server, -60)  # the wait is not over, however long that took
    # neither a browser that is new, nor one that is known to somebody else, nor a cookie of two
    assert Visitor(server, "127.0.1.1").sign_in("ann").status == 429
    assert foreign.sign_in("ann").status == 429
    both = {"Cookie": f"sluice_device={known.device}; sluice_device={known.device}"}
    account = {"name": "ann", "password": PASSWORD}
    assert Visitor(server, "127.0.1.1").ask("POST", "session", account, both).status == 429
    for _ in range(10):
        assert known.sign_in("ann").status == 200


def test_a_browser_that_was_here_before_guesses_no_more_than_others(server):
    add_person(server, "ann", "owner")
    known = Visitor(server)
    assert known.sign_in("ann").status == 200
    stolen, before = known.device, hashed(server)
    for number in range(GUESSES if LONG else 200):
        known.cookie, known.device = None, stolen
        known.sign_in("ann", f"wrong password {number}")
    assert 5 <= hashed(server) - before <= 40
    # nobody else waits for that
    assert Visitor(server).sign_in("ann").status == 200


def test_strangers_with_ever_new_names_keep_nobody_out(server):
    """From many addresses there is always one that has not to wait yet: what they may use up is little."""
    add_person(server, "ann", "owner")
    known = Visitor(server, "127.0.9.9")
    assert known.sign_in("ann").status == 200
    said, over = [], threading.Event()

    def stranger(source):
        number = 0
        while not over.is_set():
            number += 1
            said.append(Visitor(server, source).sign_in(f"{source} {number}", "wrong password"))

    threads = [threading.Thread(target=stranger, args=(f"127.0.1.{1 + i}",)) for i in range(30)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        assert known.get("groups").status == 200
        assert known.sign_in("ann").status == 200
    over.set()
    for thread in threads:
        thread.join()
    assert {one.status for one in said} == {401, 429}
    assert [one for one in said if "too many passwords are being checked" in one.json["detail"]]


def test_another_password_makes_every_browser_a_new_one(server):
    add_person(server, "ann", "owner")
    one, other = Visitor(server), Visitor(server)
    assert one.sign_in("ann").status == 200 and other.sign_in("ann").status == 200
    change = {"name": "ann", "old": PASSWORD, "password": "some other password"}
    assert one.post("person-passwords", **change).status == 200
    guess(server, 30, 1)
    move_time(server, -60)
    assert other.sign_in("ann", "some other password").status == 429
    assert one.sign_in("ann", "some other password").status == 200


PROXY = "127.0.0.2"


class Proxied(Visitor):
    """A browser behind the proxy; what it says itself of where it comes from is claimed."""

    def __init__(self, server, address, claimed=""):
        super().__init__(server, PROXY)
        self.forwarded = f"{claimed}, {address}" if claimed else address

    def headers(self, method, body):
        return super().headers(method, body) | {"X-Forwarded-For": self.forwarded}


@pytest.fixture
def behind(folder):
    made = Sluice(folder, f"{CONFIG}[admin]\ntrusted_proxies = 10.0.0.0/8 {PROXY}\n")
    yield made.start()
    made.stop()


def signed_in_from(server):
    """Where the newest row of the audit log says that somebody signed in from."""
    row = server.ctl("audit", "list")[0]
    assert row["action"] == "sign in"
    return json.loads(row["detail"])["from"]


def test_who_guesses_behind_a_proxy_lets_nobody_else_behind_it_wait(behind):
    add_person(behind, "ann", "owner")
    add_person(behind, "bob", "viewer")
    # from wherever it claims to be, too
    tries = [Proxied(behind, "203.0.113.5", f"198.51.100.{number}") for number in range(30)]
    got = [one.sign_in("ann", "wrong password").status for one in tries]
    assert got[:5] == [401] * 5 and got.count(429) >= 10
    move_time(behind, -60)  # however long that took, its wait is not over
    assert Proxied(behind, "203.0.113.5").sign_in("bob").status == 429
    assert Proxied(behind, "203.0.113.6").sign_in("bob").status == 200
    assert signed_in_from(behind) == "203.0.113.6"
    # what is no address is the proxy
    assert Proxied(behind, "unknown").sign_in("bob").status == 200
    assert signed_in_from(behind) == PROXY


def test_a_proxy_may_say_it_in_lines_of_their_own(behind):
    add_person(behind, "bob", "viewer")
    visitor = Visitor(behind, PROXY)
    body = json.dumps({"name": "bob", "password": PASSWORD})
    connection = visitor.connection()
    connection.putrequest("POST", "/api/v1/session")
    for said in ("198.51.100.1", "203.0.113.7", "10.1.2.3"):
        connection.putheader("X-Forwarded-For", said)
    for name, value in visitor.headers("POST", body).items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body.encode())
    assert connection.getresponse().status == 200
    connection.close()
    assert signed_in_from(behind) == "203.0.113.7"


def test_what_strangers_say_of_where_they_come_from_is_nobodys_word(behind):
    visitor = Visitor(behind, "127.0.0.3")
    got = []
    for number in range(12):
        claim = {"X-Forwarded-For": f"203.0.113.{number}"}
        account = {"name": f"name {number}", "password": "wrong password"}
        got.append(visitor.ask("POST", "session", account, claim).status)
    assert got[:5] == [401] * 5 and 429 in got


def test_what_waits_says_how_long_and_sluicectl_ends_it(server):
    add_person(server, "ann", "owner")
    guess(server, 10, 1)
    visitor = Visitor(server, "127.0.1.1")
    refused = visitor.sign_in("ann")
    assert refused.status == 429 and refused.problem == "throttled"
    assert 1 <= int(refused.headers["Retry-After"]) <= 300
    assert f"{refused.headers['Retry-After']} seconds" in refused.json["detail"]
    server.ctl("person", "unlock")
    assert visitor.sign_in("ann").status == 200
    assert server.ctl("audit", "list")[0]["action"] == "sign in"
    assert server.ctl("audit", "list")[1]["action"] == "login reset"


def test_a_restart_is_no_way_around(server):
    add_person(server, "ann", "owner")
    for number in range(14):  # until it is five minutes
        assert Visitor(server).sign_in("ann", f"wrong password {number}").status == 401
        move_time(server, 300)
    assert Visitor(server).sign_in("ann", "wrong password").status == 401
    server.stop()
    server.start()
    assert Visitor(server).sign_in("ann").status == 429
    assert hashed(server) == 0


def test_confirming_and_changing_a_password_are_no_way_around(server):
    add_person(server, "ann", "owner")
    visitor = Visitor(server)
    assert visitor.sign_in("ann").status == 200
    before = hashed(server)
    for number in range(20):
        visitor.post("session-confirmations", password=f"wrong {number}")
        visitor.post("person-passwords", name="ann", old=f"wrong {number}", password=PASSWORD)
    assert hashed(server) - before <= 12


def one_of_each(server, rounds):
    """Seconds that a wrong password took: for somebody who is there, and for nobody."""
    took = {"ann": [], "nobody": []}
    for number in range(rounds):
        for name, seconds in took.items():
            began = time.monotonic()
            assert Visitor(server).sign_in(name, f"wrong password {number}").status == 401
            seconds.append(time.monotonic() - began)
        server.ctl("person", "unlock")
    return took


def test_names_that_nobody_has_cost_the_same_work(server):
    add_person(server, "ann", "owner")
    before = hashed(server)
    rounds = 200 if LONG else 5
    took = one_of_each(server, rounds)
    # one password was worked on for each, whoever it was
    assert hashed(server) - before == 2 * rounds
    known, unknown = (statistics.median(seconds) for seconds in took.values())
    assert not LONG or abs(known - unknown) < 0.1 * known
    # and both wait alike
    for name in took:
        got = [Visitor(server, "127.0.3.3").sign_in(name, "wrong password").status for _ in range(7)]
        assert got[-1] == 429 and 401 in got
        server.ctl("person", "unlock")


def failures(server):
    with sqlite3.connect(server.state / "sluice.db", timeout=30) as db:
        return db.execute("SELECT kind, name, count FROM login_failure WHERE count > 0").fetchall()


def test_a_right_password_that_was_not_looked_at_is_no_failure(server):
    people = [f"person {n}" for n in range(12)]
    for name in people:
        add_person(server, name, "viewer")
    refused = []
    with ThreadPoolExecutor(len(people)) as pool:
        for _ in range(20):
            # each in a browser, and from an address, of its own
            browsers = [Visitor(server, f"127.0.1.{1 + n}") for n in range(len(people))]
            answers = pool.map(lambda browser, name: browser.sign_in(name), browsers, people)
            refused += [one.json["detail"] for one in answers if one.status != 200]
            if refused:
                break
    assert refused and all(one.startswith("too many passwords are being checked") for one in refused)
    assert failures(server) == []
