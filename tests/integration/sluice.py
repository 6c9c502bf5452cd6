"""A private sluiced for a test: its own state directory, free ports, sluicectl at hand."""

import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", "build"))
CONFIG = "[sync]\nschedule = no\nslow_timeout = 30s\n[public]\nagent_rate = 0\n"


class CtlError(Exception):
    """sluicectl ended with an error; its words are the message."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Sluice:
    def __init__(self, folder, config=CONFIG, state=None):
        self.folder = pathlib.Path(folder)
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.config = self.folder / "sluice.conf"
        self.config.write_text(config)
        self.log = self.folder / "sluiced.log"
        self.process = None
        self.public = None  # addresses; kept through a restart where they are set
        self.admin = None
        # started by root, sluiced becomes another user, who has to get here
        for parent in [self.folder, *self.folder.parents][:4]:
            if str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o011)

    def command(self):
        return [
            str(BUILD / "server/sluiced"),
            "--state",
            str(self.state),
            "--public",
            self.public or "127.0.0.1:0",
            "--admin",
            self.admin or "127.0.0.1:0",
            "--config",
            str(self.config),
        ]

    def start(self, wait=True):
        addresses = self.state / "addresses"
        addresses.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        if wait:
            self.wait_until_it_serves()
        return self

    def wait_until_it_serves(self, seconds=60):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                said = self.log.read_text()[-3000:]
                # while it was down, somebody's connection got its port to come from
                if self.public and said.strip().endswith("Address already in use"):
                    self.start(wait=False)
                    time.sleep(0.2)
                    continue
                raise RuntimeError("sluiced ended:\n" + said)
            try:
                if self.ctl("status")["serving"]:
                    self.public = self.addresses()["public"]
                    return
            except (CtlError, FileNotFoundError):
                pass
            time.sleep(0.05)
        raise RuntimeError("sluiced does not serve:\n" + self.log.read_text()[-3000:])

    def addresses(self):
        lines = (self.state / "addresses").read_text().strip().split("\n")
        return dict(line.split("=", 1) for line in lines)

    @property
    def url(self):
        return f"http://{self.public}"

    def ctl_text(self, *arguments, check=True):
        """sluicectl's output as text."""
        command = [str(BUILD / "server/ctl/sluicectl"), "--state", str(self.state), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise CtlError(done.returncode, done.stderr.strip())
        return done.stdout

    def ctl(self, *arguments):
        """sluicectl with --json; its last line parsed."""
        output = self.ctl_text(*arguments, "--json").strip()
        return json.loads(output.split("\n")[-1]) if output else None

    def get(self, path, headers=None):
        """(status, headers, body) of a public path."""
        request = urllib.request.Request(self.url + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.headers, problem.read()

    def source(self, channel, suite="bookworm-security", components="main"):
        """A .sources file with the channel's key in it."""
        key = self.get(f"/keys/{channel}.asc")[2].decode().strip()
        lines = "\n".join(f" {line}" if line else " ." for line in key.split("\n"))
        return (
            f"Types: deb\nURIs: {self.url}/apt/{channel}\nSuites: {suite}\n"
            f"Components: {components}\nCheck-Valid-Until: yes\nCheck-Date: yes\n"
            f"Signed-By:\n{lines}\n"
        )

    def kill(self):
        """kill -9 of the core; the front ends by itself."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None


def add_upstream(sluice, archive, mirror, name="test", *options):
    sluice.ctl_text(
        "upstream", "add", "debian", name, "--url", mirror.url, "--suite", archive.suite,
        "--component", "main", "--architecture", "amd64", "--keyring", str(archive.keyring()),
        "--serves", "debian:bookworm", "--internal", *options,
    )  # fmt: skip
