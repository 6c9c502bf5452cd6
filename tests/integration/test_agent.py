"""The agent on a Debian machine: enrol, upgrade, report, leave; and when something goes wrong."""

import collections
import shlex

import pytest
from agent import CHANNEL, FAILED, IDENTITY, NOT_UPGRADED, UNDELIVERED, USAGE, Agent
from between import Between
from conftest import LONG
from roots import SmallRoot
from terminal import at_a_terminal
from test_checkin import NEW, OLD, approve, everything, line, make_token

DIRECT = "deb http://archive.example.org/debian bookworm main\n# a word\ndeb {} {} main contrib\n"
STANZAS = (
    "Types: deb\nURIs: http://archive.example.org/debian\nSuites: bookworm {}\n"
    "Components: main\n\n# the end\nTypes: deb\nURIs: http://archive.example.org/x\n"
    "Suites: bookworm-backports\nComponents: main\n"
)


def machine_with(archive, folder, *names, version=OLD):
    """A machine that has packages of a version and gets them from the archive directly."""
    machine = SmallRoot(folder)
    debs = [
        archive.root / one["Filename"]
        for one in archive.packages
        if one["Version"] == version and one["Package"] in names
    ]
    machine.install("--allow-unauthenticated", *map(str, debs))
    apt = machine.folder / "etc/apt"
    (apt / "sources.list").write_text(DIRECT.format("http://archive.example.org/s", archive.suite))
    (apt / "sources.list.d/both.sources").write_text(STANZAS.format(archive.suite))
    return machine


@pytest.fixture
def shop(known, archive):
    for version in (OLD, NEW):
        source = f"tool ({version})"
        archive.add("tool", version, source=source, Depends="tool-data")
        archive.add("tool-data", version, source=source, architecture="all")
        archive.add("other", version)
    archive.publish()
    known.ctl_text("sync")
    known.ctl_text("group", "add", "office", "--channel", "production")
    return known


@pytest.fixture
def agent(shop, archive, folder):
    return Agent(machine_with(archive, folder / "m", "tool", "tool-data", "other"))


def statuses(sluice, name="web1"):
    shown = sluice.ctl("computer", "show", name)
    return {one["update"].split("/")[1]: one["status"] for one in shown["updates"]}


def test_a_machine_enrols_upgrades_what_is_approved_is_counted_and_leaves(shop, archive, agent):
    before_sources, before = agent.sources(), agent.machine.versions()
    said = agent.enroll(shop.url, make_token(shop))
    assert f"http://archive.example.org/s {archive.suite}" in said
    sources = agent.sources()
    own = sources["sources.list.d/sluice.sources"].decode()
    for words in (f"URIs: {shop.url}/apt/production", "Signed-By:", "BEGIN PGP PUBLIC KEY"):
        assert words in own
    assert "Check-Valid-Until: yes" in own and "Check-Date: yes" in own
    assert b"\ndeb http://archive.example.org/s" not in sources["sources.list"]
    assert b"deb http://archive.example.org/debian bookworm main\n" in sources["sources.list"]

    # nothing approved: nothing changes
    agent.install()
    assert agent.machine.versions() == before
    assert shop.ctl("computer", "list")[0]["name"] == "web1"

    approve(shop, "tool")
    assert statuses(shop) == {f"tool={NEW}": "needed"}
    said = agent.install()
    assert f"installed      tool {NEW} amd64" in said
    assert agent.machine.versions() == dict(before, **{"tool": NEW, "tool-data": NEW})
    assert statuses(shop) == {f"tool={NEW}": "installed"}
    counts = line(shop)
    assert (counts["installed"], counts["needed"], counts["failed"]) == (1, 0, 0)

    agent.run("leave", "--yes")
    assert agent.sources() == before_sources
    assert not agent.state.exists()
    assert shop.ctl("computer", "list", "--state", "left")[0]["name"] == "web1"


def test_a_dry_run_and_a_person_who_is_not_there_change_nothing(shop, agent):
    before, server = agent.sources(), everything(shop)
    token = make_token(shop)
    server = everything(shop)
    assert "Nothing was sent" in agent.run("enroll", shop.url, "--token", token, "--dry-run")
    said = agent.run("enroll", shop.url, "--token", token, status=FAILED)
    assert "--yes" in said
    assert agent.sources() == before and everything(shop) == server


def test_a_token_need_not_stand_where_everybody_reads_it(shop, agent, folder):
    token = make_token(shop)
    file = folder / "token"
    file.write_text(f" {token}\r\n")
    assert "Enrolled" in agent.run("enroll", shop.url, "--token-file", str(file), "--yes")
    agent.run("leave", "--yes")
    assert "Enrolled" in agent.run("enroll", shop.url, "--token", "-", "--yes", typed=token + "\n")
    agent.run("leave", "--yes")
    # whom nobody told asks, and shows nothing of it
    asks = shlex.join(agent.command("enroll", shop.url))
    status, screen = at_a_terminal(asks, f"{token}\ny\n")
    assert status == 0 and screen.startswith("token: ") and token not in screen
    assert "Change the apt sources?" in screen


def test_a_token_that_is_nowhere_is_said(shop, agent, folder):
    before = everything(shop)
    absent = str(folder / "absent")
    large = folder / "large"
    large.write_bytes(b"x" * 5000)
    for words, status, expected in [
        (("--token", "x.y", "--token-file", absent), USAGE, "--token and --token-file"),
        (("--token-file", absent), FAILED, absent),
        (("--token-file", str(large)), FAILED, str(large)),
        (("--token", "-"), FAILED, "no token is on standard input"),
        ((), USAGE, "ask for the token: give --token-file"),
    ]:
        assert expected in agent.run("enroll", shop.url, *words, "--yes", status=status)
    assert everything(shop) == before


def test_wrong_words_are_explained(agent, shop):
    for words, status, expected in [
        (("enrol",), USAGE, "unknown command 'enrol'; did you mean enroll?"),
        (("frobnicate",), USAGE, "unknown command 'frobnicate'; sluice-agent help lists them"),
        (("run", "--instal"), USAGE, "unknown option '--instal'; did you mean --install?"),
        (("run", "-i"), USAGE, "unknown option '-i'"),
        (("run", "--install=yes"), USAGE, "--install takes no value"),
        (("enroll", shop.url), USAGE, "ask for the token: give --token-file"),
        (("run", "--colour"), USAGE, "unknown option '--colour'"),
        (("run", "--token", "x"), USAGE, "'run' has no option --token"),
        (("run",), FAILED, "not enrolled"),
        (("enroll", "file:///etc", "--token", "x.y", "--yes"), USAGE, "http"),
        (("run", "--tokn", "x"), USAGE, "unknown option '--tokn'\n"),
        (("enroll", shop.url, "--token", "xyz", "--yes"), FAILED, "not a token"),
    ]:
        assert expected in agent.run(*words, status=status)


def test_leaving_says_what_it_would_do_and_waits_for_a_yes(shop, agent):
    agent.enroll(shop.url, make_token(shop))
    before = agent.sources()
    said = agent.run("leave", status=FAILED)
    assert "Leaving puts the apt sources back" in said and "give --yes to do it\n" in said
    assert agent.sources() == before


def test_a_server_with_another_key_gets_nothing(shop, agent):
    secret, _, fingerprint = make_token(shop).partition(".")
    other = secret + "." + ("A" if fingerprint[0] != "A" else "B") + fingerprint[1:]
    before, sources = everything(shop), agent.sources()
    passing = Between(shop.url)
    said = agent.enroll(passing.url, other, status=FAILED)
    passing.stop()
    assert "not the server that made the token" in said
    assert [method for method, *_ in passing.seen] == ["GET"]
    assert everything(shop) == before and agent.sources() == sources


def test_a_token_that_is_not_valid_is_refused_and_the_sources_stay(shop, agent):
    token = make_token(shop)
    sources = agent.sources()
    wrong = "A" * 22 + "." + token.split(".")[1]
    assert "the server refuses" in agent.enroll(shop.url, wrong, status=FAILED)
    assert agent.sources() == sources and shop.ctl("computer", "list") == []
    agent.enroll(shop.url, token)


def test_a_held_machine_waits_for_a_person(shop, agent):
    before = agent.sources()
    agent.enroll(shop.url, make_token(shop, "--hold"))
    assert "holds this computer" in agent.run("run")
    assert agent.sources() == before
    assert shop.ctl("computer", "list")[0]["state"] == "pending"
    shop.ctl_text("computer", "accept", "web1")
    approve(shop, "tool")
    agent.install()
    assert agent.machine.versions()["tool"] == NEW
    assert "sources.list.d/sluice.sources" in agent.sources()


def test_what_the_server_missed_is_kept_and_delivered_later(shop, agent):
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop))
    approve(shop, "tool")
    passing.change = lambda path, body: None if "/agent/" in path else body
    said = agent.install(status=UNDELIVERED)
    assert "not acknowledged" in said and "kept for the next run" in said
    assert agent.machine.versions()["tool"] == NEW
    assert agent.status()["undelivered"] == 2
    passing.change = lambda path, body: body
    agent.run("run")
    assert agent.status()["undelivered"] == 0
    assert statuses(shop) == {f"tool={NEW}": "installed"}
    assert shop.ctl("computer", "list", "--state", "conflict") == []
    passing.stop()


def test_a_second_machine_with_one_identity_is_told_and_shown(shop, archive, agent, folder):
    agent.enroll(shop.url, make_token(shop))
    twin = Agent(machine_with(archive, folder / "t", "tool", "tool-data"), "web2")
    agent.copy_state(twin)
    agent.run("run")
    agent.run("run")
    before = everything(shop)["inventory"]
    said = twin.run("run", status=IDENTITY)
    assert "twice" in said
    assert shop.ctl("computer", "list", "--state", "conflict")[0]["name"] == "web1"
    assert shop.ctl("computer", "list")[0]["state"] == "conflict"
    assert "a copy of this computer may run" in agent.run("run")
    assert everything(shop)["inventory"] == before
    assert [one["name"] for one in shop.ctl("computer", "list")] == ["web1"]


def best_guess(ones, others):
    """How often who knows both distributions says rightly which of the two a message is of."""
    n_ones, n_others = sum(ones.values()), sum(others.values())
    return sum(max(ones[x] / n_ones, others[x] / n_others) for x in ones | others) / 2


def test_who_listens_learns_neither_names_nor_what_is_patched(shop, archive, folder):
    approve(shop, "tool")
    rounds = 100 if LONG else 5
    sizes, heard = {}, b""
    for name, version in (("patched1", NEW), ("behind1", OLD)):
        passing = Between(shop.url)
        machine = machine_with(archive, folder / name, "tool", "tool-data", version=version)
        agent = Agent(machine, name)
        agent.enroll(passing.url, make_token(shop))
        agent.run("run")  # whatever is new to the server is said by now
        passing.seen.clear()
        for _ in range(rounds):
            agent.run("run")
        sizes[name] = collections.Counter(
            (len(posted), len(answered)) for _, _, posted, answered in passing.seen
        )
        heard += b"".join(posted + answered for _, _, posted, answered in passing.seen)
        passing.stop()
    assert sum(sizes["patched1"].values()) >= rounds
    assert best_guess(sizes["patched1"], sizes["behind1"]) == 0.5
    ids = [str(one["id"]) for one in shop.ctl("computer", "list")]
    for word in ["patched1", "behind1", "tool", "bookworm", "127.0.0.1", OLD, NEW, *ids]:
        assert word.encode() not in heard


def test_a_channel_that_was_tampered_with_is_reported(shop, agent):
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop))
    approve(shop, "tool")
    before = agent.machine.versions()

    def flip(path, body):
        return body.replace(b"Suite:", b"Suity:") if path.endswith("/InRelease") else body

    passing.change = flip
    said = agent.install(status=CHANNEL)
    assert "apt-get update" in said
    assert agent.machine.versions() == before
    assert "apt-get update" in shop.ctl("computer", "show", "web1")["problem"]
    assert "apt-get update" in shop.ctl_text("computer", "list")
    passing.change = lambda path, body: body
    agent.install()
    assert agent.machine.versions()["tool"] == NEW
    assert shop.ctl("computer", "show", "web1")["problem"] == ""
    passing.stop()


def test_what_dpkg_says_of_a_failure_reaches_the_server(shop, archive, folder, root_image):
    archive.add("frail", OLD)
    good = archive.root / archive.packages[-1]["Filename"]
    archive.add(
        "frail", NEW, scripts={"preinst": "#!/bin/sh\necho 'the disk is haunted' >&2\nexit 3\n"}
    )
    archive.publish()
    shop.ctl_text("sync")
    machine = root_image.unpack(folder / "r")
    (machine.folder / "frail.deb").write_bytes(good.read_bytes())
    machine.run("dpkg", "-i", "/frail.deb")
    agent = Agent(machine)
    agent.enroll(shop.url, make_token(shop))
    approve(shop, "frail")
    agent.install(status=NOT_UPGRADED)
    assert machine.versions()["frail"] == OLD
    assert statuses(shop)[f"frail={NEW}"] == "failed"
    assert "haunted" in shop.ctl_text("computer", "show", "web1")
    assert line(shop)["failed"] == 1


def test_openssl_reaches_a_real_machine_and_coverage_shows_it(sluice, folder, root_image):
    """The whole main road: this machine's own security suite, a real root, the agent."""
    sluice.ctl_text("upstream", "add", "debian", "--from-host")
    sluice.ctl_text("sync")
    sluice.ctl_text("group", "add", "office", "--channel", "production")
    machine = root_image.unpack(folder / "r")
    before = machine.versions()
    agent = Agent(machine)
    agent.enroll(sluice.url, make_token(sluice))
    agent.run("run")
    approve(sluice, "openssl")
    version = sluice.ctl("update", "show", "openssl")["version"]
    assert line(sluice)["needed"] == 1
    agent.install()
    assert machine.versions() == dict(before, openssl=version, libssl3=version)
    assert (line(sluice)["installed"], line(sluice)["needed"]) == (1, 0)
