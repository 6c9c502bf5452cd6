"""Check-in: machines enrol with a token, say what they have, and nobody else is believed."""

import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import threading
import time

import pytest
from conftest import LONG
from machine import Machine, post
from sluice import CONFIG, CtlError, Sluice

OLD, NEW = "1.0-1", "1.0-1+deb12u1"
TOOL = [("tool", OLD, "amd64"), ("tool-data", OLD, "all"), ("zlib1g", "1:1.2.13", "amd64")]
TOOL_NEW = [("tool", NEW, "amd64"), ("tool-data", NEW, "all"), ("zlib1g", "1:1.2.13", "amd64")]


def make_token(sluice, *options, group="office"):
    return sluice.ctl("token", "new", "--group", group, *options)["token"]


@pytest.fixture
def office(sluice):
    """A sluiced with one group and no upstream."""
    sluice.ctl_text("group", "add", "office", "--channel", "production")
    return sluice


@pytest.fixture
def shop(known, archive):
    """A sluiced whose archive has an update of "tool" that is approved for production."""
    for version in (OLD, NEW):
        archive.add("tool", version, source=f"tool ({version})")
        archive.add("tool-data", version, source=f"tool ({version})", architecture="all")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("group", "add", "office", "--channel", "production")
    approve(known, "tool")
    return known


def approve(sluice, name):
    for channel in ("certification", "production"):
        sluice.ctl_text("approve", name, "--channel", channel, "--yes")


def enrolled(sluice, token=None, name="web1", packages=TOOL):
    machine = Machine(sluice.url, name, packages)
    status, answer = machine.enroll(token or make_token(sluice))
    assert status == 200 and answer["state"] == "active"
    return machine


def rows(sluice, table="computer"):
    """A table as it is on disk."""
    database = sqlite3.connect(f"file:{sluice.state}/sluice.db?mode=ro", uri=True)
    try:
        return database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
    finally:
        database.close()


def everything(sluice):
    tables = ("computer", "token", "inventory", "inventory_item", "coverage", "report")
    return {table: rows(sluice, table) for table in tables}


def counters(sluice):
    return {one["name"]: one["counter"] for one in sluice.ctl("computer", "list")}


def line(sluice, by="update", channel="production"):
    lines = sluice.ctl("coverage", "--by", by)
    return next(one for one in lines if one["channel"] == channel)


def until(condition, seconds=60):
    """Waits for something that follows by itself."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_the_servers_public_keys_are_reachable_and_stay(sluice):
    status, headers, body = sluice.get("/keys/server.json")
    keys = json.loads(body)

    assert status == 200
    assert headers["Cache-Control"] == "no-cache"
    assert sorted(keys) == ["box", "server_id", "sign"]
    assert (sluice.state / "server.key").stat().st_mode & 0o777 == 0o600
    sluice.stop()
    sluice.start()
    assert sluice.get("/keys/server.json")[2] == body
    assert sluice.get("/keys/server.key")[0] == 404


def test_a_machine_enrols_checks_in_and_coverage_shows_it(shop, archive):
    machine = enrolled(shop)
    status, first = machine.post(machine.message())
    assert status == 200 and first["want_inventory"]
    assert first["channel"] == "production" and "BEGIN PGP PUBLIC KEY" in first["key"]
    assert [source["suite"] for source in first["sources"]] == [archive.suite]
    status, second = machine.post(machine.message(whole=True))
    assert status == 200 and not second["want_inventory"]
    assert line(shop)["needed"] == 1 and line(shop)["computers"] == 1

    machine.packages = TOOL_NEW
    machine.check_in()
    assert line(shop)["installed"] == 1 and line(shop)["needed"] == 0
    shown = shop.ctl("computer", "show", "web1")
    assert shown["statuses"]["installed"] == 1 and shown["packages"] == 3
    assert shop.ctl("update", "show", "tool")["computers"]["installed"] == 1
    for by in ("group", "channel"):
        counted = line(shop, by)
        assert counted["covered"] == 1 and counted["missing"] == 0 and counted["updates"] == 1
        assert counted["statuses"]["installed"] == 1
    assert shop.ctl("computer", "list")[0]["coverage"] == "covered"


def test_a_second_machine_of_the_same_kind_sends_its_digest_alone(shop):
    one, two = enrolled(shop), enrolled(shop, name="web2")
    one.check_in()
    status, answer = two.post(two.message())
    assert status == 200 and not answer["want_inventory"]
    assert line(shop)["needed"] == 2
    assert len(rows(shop, "inventory")) == 1


def test_an_approval_reaches_the_statuses_of_machines_that_are_there(known, archive):
    for version in (OLD, NEW):
        archive.add("tool", version, source=f"tool ({version})")
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("group", "add", "office", "--channel", "production")
    machine = enrolled(known)
    machine.check_in()
    assert known.ctl("update", "show", "tool")["computers"]["needed"] == 1
    # the list counts as well what nobody approved yet; what is older than another is not counted
    until(lambda: {one["version"]: one["needed"] for one in known.ctl("update", "list")}
          == {OLD: None, NEW: 1})  # fmt: skip
    assert known.ctl("coverage") == []
    approve(known, "tool")
    assert line(known)["needed"] == 1
    assert known.ctl("computer", "list", "--missing", "tool")[0]["name"] == "web1"
    known.ctl_text("recall", "tool", "--reason", "breaks the build", "--yes")
    assert known.ctl("coverage") == []


def test_a_failure_is_kept_in_the_package_managers_own_words(shop):
    machine = enrolled(shop)
    machine.check_in()
    words = "dpkg: error processing <tool> =cmd|' /C calc'\n"
    result = {"package": "tool", "version": NEW, "architecture": "amd64", "status": "failed",
              "at": 1764000000, "message": words}  # fmt: skip
    machine.check_in(results=[result])
    update = shop.ctl("computer", "show", "web1")["updates"][0]
    assert update["status"] == "failed" and update["message"] == words
    assert line(shop)["failed"] == 1

    machine.packages = TOOL_NEW
    machine.check_in(results=[dict(result, status="pending-reboot", message="")], reboot=True)
    assert line(shop)["pending-reboot"] == 1
    machine.check_in(reboot=False)
    assert line(shop)["installed"] == 1 and rows(shop, "report") == []


def test_a_computer_is_covered_when_nothing_that_applies_is_amiss(known, archive):
    for name in ("tool", "lamp"):
        for version in (OLD, NEW):
            archive.add(name, version, source=f"{name} ({version})")
    archive.publish()
    known.ctl_text("sync")
    assert [one["updates"] for one in known.ctl("coverage", "--by", "channel")] == [0, 0]
    approve(known, "tool")
    approve(known, "lamp")
    # also where no group has the channel
    assert [one["updates"] for one in known.ctl("coverage", "--by", "channel")] == [2, 2]
    known.ctl_text("group", "add", "office", "--channel", "production")
    both = [("tool", NEW, "amd64"), ("lamp", OLD, "amd64")]
    enrolled(known, name="half", packages=both).check_in()
    enrolled(known, name="one", packages=[("tool", NEW, "amd64")]).check_in()
    enrolled(known, name="mute")
    counted = line(known, "group")
    assert (counted["computers"], counted["covered"], counted["missing"]) == (3, 1, 1)
    assert (counted["unknown"], counted["open"]) == (1, 2)
    assert counted["statuses"]["installed"] == 2 and counted["statuses"]["needed"] == 1
    said = {one["name"]: one["coverage"] for one in known.ctl("coverage", "--by", "computer")}
    assert said == {"half": "missing", "one": "covered", "mute": "unknown"}
    shown = known.ctl_text("coverage", "--by", "group")
    assert "COVERED" in shown and "MISSING" in shown and "INSTALLED" not in shown


def test_a_deadline_follows_from_the_rating(shop):
    enrolled(shop).check_in()
    assert line(shop)["deadline_at"] == 0 and line(shop)["overdue"] == 0
    shop.ctl_text("rate", "tool", "high", "--reason", "exploited")
    assert line(shop)["deadline_at"] == line(shop)["approved_at"] + 7 * 86400
    assert line(shop)["overdue"] == 0


def test_a_held_token_makes_a_machine_wait_for_a_person(shop):
    machine = Machine(shop.url, "guest", TOOL)
    status, answer = machine.enroll(make_token(shop, "--hold"))
    assert status == 200 and answer["state"] == "pending" and answer["sources"] == []
    status, answer = machine.check_in(whole=True)
    assert status == 200 and answer["state"] == "pending" and answer["sources"] == []
    assert shop.ctl("computer", "list")[0]["state"] == "pending"
    assert rows(shop, "inventory") == [] and line(shop)["computers"] == 0
    shop.ctl_text("computer", "accept", "guest")
    status, answer = machine.check_in()
    assert answer["state"] == "active" and answer["sources"]
    assert line(shop)["needed"] == 1
    assert shop.ctl("audit", "list")[0]["action"] == "computer accept"


def test_who_knows_no_token_or_is_not_enrolled_changes_nothing(shop):
    known = enrolled(shop)
    known.check_in()
    neighbour = enrolled(shop, name="web2")
    before = everything(shop)
    refused = shop.ctl("status")["refused"]
    stranger = Machine(shop.url, "stranger", TOOL)

    stranger.id = 4711  # nobody has this
    assert stranger.post(stranger.message())[0] == 403
    stranger.id = known.id  # somebody else has this
    assert stranger.post(stranger.message())[0] == 403
    assert stranger.enroll("AAAAAAAAAAAAAAAAAAAAAA")[0] == 403
    enrolment = known.seal("sluice/enroll/v1", known.report())  # another kind of message
    assert known.post(enrolment)[0] == 403
    report = neighbour.report()
    assert neighbour.post(neighbour.seal("sluice/checkin/v1", report, machine=known.id))[0] == 403
    assert everything(shop) == before
    assert shop.ctl("status")["refused"] == refused + 5
    shop.stop()
    shop.start()
    assert shop.ctl("status")["refused"] == refused + 5


def test_the_same_message_is_taken_once_also_after_a_restart(shop):
    machine = enrolled(shop)
    machine.check_in()
    posted = [machine.message(facts=machine.facts(kernel=f"k{i}")) for i in range(100)]
    order = posted * 2
    random.Random(8).shuffle(order)
    highest, taken = 0, 0
    for message in order:
        status, answer = machine.post(message)
        number = posted.index(message) + 1 + 2
        assert (status == 200) == (number > highest)
        taken += status == 200
        highest = max(highest, number)
        assert answer["counter"] == highest
    row = shop.ctl("computer", "show", "web1")
    assert row["kernel"] == "k99" and row["counter"] == machine.counter
    assert shop.ctl("status")["checkins"] == taken + 2

    shop.stop()
    shop.start()
    for message in posted:
        status, answer = machine.post(message)
        assert status == 409 and answer["state"] == "stale"
    assert shop.ctl("computer", "show", "web1")["counter"] == machine.counter
    assert machine.check_in()[0] == 200


def test_every_flipped_byte_is_refused(shop):
    machine = enrolled(shop)
    machine.check_in()
    posted = machine.message()
    before = everything(shop)
    connection = http.client.HTTPConnection(shop.public)
    for place in range(len(posted)):
        flipped = bytearray(posted)
        flipped[place] ^= 1 << place % 8
        connection.request("POST", "/agent/v1/checkin", bytes(flipped))
        with connection.getresponse() as answer:
            assert answer.status in (400, 403), place
            answer.read()
    connection.close()
    assert everything(shop) == before
    assert machine.post(posted)[0] == 200


def test_a_message_for_another_server_is_refused(shop):
    machine = enrolled(shop)
    machine.check_in()
    before = everything(shop)
    # the same box key, and a server that calls itself something else
    other = machine.seal("sluice/checkin/v1", machine.report(), server_id="another-server")
    assert machine.post(other)[0] == 403
    assert everything(shop) == before


def test_what_was_said_to_one_server_is_nothing_to_another_with_its_keys(office, folder):
    machine = enrolled(office)
    machine.check_in()
    (folder / "other").mkdir()
    other = Sluice(folder / "other")
    other.start()
    try:
        other.stop()
        (other.state / "server.key").write_bytes((office.state / "server.key").read_bytes())
        other.start()
        other.ctl_text("group", "add", "office", "--channel", "production")
        twin = Machine(other.url, "web1", TOOL)
        for member in ("sign_public", "sign_secret", "box_secret"):
            setattr(twin, member, getattr(machine, member))
        assert twin.server["box"] == machine.server["box"]
        assert twin.enroll(make_token(other))[0] == 200
        before = everything(other)
        twin.server = machine.server
        for identity in (machine.id, twin.id):
            message = twin.seal("sluice/checkin/v1", twin.report(), machine=identity)
            assert post(other.url + "/agent/v1/checkin", message)[0] == 403
        assert everything(other) == before
    finally:
        other.stop()


def test_two_machines_with_one_identity_are_noticed(shop):
    machine = enrolled(shop)
    machine.check_in()
    clone = Machine(shop.url, "web1", TOOL, keys=machine.server)
    for member in ("sign_public", "sign_secret", "box_secret", "id", "counter"):
        setattr(clone, member, getattr(machine, member))
    status, answer = machine.check_in(facts=machine.facts(kernel="first"))
    assert status == 200 and not answer["conflict"]
    status, answer = clone.post(clone.message(facts=clone.facts(kernel="second")))
    assert status == 409 and answer["state"] == "stale" and answer["counter"] == machine.counter
    assert answer["conflict"]
    status, answer = machine.check_in(facts=machine.facts(kernel="first"))
    assert status == 200 and answer["conflict"]
    row = shop.ctl("computer", "list", "--state", "conflict")[0]
    assert row["name"] == "web1" and row["kernel"] == "first" and row["conflict_at"] > 0
    shop.ctl_text("computer", "accept", "web1")
    assert shop.ctl("computer", "list", "--state", "conflict") == []
    assert not machine.check_in()[1]["conflict"]


def test_a_message_of_an_earlier_epoch_is_answered_and_not_taken(shop):
    machine = enrolled(shop)
    machine.check_in()
    before = everything(shop)
    status, answer = machine.post(machine.message(epoch=machine.epoch - 1))
    assert status == 409 and answer["state"] == "epoch" and answer["epoch"] == machine.epoch
    assert everything(shop) == before


def test_bad_input_gets_one_clear_error_and_changes_nothing(shop):
    machine = enrolled(shop)
    machine.check_in()
    before = everything(shop)
    good = machine.report()
    huge = b"x" * (256 * 1024 + 49)
    bad = [
        (post(shop.url + "/agent/v1/checkin", huge)[0], 413, ""),
        (machine.post(machine.message()[:-1]), 400, "no sealed message|not sealed"),
        (machine.post(b""), 400, "no sealed message"),
        (machine.post(machine.seal("sluice/checkin/v1", None, raw=b"\xff{")), 400, "not JSON"),
        (machine.post(machine.seal("sluice/checkin/v1", None, raw=b"[" * 100)), 400, "nested"),
        (machine.post(machine.seal("sluice/checkin/v1", dict(good, more=1))), 400, "more"),
        (machine.post(machine.seal("sluice/checkin/v1", dict(good, counter="1"))), 400, "counter"),
        (
            machine.post(machine.seal("sluice/checkin/v1", dict(good, packages=["a b"]))), 400,
            "packages",
        ),
        (machine.post(machine.seal("sluice/checkin/v1", good, machine=7)), 403, "not known"),
    ]  # fmt: skip
    for answer, status, words in bad:
        if isinstance(answer, tuple):
            assert answer[0] == status
            assert any(word in answer[1] for word in words.split("|")), answer
            assert answer[1].count("\n") == 1
        else:
            assert answer == status
    assert everything(shop) == before
    assert machine.check_in()[0] == 200


def test_a_machine_that_brings_new_inventories_without_end_is_told_to_wait(office):
    machine = enrolled(office)
    neighbour = enrolled(office, name="web2")

    def bring(number):
        machine.packages = [("tool", f"1.{number}", "amd64")]
        return post(office.url + "/agent/v1/checkin", machine.message(whole=True))

    answers = [bring(number) for number in range(30)]
    statuses = [answer[0] for answer in answers]
    assert statuses[:24] == [200] * 24 and set(statuses[24:]) == {429}
    assert answers[-1][1]["Retry-After"] == "3600"
    assert len(rows(office, "inventory")) == 1
    # its neighbours and its own last set are not held up
    neighbour.packages = [("tool", "1.23", "amd64")]
    assert neighbour.check_in()[0] == 200
    machine.packages = [("tool", "1.23", "amd64")]
    assert machine.check_in()[0] == 200


def test_odd_words_are_stored_as_they_are_and_shown_inert(office):
    machine = enrolled(office, name="=cmd|'<script>")
    assert machine.check_in(facts=machine.facts(kernel="\u202e\U0001f4a9"))[0] == 200
    assert office.ctl("computer", "list")[0]["name"] == "=cmd|'<script>"
    csv = office.ctl_text("computer", "list", "--csv")
    assert "'=cmd" in csv
    assert "\u202e" not in office.ctl_text("computer", "show", "=cmd|'<script>")


def test_a_token_serves_as_often_and_as_long_as_was_said(office):
    said = []

    def refused(token):
        before = rows(office)
        status, answer = Machine(office.url, "late").enroll(token)
        assert status == 403 and rows(office) == before
        said.append(answer)

    once = make_token(office, "--uses", "1", "--expires", "never")
    first = enrolled(office, once)
    refused(once)
    # its answer was lost: the same machine asks again, and uses nothing up
    identity = first.id
    assert first.enroll(once)[0] == 200 and first.id == identity

    revoked = make_token(office)
    office.ctl_text("token", "revoke", revoked[:6])
    refused(revoked)

    expired = make_token(office, "--expires", "1h")
    office.stop()
    database = sqlite3.connect(office.state / "sluice.db")
    database.execute("UPDATE token SET expires_at = 1 WHERE expires_at IS NOT NULL")
    database.commit()
    database.close()
    office.start()
    refused(expired)
    refused("AAAAAAAAAAAAAAAAAAAAAA")
    assert len(set(said)) == 1
    states = [token["state"] for token in office.ctl("token", "list")]
    assert states == ["expired", "revoked", "used up"]
    assert once.split(".")[0].encode() not in (office.state / "sluice.db").read_bytes()


def test_guessing_tokens_is_slowed_down(folder):
    sluice = Sluice(folder, config=CONFIG.replace("agent_rate = 0", "agent_rate = 5"))
    sluice.start()
    try:
        machine = Machine(sluice.url)
        tries = 10000 if LONG else 200
        answers = [machine.enroll(f"guess{i:017d}")[0] for i in range(tries)]
        assert set(answers) <= {403, 429} and answers.count(429) > tries / 2
        assert rows(sluice) == []
    finally:
        sluice.stop()


def test_a_silent_machine_is_shown_silent_and_not_covered(shop):
    machine = enrolled(shop, packages=TOOL_NEW)
    machine.check_in()
    assert line(shop)["installed"] == 1 and line(shop)["open"] == 0
    shop.stop()
    database = sqlite3.connect(shop.state / "sluice.db")
    database.execute("UPDATE computer SET seen_at = seen_at - 3 * 86400")
    database.commit()
    database.close()
    shop.start()
    until(lambda: shop.ctl("computer", "list", "--silent"))
    counted = line(shop)
    assert counted["installed"] == 0 and counted["silent"] == 1 and counted["open"] == 1
    assert shop.ctl("computer", "show", "web1")["state"] == "silent"
    for by in ("group", "channel"):
        counted = line(shop, by)
        assert counted["covered"] == 0 and counted["silent"] == 1 and counted["open"] == 1
    assert shop.ctl("coverage", "--by", "computer")[0]["coverage"] == "silent"
    machine.check_in()
    assert line(shop)["installed"] == 1 and line(shop)["silent"] == 0


def test_a_machine_that_leaves_or_is_removed_counts_no_more(shop):
    one, two = enrolled(shop), enrolled(shop, name="web2")
    one.check_in()
    two.check_in()
    assert line(shop)["needed"] == 2
    assert one.check_in(leaving=True)[0] == 200
    assert one.check_in(leaving=True)[0] == 200  # the answer was lost
    assert one.check_in()[0] == 403
    shop.ctl_text("computer", "remove", "web2", "--yes")
    assert two.check_in()[0] == 403
    counted = line(shop)
    assert counted["needed"] == 0 and counted["computers"] == 0
    assert [(c["name"], c["state"]) for c in shop.ctl("computer", "list")] == [("web1", "left")]


def test_moving_a_machine_moves_its_counts(shop):
    shop.ctl_text("group", "add", "lab", "--channel", "certification")
    enrolled(shop).check_in()
    shop.ctl_text("computer", "move", "web1", "--group", "lab")
    by_group = {one["name"]: one["missing"] for one in shop.ctl("coverage", "--by", "group")}
    assert by_group == {"lab": 1, "office": 0}
    with pytest.raises(CtlError, match="has 1 computer: move or remove it first"):
        shop.ctl_text("group", "remove", "lab")
    shop.ctl_text("group", "remove", "office")
    assert [one["name"] for one in shop.ctl("group", "list")] == ["lab"]


def test_errors_name_the_thing_and_the_value(office):
    for words, message in [
        (("group", "add", "x", "--channel", "beta"), "beta"),
        (("group", "add", "office", "--channel", "production"), "'office' exists already"),
        (("token", "new", "--group", "nowhere"), "no group 'nowhere'; there is: office"),
        (("computer", "show", "ghost"), "no computer 'ghost'"),
        (("computer", "list", "--state", "odd"), "no state 'odd'"),
        (("token", "revoke", "zzz"), "no token begins with 'zzz'"),
        (("coverage", "--by", "moon"), "'moon'"),
    ]:
        with pytest.raises(CtlError, match=message):
            office.ctl_text(*words)


class Fleet:
    """Machines that check in again and again on threads, and note what was acknowledged."""

    def __init__(self, machines):
        self.machines = machines
        self.acknowledged = {machine.name: 0 for machine in machines}
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(m,)) for m in machines]

    def run(self, machine):
        while not self.stopping.is_set():
            try:
                status, answer = machine.post(machine.message())
            except OSError:
                self.stopping.wait(0.02)
                continue
            if status == 200:
                assert answer["counter"] == machine.counter
                self.acknowledged[machine.name] = machine.counter

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def test_what_was_acknowledged_survives_kill_9(office):
    token = make_token(office)
    machines = [enrolled(office, token, f"m{i}") for i in range(50 if LONG else 6)]
    dice = random.Random(3)
    seen = counters(office)
    for number in range(200 if LONG else 6):
        with Fleet(machines) as fleet:
            done = dict(fleet.acknowledged)
            until(lambda: sum(fleet.acknowledged.values()) > sum(done.values()) + len(machines))
            until(lambda: dice.random() < 0.2)
            if number % 2:
                starts = office.ctl("status")["front_starts"]
                os.kill(front_of(office), signal.SIGKILL)
                until(lambda: office.ctl("status")["front_starts"] > starts)
                until(lambda: office.ctl("status")["serving"])
            else:
                office.kill()
                office.start()
        now = counters(office)
        for machine in machines:
            assert now[machine.name] >= fleet.acknowledged[machine.name]
            assert now[machine.name] >= seen[machine.name]
        seen = now
    assert all(machine.check_in()[0] == 200 for machine in machines)


def front_of(sluice):
    """The process id of the front."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().rsplit(")", 1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.endswith("(sluice-front") and int(rest.split()[1]) == sluice.process.pid:
            return int(path.parent.name)
    raise AssertionError("there is no front")
