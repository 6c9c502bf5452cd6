"""The threads of a whole server under ThreadSanitizer: nothing is touched by two without order."""

import os
import pathlib
import signal
import subprocess
import threading
import urllib.request

import pytest
from conftest import LONG, add_upstream
from machine import Machine
from sluice import CONFIG, Sluice

TESTS = pathlib.Path(__file__).resolve().parents[1]
THREAD = pathlib.Path(os.environ.get("SLUICE_THREAD", "build/thread"))
ROUNDS = 20 if LONG else 4


@pytest.fixture(scope="module")
def order():
    """The library that tells the sanitizer what GLib's locks order."""
    path = THREAD / "tests/race/libglib_order.so"
    if not path.exists():
        pytest.fail(f"{path} is missing: run tests/run, or set SLUICE_THREAD")
    return path.read_bytes()


class Watched(Sluice):
    def __init__(self, folder, library):
        super().__init__(folder)
        self.library = folder / "glib_order.so"
        self.library.write_bytes(library)
        self.library.chmod(0o644)

    def command(self):
        options = f"exitcode=66:suppressions={TESTS}/race/suppressions"
        environment = [
            f"LD_PRELOAD={self.library}",
            f"TSAN_OPTIONS={options}",
            "G_SLICE=always-malloc",  # its own allocator would hide who freed what
        ]
        return ["env", *environment, str(THREAD / "server/sluiced"), *super().command()[1:]]


def reports(server):
    text = server.log.read_text()
    start = text.find("ThreadSanitizer")
    return text[start - 100 : start + 6000] if start >= 0 else ""


def download(server, path, failures):
    for _ in range(20 * ROUNDS):
        try:
            with urllib.request.urlopen(server.url + path, timeout=60) as answer:
                answer.read()
        except OSError as problem:
            failures.append(problem)


def report(server, token, number, failures):
    """A machine that enrols and checks in, as it is and with another version."""
    machine = Machine(server.url, f"web{number}", [("tool", "0.9", "amd64")])
    statuses = [machine.enroll(token)[0]]
    for version in ("0.9", "1.0"):
        machine.packages = [("tool", version, "amd64")]
        statuses.append(machine.check_in()[0])
    if set(statuses) != {200}:
        failures.append(statuses)


def change(server, round_number):
    word = ("low", "high")[round_number % 2]
    server.ctl_text("rate", "tool", word, "--reason", "test")
    server.ctl_text("update", "list")
    server.ctl_text("channel", "history")
    server.ctl_text("upstream", "list")
    server.ctl_text("job", "list")


def test_a_busy_server_has_no_race(folder, archive, mirror, order):
    for name in ("tool", "other", "third"):
        archive.add(name, "1.0")
    archive.publish()
    server = Watched(folder, order).start()
    try:
        add_upstream(server, archive, mirror)
        server.ctl_text("sync")
        suite = f"/apt/certification/dists/{archive.suite}/InRelease"
        server.ctl_text("group", "add", "office", "--channel", "certification")
        token = server.ctl("token", "new", "--group", "office")["token"]
        failures = []
        for round_number in range(ROUNDS):
            threads = [
                threading.Thread(target=download, args=(server, suite, failures)) for _ in range(4)
            ]
            threads.append(threading.Thread(target=server.ctl_text, args=("sync",)))
            threads += [
                threading.Thread(target=change, args=(server, number)) for number in range(2)
            ]
            threads += [
                threading.Thread(
                    target=report, args=(server, token, 10 * round_number + number, failures)
                )
                for number in range(3)
            ]
            for thread in threads:
                thread.start()
            server.ctl_text("approve", "tool", "other", "--channel", "certification", "--yes")
            server.ctl_text("recall", "other", "--reason", "test", "--yes")
            archive.add("tool", f"2.{round_number}")  # to be fetched by two at once
            archive.publish()
            server.ctl_text("sync")
            both = ("approve", "tool", "--channel", "certification", "--yes", "--no-wait")
            jobs = [server.ctl(*both)["jobs"][0] for _ in range(2)]
            server.ctl_text("job", "cancel", str(jobs[0]), check=False)
            for thread in threads:
                thread.join()
        listing = [threading.Thread(target=change, args=(server, number)) for number in range(4)]
        for thread in listing:
            thread.start()
        server.ctl_text("sync", "--no-wait")
        server.config.write_text(CONFIG + "idle_timeout = 9s\n")
        server.process.send_signal(signal.SIGHUP)  # other limits: starts the front anew
        for thread in listing:
            thread.join()
        server.ctl_text("coverage")
        server.ctl_text("backup", str(folder / "backup.db"))
        assert failures == []
        assert len(server.ctl("computer", "list")) == 3 * ROUNDS
    finally:
        code = server.stop()
    assert not reports(server), reports(server)
    assert code == 0


def test_the_sanitizer_sees_a_race(folder, order):
    """What is preloaded hides nothing: two threads without a lock are reported, with one they are not."""
    (folder / "glib_order.so").write_bytes(order)
    source = folder / "race.c"
    source.write_text(
        "#include <glib.h>\n"
        "static int shared; static GMutex mutex; static gboolean locked;\n"
        "static gpointer add(gpointer data) {\n"
        "  for (int i = 0; i < 1000; i++) {\n"
        "    if (locked) g_mutex_lock(&mutex);\n"
        "    shared++;\n"
        "    if (locked) g_mutex_unlock(&mutex);\n"
        "  }\n  return data; }\n"
        "int main(int argc, char **argv) {\n"
        "  GThread *a, *b; locked = argc > 1; (void)argv;\n"
        '  a = g_thread_new("a", add, NULL); b = g_thread_new("b", add, NULL);\n'
        "  g_thread_join(a); g_thread_join(b); return 0; }\n"
    )
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "glib-2.0"], capture_output=True, text=True, check=True
    ).stdout.split()
    subprocess.run(
        ["gcc", "-g", "-fsanitize=thread", str(source), "-o", str(folder / "race"), *flags], check=True
    )
    environment = dict(
        os.environ,
        LD_PRELOAD=str(folder / "glib_order.so"),
        TSAN_OPTIONS=f"exitcode=66:suppressions={TESTS}/race/suppressions",
    )
    without = subprocess.run([folder / "race"], env=environment, capture_output=True, text=True)
    assert without.returncode == 66 and "data race" in without.stderr
    with_lock = subprocess.run([folder / "race", "1"], env=environment, capture_output=True, text=True)
    assert with_lock.returncode == 0, with_lock.stderr
