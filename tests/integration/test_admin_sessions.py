"""A-06: sessions end as they should, and at nothing else."""

import pytest
from sluice import Sluice
from visitor import PASSWORD, Visitor, move_time, person_ctl, signed_in


@pytest.fixture
def server(folder):
    made = Sluice(folder)
    yield made.start()
    made.stop()


def test_half_an_hour_without_use_ends_a_session(server):
    used, unused = signed_in(server, "ann", "owner"), Visitor(server)
    assert unused.sign_in("ann").status == 200
    for _ in range(3):
        move_time(server, 29 * 60)
        assert used.get("groups").status == 200
    assert unused.get("groups").status == 401
    move_time(server, 30 * 60)
    assert used.get("groups").status == 401


def test_what_the_page_asks_by_itself_keeps_no_session_alive(server):
    visitor = signed_in(server, "ann", "owner")
    for _ in range(2):
        move_time(server, 14 * 60)
        assert visitor.ask("GET", "groups", headers={"X-Sluice-Background": "1"}).status == 200
    move_time(server, 2 * 60)
    assert visitor.get("groups").status == 401


def test_half_a_day_ends_a_session_that_is_used(server):
    visitor = signed_in(server, "ann", "owner")
    for _ in range(30):
        move_time(server, 20 * 60)
        assert visitor.get("groups").status == 200
    for _ in range(5):
        move_time(server, 20 * 60)
        assert visitor.get("groups").status == 200
    move_time(server, 20 * 60)
    assert visitor.get("groups").status == 401


def test_signing_out_ends_one_session_and_everywhere_all(server):
    one, two, three = signed_in(server, "ann", "owner"), Visitor(server), Visitor(server)
    other = signed_in(server, "bob", "viewer")
    two.sign_in("ann")
    three.sign_in("ann")
    cookie = one.cookie
    assert one.delete("session").status == 200
    one.cookie = cookie
    assert [one.get("groups").status, two.get("groups").status] == [401, 200]
    assert two.delete("sessions").status == 200
    assert [three.get("groups").status, other.get("groups").status] == [401, 200]
    actions = [row["action"] for row in server.ctl("audit", "list", "--person", "ann")]
    assert actions[:2] == ["sign out everywhere", "sign out"]


def test_another_password_or_role_from_the_console_ends_sessions(server):
    signed_in(server, "ann", "owner")
    visitor = signed_in(server, "bob", "viewer")
    assert person_ctl(server, "person", "role", "bob", "certifier").returncode == 0
    assert visitor.get("groups").status == 401
    assert visitor.sign_in("bob").status == 200
    assert person_ctl(server, "person", "password", "bob", password="some other one").returncode == 0
    assert visitor.get("groups").status == 401
    assert visitor.sign_in("bob").status == 401
    assert visitor.sign_in("bob", "some other one").status == 200


def test_a_restart_ends_none_and_a_restored_backup_all(server, folder):
    visitor = signed_in(server, "ann", "owner")
    server.ctl("backup", str(folder / "backup.db"))
    server.stop()
    server.start()
    visitor.address = server.addresses()["admin"]
    assert visitor.get("groups").status == 200
    server.stop()
    restored = Sluice(folder, state=folder / "restored")
    import subprocess

    command = [*restored.command(), "--restore", str(folder / "backup.db")]
    assert subprocess.run(command, capture_output=True).returncode == 0
    restored.start()
    try:
        visitor.address = restored.addresses()["admin"]
        assert visitor.get("groups").status == 401
        assert visitor.sign_in("ann", PASSWORD).status == 200
    finally:
        restored.stop()
