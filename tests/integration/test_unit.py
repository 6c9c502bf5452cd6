"""The program works under what its unit asks for: socket activation, readiness, fences (X-04).

No systemd runs where tests run. systemd-socket-activate hands over the socket, a socket of the
test's takes the notifications, and caged.py applies the unit's system call filter and what else
seccomp can express. What takes mounts (ProtectSystem, ProtectHome, PrivateTmp, PrivateDevices) is not
covered.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import add_upstream
from sluice import BUILD, CONFIG, Sluice

HERE = pathlib.Path(__file__).resolve().parent
UNIT = HERE.parents[1] / "deploy/systemd/sluice.service.in"
RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def processes_below(pid):
    found = [pid]
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found += processes_below(int(path.parent.name))
    return found


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().strip().split("\n")
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


class Unit(Sluice):
    """sluiced as sluice.service would start it, with the programs where anyone can run them."""

    def __init__(self, folder):
        super().__init__(folder, state=folder / "state")
        self.bin = folder / "bin"
        self.bin.mkdir()
        for program in ("server/sluiced", "server/front/sluice-front"):
            shutil.copy(RELEASE / program, self.bin)
        for name in ("sluice.service", "caged.py"):
            shutil.copy(UNIT if name == "sluice.service" else HERE / name, folder / name)
        self.user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        entry = pwd.getpwnam(self.user)
        self.runtime = folder / "run"
        for path in (self.state, self.runtime):
            path.mkdir()
            os.chown(path, entry.pw_uid, entry.pw_gid)
        self.config.write_text(
            f"[state]\ndirectory = {self.state}\n[admin]\nlisten = 127.0.0.1:0\n" + CONFIG
        )
        os.chmod(self.config, 0o644)
        self.port = free_port()
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind(str(folder / "notify"))
        os.chmod(folder / "notify", 0o777)

    def command(self):
        return [
            "systemd-socket-activate", "-l", f"127.0.0.1:{self.port}", "--fdname=public",
            "-E", f"NOTIFY_SOCKET={self.folder}/notify", "-E", f"RUNTIME_DIRECTORY={self.runtime}",
            "-E", "WATCHDOG_USEC=1500000",
            "/usr/bin/python3", str(self.folder / "caged.py"), str(self.folder / "sluice.service"),
            self.user, str(self.bin / "sluiced"), "--config", str(self.config),
        ]  # fmt: skip

    def ctl_text(self, *arguments, check=True):
        command = [str(BUILD / "server/ctl/sluicectl"), "--socket", str(self.runtime / "admin.sock")]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def wait_for(self, word, seconds=60):
        self.notifications.settimeout(seconds)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if word in self.notifications.recv(4096).decode():
                return
        raise AssertionError(f"no {word} from sluiced:\n{self.log.read_text()[-2000:]}")


@pytest.fixture
def unit(folder):
    if not shutil.which("systemd-socket-activate") or not shutil.which("systemd-analyze"):
        pytest.skip("systemd's tools are not installed")
    server = Unit(folder)
    with open(server.log, "ab") as log:
        server.process = subprocess.Popen(server.command(), stdout=log, stderr=log)
    yield server
    if server.process.poll() is None:
        server.process.kill()
    server.process.wait()
    server.notifications.close()


def first_connection(server):
    """Brings systemd-socket-activate to start the program, as a first machine would."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=60)
        except ConnectionRefusedError:
            time.sleep(0.05)
        except urllib.error.URLError as problem:
            if not isinstance(problem.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise AssertionError(server.log.read_text())


def test_a_whole_cycle_works_under_the_units_fences(unit, archive, mirror):
    archive.add("tool", "1.0")
    archive.publish()
    # the connection that started it is answered: the socket was listening before the program was
    assert first_connection(unit).status == 200
    unit.wait_for("READY=1")
    unit.public = f"127.0.0.1:{unit.port}"
    assert unit.addresses()["public"] == unit.public

    add_upstream(unit, archive, mirror)
    unit.ctl_text("sync")
    unit.ctl_text("approve", "tool", "--channel", "certification", "--yes")
    unit.ctl_text("approve", "tool", "--channel", "production", "--yes")
    index = unit.get(f"/apt/production/dists/{archive.suite}/main/binary-amd64/Packages")[2]
    assert b"Package: tool" in index
    name = next(line for line in index.decode().split("\n") if line.startswith("Filename: "))
    assert unit.get("/apt/production/" + name.split(" ", 1)[1])[0] == 200
    unit.ctl_text("backup", str(unit.folder / "backup.db"))
    unit.wait_for("WATCHDOG=1")

    running = processes_below(unit.process.pid)
    names = {status_of(pid)["Name"] for pid in running}
    assert {"sluiced", "sluice-front"} <= names
    for pid in running:
        status = status_of(pid)
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", status["Name"]
        if os.getuid() == 0:
            assert "0" not in status["Uid"].split(), status["Name"]
            assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
    log = unit.log.read_text()
    assert "running without" not in log, log

    unit.process.send_signal(signal.SIGTERM)
    unit.wait_for("STOPPING=1")
    assert unit.process.wait(30) == 0


def test_the_cage_is_one(folder):
    """caged.py forbids what the unit forbids, or the test above would say nothing."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    attempts = (
        "import ctypes, mmap, os, socket\n"
        "def tried(what):\n"
        "    try:\n        what()\n        return 'worked'\n"
        "    except OSError as problem:\n        return os.strerror(problem.errno)\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def call(name, *arguments):\n"
        "    if getattr(libc, name)(*arguments) < 0:\n"
        "        raise OSError(ctypes.get_errno(), name)\n"
        "print(tried(lambda: call('mount', b'a', b'/mnt', b'tmpfs', 0, None)))\n"
        "print(tried(lambda: call('unshare', 0x10000000)))\n"
        "print(tried(lambda: call('setpriority', 0, 0, -5)))\n"
        "print(tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)))\n"
        "print(tried(lambda: mmap.mmap(-1, 4096, prot=7)))\n"
        "print(tried(lambda: socket.socket(socket.AF_INET)))\n"
    )
    user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    done = subprocess.run(
        [sys.executable if os.getuid() else "/usr/bin/python3", str(HERE / "caged.py"), str(UNIT),
         user, "/usr/bin/python3", "-c", attempts],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split("\n")[:6] == ["Operation not permitted"] * 5 + ["worked"], done.stderr
