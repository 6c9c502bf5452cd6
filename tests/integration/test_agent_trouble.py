"""The agent when something is in its way: the server, the archive, odd files."""

import os
import shutil
import stat

import pytest
from agent import FAILED, NOT_UPGRADED, UNDELIVERED, Agent
from archive import Archive, Server
from between import Between, Instead
from roots import SmallRoot
from sluice import Sluice
from test_agent import agent, machine_with, shop, statuses  # noqa: F401  (fixtures)
from test_backup import restore
from test_checkin import NEW, OLD, approve, everything, line, make_token

# What the server has


def test_a_server_restored_from_a_backup_hears_from_its_machines_at_once(
    shop, agent, folder  # noqa: F811
):
    """Its own copy of the past makes it forget counters; the epoch tells machines so (409)."""
    agent.enroll(shop.url, make_token(shop))
    agent.run("run")
    approve(shop, "tool")
    backup = folder / "backup.db"
    shop.ctl_text("backup", str(backup))
    agent.install()
    said = agent.status()
    shop.stop()
    backup.chmod(0o644)
    state = folder / "second"
    state.mkdir()
    for name in ("gnupg", "pool", "server.key"):
        place = state / name
        (shutil.copytree if (shop.state / name).is_dir() else shutil.copy)(shop.state / name, place)
    os.chmod(state, 0o700)
    shutil.chown(state, shop.state.owner(), shop.state.group())
    for path in state.rglob("*"):
        shutil.chown(path, shop.state.owner(), shop.state.group())
    restore(backup, state)
    second = Sluice(folder, state=state)
    second.public = shop.public
    second.start()
    try:
        assert statuses(second) == {f"tool={NEW}": "needed"}
        agent.run("run")
        again = agent.status()
        assert (again["epoch"], again["computer"]) == (said["epoch"] + 1, said["computer"])
        assert again["counter"] > said["counter"] and again["problem"] == ""
        assert statuses(second) == {f"tool={NEW}": "installed"}
        assert second.ctl("computer", "list", "--state", "conflict") == []
    finally:
        second.stop()


# What comes of a message


def heard(sluice):
    shown = sluice.ctl("computer", "show", "web1")
    return shown["counter"], shown["seen_at"]


def test_a_busy_server_gets_everything_later_and_the_newest_last(
    shop, archive, agent  # noqa: F811
):
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop))
    agent.run("run")
    approve(shop, "tool")
    before = heard(shop)
    busy = Instead(503, {"Retry-After": "77"})
    passing.refuse = lambda path: busy if "/agent/" in path else None
    said = agent.install(status=UNDELIVERED)
    assert "not acknowledged: the server says not now, try again in 77 seconds" in said
    # a later version of one of them while the server still hears nothing
    archive.add("tool", NEW + ".1", source="tool", Depends="tool-data")
    archive.publish()
    busy.status = 429
    shop.ctl_text("sync")
    approve(shop, "tool")
    assert "the server says not now" in agent.install(status=UNDELIVERED)
    assert agent.machine.versions() == {"other": OLD, "tool": NEW + ".1", "tool-data": NEW}
    assert agent.status()["undelivered"] == 2
    assert heard(shop) == before

    passing.refuse = lambda path: None
    assert "kept" not in agent.run("run")
    passing.stop()
    assert agent.status()["undelivered"] == 0 and agent.status()["problem"] == ""
    shown = shop.ctl("computer", "show", "web1")
    assert {one["update"].split("/")[1]: one["status"] for one in shown["updates"]} == {
        f"tool={NEW}": "installed",
        f"tool={NEW}.1": "installed",
    }


def test_answers_that_never_come_lose_nothing_when_they_come_again(shop, agent):  # noqa: F811
    """The server has taken each message; the machine cannot know, and says everything again."""
    passing = Between(shop.url)
    agent.enroll(passing.url, make_token(shop))
    approve(shop, "tool")
    passing.change = lambda path, body: None if "/agent/" in path else body
    agent.install(status=UNDELIVERED)
    agent.run("run", status=UNDELIVERED)
    passing.change = lambda path, body: body
    agent.run("run")
    passing.stop()
    assert agent.status()["undelivered"] == 0
    assert statuses(shop) == {f"tool={NEW}": "installed"}
    assert (line(shop)["installed"], line(shop)["failed"]) == (1, 0)
    assert shop.ctl("computer", "list", "--state", "conflict") == []


# What the base suite has and the channel has not


@pytest.fixture
def base(folder):
    """The suite that machines have directly."""
    made = Archive(folder / "base", "stable", "stable")
    server = Server(made.root)
    made.url = server.url
    yield made
    server.stop()
    made.close()


def with_base(machine, base):
    base.publish()
    text = f"Types: deb\nURIs: {base.url}\nSuites: stable\nComponents: main\nSigned-By: {base.keyring()}\n"
    (machine.folder / "etc/apt/sources.list.d/base.sources").write_text(text)
    (machine.folder / "etc/apt/sources.list").unlink()
    (machine.folder / "etc/apt/sources.list.d/both.sources").unlink()
    assert machine.update() == []
    return Agent(machine)


def publish_app(shop, archive, depends):
    """A new version of "app" whose dependencies are others than those of the old one."""
    archive.add("app", OLD)
    archive.add("app", NEW, Depends=depends)
    archive.add("library", OLD)
    archive.publish()
    shop.ctl_text("sync")
    approve(shop, "app")


def test_what_an_update_newly_needs_comes_from_the_base_suite(
    shop, archive, base, folder  # noqa: F811
):
    publish_app(shop, archive, "helper (>= 2)")
    base.add("helper", "2.0")
    agent = with_base(machine_with(archive, folder / "b", "app", "tool", "tool-data"), base)
    agent.enroll(shop.url, make_token(shop))
    said = agent.install()
    assert agent.machine.versions() == {"app": NEW, "helper": "2.0", "tool": OLD, "tool-data": OLD}
    assert f"installed      app {NEW}" in said
    assert statuses(shop)[f"app={NEW}"] == "installed"


def test_an_update_that_nothing_satisfies_is_kept_back_and_says_why(
    shop, archive, base, folder  # noqa: F811
):
    publish_app(shop, archive, "helper (>= 3)")
    approve(shop, "tool")
    base.add("helper", "2.0")
    agent = with_base(machine_with(archive, folder / "b", "app", "tool", "tool-data"), base)
    agent.enroll(shop.url, make_token(shop))
    agent.install(status=NOT_UPGRADED)
    # the others are not held up by it
    assert agent.machine.versions() == {"app": OLD, "tool": NEW, "tool-data": NEW}
    shown = shop.ctl_text("computer", "show", "web1")
    assert "kept back" in shown and "helper (>= 3)" in shown
    assert statuses(shop) == {f"app={NEW}": "failed", f"tool={NEW}": "installed"}


def test_the_base_suite_changes_nothing_that_is_installed(
    shop, archive, base, folder  # noqa: F811
):
    """Only the channel may: what is in the base suite nobody has approved."""
    publish_app(shop, archive, "library (>= 2)")
    base.add("library", "2.0")
    agent = with_base(machine_with(archive, folder / "b", "app", "library"), base)
    agent.enroll(shop.url, make_token(shop))
    agent.install(status=NOT_UPGRADED)
    assert agent.machine.versions() == {"app": OLD, "library": OLD}
    assert "it needs library 2.0, which is not in the channel" in shop.ctl_text(
        "computer", "show", "web1"
    )


# The machine's own files


def tree(folder):
    """Everything below a folder: kind, mode, owner, content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_uid, status.st_gid, content)
    return found


ODD = {
    "sources.list": (0o600, "deb [ arch=amd64 trusted=yes ] http://x.example.org/ {} main\r\n# end"),
    "sources.list.d/a.list": (0o640, "\n\n  deb http://x.example.org/ {} main # why\ndeb-src http://y {} main"),
    "sources.list.d/b.sources": (
        0o444,
        "# of ours\nTypes: deb deb-src\nURIs: http://x.example.org/\nSuites: bookworm\n {}\n"
        "Components: main\nEnabled: yes\n\n\n\nTypes: deb\nURIs: http://z\nSuites: {}\nComponents: main",
    ),
    "sources.list.d/c.list.save": (0o644, "deb http://x.example.org/ {} main\n"),
    "sources.list.d/d.sources": (0o644, ""),
}


def test_leaving_undoes_exactly_what_enrolling_did(shop, archive, agent):  # noqa: F811
    apt = agent.root / "etc/apt"
    shutil.rmtree(apt / "sources.list.d")
    (apt / "sources.list.d").mkdir()
    for name, (mode, text) in ODD.items():
        (apt / name).write_text(text.replace("{}", archive.suite), newline="")
        (apt / name).chmod(mode)
    if os.geteuid() == 0:
        os.chown(apt / "sources.list.d/a.list", 1, 1)
    before = tree(agent.root)
    said = agent.enroll(shop.url, make_token(shop))
    assert said.count(archive.suite) == 4  # of six; sources of sources and the .save stay
    agent.run("run")
    changed = {name for name, what in tree(agent.root).items() if before.get(name) != what}
    assert {f"etc/apt/{name}" for name in list(ODD)[:3]} < changed
    agent.run("leave", "--yes")
    assert tree(agent.root) == before


def test_source_files_that_cannot_be_changed_stop_it_before_anything_is_sent(
    shop, agent  # noqa: F811
):
    parts = agent.root / "etc/apt/sources.list.d"
    (agent.root / "elsewhere").write_text("deb http://x.example.org/ x main\n")
    (parts / "linked.list").symlink_to("../../../elsewhere")
    before, sources = everything(shop), tree(agent.root / "etc")
    token = make_token(shop)
    before = everything(shop)
    said = agent.enroll(shop.url, token, status=FAILED)
    assert "sources.list.d/linked.list" in said and "symbolic link" in said
    assert everything(shop) == before and tree(agent.root / "etc") == sources
    (parts / "linked.list").unlink()
    agent.enroll(shop.url, token)
