"""sluice-agent on a machine of roots.py, as its administrator runs it."""

import json
import shutil
import subprocess

from roots import Root
from sluice import BUILD

OK, FAILED, USAGE, UNDELIVERED, NOT_UPGRADED, CHANNEL, IDENTITY = range(7)


class Agent:
    def __init__(self, machine, name="web1"):
        self.machine = machine
        self.root = machine.folder
        etc = self.root / "etc"
        (etc / "hostname").write_text(name + "\n")
        if not isinstance(machine, Root):
            (etc / "os-release").write_text(
                'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
            )
        self.state = self.root / "var/lib/sluice-agent"

    def command(self, *words):
        command = [str(BUILD / "clients/agent/sluice-agent"), *words, "--root", str(self.root)]
        if not isinstance(self.machine, Root):
            command += ["--apt-config", str(self.machine.config)]
        return command

    def run(self, *words, status=OK, typed=""):
        """What it printed; its exit status is part of what is expected."""
        done = subprocess.run(
            self.command(*words), input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, f"{words}: exit {done.returncode}\n{done.stdout}"
        return done.stdout

    def enroll(self, url, token, *options, status=OK):
        return self.run("enroll", url, "--token", token, "--yes", *options, status=status)

    def install(self, status=OK):
        return self.run("run", "--install", status=status)

    def status(self):
        return json.loads(self.run("status", "--json"))

    def sources(self):
        """Every source file of the machine's apt with its bytes."""
        apt = self.root / "etc/apt"
        files = [apt / "sources.list", *sorted((apt / "sources.list.d").iterdir())]
        return {str(one.relative_to(apt)): one.read_bytes() for one in files if one.exists()}

    def copy_state(self, other):
        shutil.copytree(self.state, other.state)
