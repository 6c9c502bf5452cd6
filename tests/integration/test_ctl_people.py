"""sluicectl person, setup-code and api-token; passwords are typed unseen, and never arguments."""

import os
import pty
import re
import shlex
import signal
import subprocess
import termios

import pytest
from sluice import BUILD, CtlError, Sluice
from terminal import at_a_terminal
from visitor import PASSWORD, Visitor, person_ctl


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    made = Sluice(folder, state=folder / "s")
    yield made.start()
    made.stop()


def typed(server, arguments, *lines):
    """(exit status, screen) of sluicectl at a terminal, where these lines are typed."""
    command = f"{BUILD}/server/ctl/sluicectl --state {server.state} {arguments}"
    return at_a_terminal(command, "".join(line + "\n" for line in lines))


def test_a_password_is_typed_twice_and_not_shown(server):
    code, screen = typed(server, "person add ann --role owner", PASSWORD, PASSWORD)
    assert code == 0 and "added ann" in screen
    assert "password: " in screen and "once more: " in screen and PASSWORD not in screen
    code, screen = typed(server, "person password ann", PASSWORD, PASSWORD + "x")
    assert code != 0 and "not the same password twice" in screen
    # nor where somebody gives up with Ctrl-D
    command = f"{BUILD}/server/ctl/sluicectl --state {server.state} person password ann"
    code, screen = at_a_terminal(command, PASSWORD + "x\n\x04")
    assert code != 0 and "not the same password twice" in screen
    assert Visitor(server).sign_in("ann").status == 200



def test_who_gives_up_at_a_password_sees_again_what_is_typed(server):
    ours, theirs = pty.openpty()
    shown = lambda: bool(termios.tcgetattr(theirs)[3] & termios.ECHO)  # noqa: E731
    command = [f"{BUILD}/server/ctl/sluicectl", "--state", server.state, "person", "add", "bob", "--role", "viewer"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    screen = b""
    while b"password: " not in screen:
        screen += os.read(ours, 4096)
    assert not shown()
    process.send_signal(signal.SIGTERM)  # as Ctrl-C, which what runs the tests may ignore
    assert process.wait(30) == -signal.SIGTERM
    assert shown()
    os.close(ours)
    os.close(theirs)

def test_a_password_comes_from_standard_input_and_has_to(server):
    assert person_ctl(server, "person", "add", "bob", "--role", "viewer").returncode == 0
    with pytest.raises(CtlError, match="no password: type it at a terminal"):
        server.ctl_text("person", "add", "eve", "--role", "viewer")
    short = person_ctl(server, "person", "add", "eve", "--role", "viewer", password="short")
    assert "at least 10 characters" in short.stderr and "short" not in short.stderr
    assert "no role 'king'" in person_ctl(server, "person", "add", "eve", "--role", "king").stderr
    with pytest.raises(CtlError, match="--role viewer"):
        server.ctl_text("person", "add", "eve")
    assert "exists already" in person_ctl(server, "person", "add", "bob", "--role", "owner").stderr
    assert [one["name"] for one in server.ctl("person", "list")] == ["ann", "bob"]


def test_people_are_listed_changed_and_removed(server):
    assert person_ctl(server, "person", "add", "carl", "--role", "viewer").returncode == 0
    server.ctl_text("person", "role", "carl", "approver")
    carl = server.ctl("person", "list")[-1]
    assert (carl["name"], carl["role"], carl["signed_in_at"]) == ("carl", "approver", None)
    assert "carl,approver," in server.ctl_text("person", "list", "--csv")
    assert "carl" in server.ctl_text("person", "list")
    server.ctl_text("person", "remove", "carl")
    with pytest.raises(CtlError, match="no person 'carl'"):
        server.ctl_text("person", "remove", "carl")
    rows = server.ctl("audit", "list", "--text", "carl")
    assert [row["action"] for row in rows] == ["person remove", "person role", "person add"]
    assert "approver" in str(rows[1]["detail"])


def test_an_api_token_is_shown_once(server):
    said = server.ctl_text("api-token", "new", "metrics", "--role", "viewer", "--expires", "90d")
    secret = said.split("\n")[0]
    assert len(secret) == 43 and "This is shown once" in said
    listed = server.ctl("api-token", "list")[0]
    assert (listed["name"], listed["role"], listed["begins"]) == ("metrics", "viewer", secret[:6])
    assert secret not in server.ctl_text("api-token", "list")
    for missing in (["--role", "viewer"], ["--expires", "1d"]):
        with pytest.raises(CtlError, match="--expires 90d"):
            server.ctl_text("api-token", "new", "x", *missing)
    server.ctl_text("api-token", "remove", str(listed["id"]))
    assert server.ctl("api-token", "list") == []


CODE = re.compile(r"\b[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}\b")


def start_and_stop(server):
    """Shell words that start the server and end it once it serves."""
    command = shlex.join(server.command())
    return f"{command} & until [ -S {server.state}/admin.sock ]; do sleep 0.1; done; kill $!; wait"


def test_a_start_at_a_terminal_prints_a_code_that_a_log_does_not(folder):
    server = Sluice(folder)
    code, screen = at_a_terminal(start_and_stop(server))
    printed = CODE.search(screen)
    assert code == 0 and printed
    server.start()
    try:
        assert not CODE.search(server.log.read_text())
        visitor = Visitor(server)
        made = visitor.post("setup", code=printed.group(), name="ann", password=PASSWORD)
        assert made.status == 201
    finally:
        server.stop()
    _, screen = at_a_terminal(start_and_stop(server))
    assert "sluiced " in screen and not CODE.search(screen)
