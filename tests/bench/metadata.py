"""Rows 10 to 14: syncs and publications of the size of Debian's main, beside aptly and reprepro.

The index is the one that this machine's apt has of bookworm main; it is served from loopback,
signed with a test key. For publications each stanza names one and the same small file, so that
everything happens at full size but the payload.
"""

import json
import lzma
import os
import re
import shutil
import signal
import subprocess
import time

from archive import Archive, make_deb, sha256
from measure import (
    HZ,
    Nginx,
    Timed,
    median,
    median_ratio,
    named,
    peak_mib,
    reset_peak,
    run,
    say,
    stat_fields,
    tree,
)
from sluice import Sluice

CONFIG = """[sync]
schedule = no
[publication]
compress_every = {compress}
[public]
agent_rate = 0
"""
FEW = 2000  # packages in the filtered channel
AT_ONCE = 8000  # updates approved by one command


def host_index():
    """The text of bookworm main's index as this machine's apt has it, or None."""
    command = ["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages"]
    command += ["Codename: bookworm", "Component: main", "Architecture: amd64"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for path in done.stdout.split():
        text = subprocess.run(
            ["/usr/lib/apt/apt-helper", "cat-file", path], capture_output=True, check=False
        )
        if text.returncode == 0 and text.stdout.startswith(b"Package:"):
            return text.stdout
    return None


def one_file(text, path, data):
    """The index with the file of each stanza replaced by that one."""
    new = {b"Filename": path.encode(), b"Size": b"%d" % len(data), b"SHA256": sha256(data).encode()}

    def line(match):
        name = match.group(1)
        return b"" if name == b"MD5sum" else name + b": " + new[name] + b"\n"

    return re.sub(rb"^(Filename|Size|SHA256|MD5sum): .*\n", line, text, flags=re.M)


class IndexArchive(Archive):
    """An archive whose index is given as text."""

    def __init__(self, folder, text):
        super().__init__(folder, suite="bookworm", codename="bookworm")
        self.text = text
        self.xz = lzma.compress(text, preset=6)

    def publish(self, architectures=("amd64",)):
        self.date += 1
        stem = "main/binary-amd64/Packages"
        files = {stem: self.text, stem + ".xz": self.xz}
        shutil.rmtree(self.root / "dists" / self.suite, ignore_errors=True)
        for path, data in files.items():
            self.write(path, data)
            if self.by_hash:
                self.write(f"{os.path.dirname(path)}/by-hash/SHA256/{sha256(data)}", data)
        self.sign(self.release(files))

    @property
    def xz_path(self):
        return self.root / "dists" / self.suite / "main/binary-amd64/Packages.xz"


def process_cpu(pid):
    """CPU seconds of a process, of its ended threads and of its finished children."""
    return sum(map(int, stat_fields(pid)[11:15])) / HZ


class Server:
    """A sluiced with an archive as upstream; what it uses is told by took()."""

    def __init__(self, folder, archive, mirror):
        folder.mkdir()
        folder.chmod(0o755)
        self.sluice = Sluice(folder, config=CONFIG.format(compress="1d"))
        self.sluice.start()
        self.pid = self.sluice.process.pid
        self.sluice.ctl_text(
            "upstream", "add", "debian", "bench", "--url", mirror.url, "--suite", archive.suite,
            "--component", "main", "--architecture", "amd64", "--keyring",
            str(archive.keyring()), "--internal",
        )  # fmt: skip
        self.settle()

    def settle(self):
        """Waits until no job is under way."""
        for _ in range(600):
            jobs = self.sluice.ctl("job", "list") or []
            if all(one["state"] not in ("queued", "running") for one in jobs):
                return
            time.sleep(0.1)
        raise RuntimeError("a job does not end")

    def agents(self):
        """gpg-agents that sign for it are no children of it."""
        mine = str(self.sluice.state / "gnupg").encode()
        found = []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as line:
                    words = line.read()
            except OSError:
                continue
            if name.isdigit() and b"gpg-agent" in words and mine in words:
                found.append(int(name))
        return found

    def used(self):
        front = named(tree(self.pid), "sluice-front")
        return sum(process_cpu(pid) for pid in [self.pid, *front, *self.agents()])

    def took(self, *command):
        """(seconds, CPU seconds, peak MiB) of the server while sluicectl ran."""
        reset_peak(self.pid)
        begun, used = time.monotonic(), self.used()
        self.sluice.ctl_text(*command)
        return time.monotonic() - begun, self.used() - used, peak_mib(self.pid)

    def stop(self):
        self.sluice.stop()


def aptly(folder):
    config = folder / "aptly.conf"
    if not config.exists():
        config.write_text(
            json.dumps(
                {
                    "rootDir": str(folder / "aptly"),
                    "downloadConcurrency": 4,
                    "architectures": ["amd64"],
                    "gpgProvider": "gpg",
                    "skipContentsPublishing": True,
                    "FileSystemPublishEndpoints": {
                        "out": {"rootDir": str(folder / "aptly-out"), "linkMethod": "symlink"}
                    },
                }
            )
        )
    return ["aptly", f"-config={config}"]


class Metadata:
    def __init__(self, folder, programs, table, quick):
        self.folder = folder
        self.programs = programs
        self.table = table
        self.rounds = 2 if quick else 4
        self.quick = quick
        self.started = []

    def __enter__(self):
        self.folder.mkdir()
        self.folder.chmod(0o755)
        return self

    def __exit__(self, *problem):
        for one in reversed(self.started):
            getattr(one, "stop", getattr(one, "close", None))()

    def keep(self, one):
        self.started.append(one)
        return one

    def archive(self, name, text):
        made = self.keep(IndexArchive(self.folder / name, text))
        made.publish()
        return made, self.keep(Nginx(self.folder / f"{name}-mirror", made.root))

    def environment(self, archive):
        return dict(os.environ, HOME=str(self.folder), GNUPGHOME=str(archive.keys.home))

    def floor_store(self, archive):
        database = self.folder / "floor.db"
        for path in self.folder.glob("floor.db*"):
            path.unlink()
        return Timed([self.programs / "floor_store", archive.xz_path, database])

    def aptly_parse(self, archive, mirror):
        """A filter that matches nothing: fetch, verify, parse, filter; no package is downloaded."""
        environment = self.environment(archive)
        command = [*aptly(self.folder), "mirror"]
        create = ["create", f"-keyring={archive.keyring()}", "-architectures=amd64"]
        create += ["-filter=Name (= no-such-package)", "parse", mirror.url, archive.suite, "main"]
        run([*command, *create], env=environment)
        took = Timed(
            [*command, "update", f"-keyring={archive.keyring()}", "parse"], env=environment
        )
        run([*command, "drop", "-force", "parse"], env=environment)
        return took

    def reprepro_again(self, archive, mirror):
        """Seconds of reprepro's update of 1 of the packages with nothing new."""
        base = self.folder / "reprepro"
        (base / "conf").mkdir(parents=True, exist_ok=True)
        (base / "conf/distributions").write_text(
            "Codename: out\nArchitectures: amd64\nComponents: main\nUpdate: up\n"
        )
        (base / "conf/updates").write_text(
            f"Name: up\nMethod: {mirror.url}\nSuite: {archive.suite}\nComponents: main\n"
            "Architectures: amd64\nVerifyRelease: blindtrust\nFilterFormula: Package (== bash)\n"
        )
        environment = self.environment(archive)
        command = ["reprepro", "-b", base, "--noskipold", "dumpupdate"]
        run(command, env=environment)
        return Timed(command, env=environment)

    def sync(self, text, rows):
        """Rows 10 and 11."""
        archive, mirror = self.archive("main", text)
        ours, floors, peers = [], [], []
        for number in range(self.rounds):
            say(f"  first sync, round {number + 1}")
            floors.append(self.floor_store(archive).cpu)
            server = self.keep(Server(self.folder / f"sync-{number}", archive, mirror))
            ours.append(server.took("sync"))
            if number == 0 or not self.quick:
                peers.append(self.aptly_parse(archive, mirror).cpu)
            if number + 1 < self.rounds:
                server.stop()
        used = [one[1] for one in ours]
        peak = max(one[2] for one in ours)
        if 10 in rows:
            ratio = median_ratio(used, floors)
            self.table.add(10, "first sync of bookworm main, CPU", f"{median(used):.2f} s",
                           f"lzma and SQLite {median(floors):.2f} s", ratio, "<= 2.5",
                           ratio <= 2.5)  # fmt: skip
            ratio = median(used) / median(peers)
            self.table.add(10, "first sync of bookworm main, CPU", f"{median(used):.2f} s",
                           f"aptly {median(peers):.2f} s", ratio, "<= 0.4", ratio <= 0.4)  # fmt: skip
            self.table.add(10, "first sync of bookworm main, peak RSS", f"{peak:.0f} MiB",
                           "128 MiB", peak / 128, "<= 1", peak <= 128)  # fmt: skip
        if 11 in rows:
            self.sync_again(server, archive, mirror)

    def sync_again(self, server, archive, mirror):
        server.settle()
        rows = server.sluice.ctl("sync")["result"]["packages"]
        again = [server.took("sync") for _ in range(5)]
        archive.publish()  # signed anew, the same indexes
        signed = server.took("sync")
        peer = self.reprepro_again(archive, mirror).seconds
        for what, seconds in (
            ("sync with nothing new", median([one[0] for one in again])),
            ("sync with a new Release of the same indexes", signed[0]),
        ):
            self.table.add(11, what, f"{seconds:.3f} s", f"0.1 s (reprepro {peer:.2f} s)",
                           seconds / 0.1, "<= 1", seconds <= 0.1 and rows == 0)  # fmt: skip

    def publications(self, text, rows):
        """Rows 12 to 14."""
        path = "pool/main/b/bench/bench_1.0_amd64.deb"
        data = make_deb({"Package": "bench", "Version": "1.0"}, {"./bench": b"1"})
        archive, mirror = self.archive("big", one_file(text, path, data))
        (archive.root / path).parent.mkdir(parents=True)
        (archive.root / path).write_bytes(data)
        server = self.keep(Server(self.folder / "big-server", archive, mirror))
        say("  sync of the big archive")
        server.sluice.ctl_text("sync")
        names = [one["name"] for one in server.sluice.ctl("update", "list")]
        held, names = names[: self.rounds + 2], names[self.rounds + 2 :]
        if 12 in rows or 13 in rows:
            self.publish_all(server, archive, mirror, names, held, rows)
        if 14 in rows:
            self.publish_few(server, archive, mirror)

    def approve(self, server, names, *options):
        for first in range(0, len(names), AT_ONCE):
            chosen = names[first : first + AT_ONCE]
            say(f"  approving {len(chosen)} updates")
            server.sluice.ctl_text("approve", *chosen, "--yes", "--no-wait", *options)
        server.settle()

    def index_of(self, server, archive, channel):
        path = f"/apt/{channel}/dists/{archive.suite}/main/binary-amd64/Packages"
        return server.sluice.get(path)[2]

    def floor_write(self, stanzas, *options):
        out = self.folder / "floor-out"
        out.mkdir(exist_ok=True)
        return Timed(
            [self.programs / "floor_write", self.folder / "published", stanzas, out, *options]
        )

    def publish_all(self, server, archive, mirror, names, held, rows):
        self.approve(server, names, "--channel", "certification")
        ours, floors = [], []
        for name in held[: self.rounds]:
            ours.append(server.took("approve", name, "--channel", "certification", "--yes"))
            published = self.index_of(server, archive, "certification")
            (self.folder / "published").write_bytes(published)
            stanzas = published.count(b"\n\n")
            floors.append(self.floor_write(stanzas))
        what = f"publication of {stanzas} packages"
        if 12 in rows:
            wall = [one[0] for one in ours], [one.seconds for one in floors]
            used = [one[1] for one in ours], [one.cpu for one in floors]
            for unit, (mine, floor) in (("", wall), (", CPU", used)):
                ratio = median_ratio(mine, floor)
                self.table.add(12, what + unit, f"{median(mine):.2f} s",
                               f"zlib and SHA-256 {median(floor):.2f} s", ratio, "<= 2",
                               ratio <= 2)  # fmt: skip
            self.beside_aptly(archive, mirror, what, median(wall[0]), ours)
        if 13 in rows:
            self.publish_xz(server, archive, stanzas, held[self.rounds])

    def mirror_aptly(self, archive, mirror):
        """aptly with the whole archive mirrored, once for all rows."""
        environment = self.environment(archive)
        command = aptly(self.folder)
        if not (self.folder / "aptly-big").exists():
            say("  aptly mirrors the big archive")
            keyring = f"-keyring={archive.keyring()}"
            create = ["create", keyring, "-architectures=amd64", "big", mirror.url, archive.suite]
            run([*command, "mirror", *create, "main"], env=environment)
            run([*command, "mirror", "update", keyring, "big"], env=environment)
            (self.folder / "aptly-big").touch()
            for name in ("a", "b"):
                run([*command, "snapshot", "create", name, "from", "mirror", "big"], env=environment)
        return command, environment

    SIGN = ["-batch", "-gpg-key=archive@example.org", "-skip-contents"]

    def beside_aptly(self, archive, mirror, what, seconds, ours):
        command, environment = self.mirror_aptly(archive, mirror)
        say("  aptly publishes all of it")
        publish = [*command, "publish", "snapshot", *self.SIGN, "-distribution=big", "a"]
        run([*publish, "filesystem:out:all"], env=environment)
        switch = [*command, "publish", "switch", *self.SIGN, "big", "filesystem:out:all", "b"]
        took = Timed(switch, env=environment)
        ratio = seconds / took.seconds
        self.table.add(12, what, f"{seconds:.2f} s", f"aptly switch {took.seconds:.2f} s", ratio,
                       "<= 0.2", ratio <= 0.2)  # fmt: skip

    def publish_xz(self, server, archive, stanzas, name):
        """The whole of it, until the index compressed by xz is being served as well."""
        floor = self.floor_write(stanzas, "xz")
        used = server.used()
        server.sluice.ctl_text("approve", name, "--channel", "certification", "--yes")
        server.sluice.config.write_text(CONFIG.format(compress="10s"))
        server.sluice.process.send_signal(signal.SIGHUP)
        say("  waiting for xz")
        release = f"/apt/certification/dists/{archive.suite}/Release"
        until = time.monotonic() + 120
        while b"Packages.xz" not in server.sluice.get(release)[2]:
            if time.monotonic() > until:
                raise RuntimeError("no Packages.xz after two minutes")
            time.sleep(0.5)
        server.settle()
        used = server.used() - used
        ratio = used / floor.cpu
        self.table.add(13, "the same with xz as well, CPU", f"{used:.2f} s",
                       f"zlib and lzma {floor.cpu:.2f} s", ratio, "<= 1.5", ratio <= 1.5)  # fmt: skip
        server.sluice.config.write_text(CONFIG.format(compress="1d"))
        server.sluice.process.send_signal(signal.SIGHUP)

    def publish_few(self, server, archive, mirror):
        """A channel of some 2,000 of the packages: a section's, as aptly filters by it."""
        text = archive.text.decode()
        section, count = self.section(text)
        listed = server.sluice.ctl("update", "list", "--section", section)
        names = [one["name"] for one in listed]
        options = ("--channel", "production", "--emergency", "--reason", "benchmark")
        last, names = names[: self.rounds], names[self.rounds :]
        self.approve(server, names, *options)
        ours = [server.took("approve", name, *options, "--yes") for name in last]
        stanzas = self.index_of(server, archive, "production").count(b"\n\n")
        command, environment = self.mirror_aptly(archive, mirror)
        theirs = []
        for number in range(self.rounds):
            chosen = f"few{number}"
            first = Timed(
                [*command, "snapshot", "filter", "a", chosen, f"$Section (= {section})"],
                env=environment,
            )
            second = Timed(
                [*command, "publish", "snapshot", *self.SIGN, "-distribution=few", chosen,
                 f"filesystem:out:{chosen}"],
                env=environment,
            )  # fmt: skip
            theirs.append(first.seconds + second.seconds)
        wall = [one[0] for one in ours]
        peak = max(one[2] for one in ours)
        ratio = median_ratio(wall, theirs)
        what = f"publication of {stanzas} of them"
        self.table.add(14, what, f"{median(wall):.2f} s",
                       f"aptly filter and publish {median(theirs):.2f} s", ratio, "<= 0.3",
                       ratio <= 0.3)  # fmt: skip
        self.table.add(14, what + ", peak RSS", f"{peak:.0f} MiB", "64 MiB", peak / 64, "<= 1",
                       peak <= 64)  # fmt: skip

    @staticmethod
    def section(text):
        """The section whose number of packages is nearest to FEW."""
        counts = {}
        for name in re.findall(r"^Section: (\S+)$", text, re.M):
            counts[name] = counts.get(name, 0) + 1
        best = min(counts, key=lambda name: abs(counts[name] - FEW))
        return best, counts[best]


def measure(folder, programs, table, rows, quick):
    text = host_index()
    if text is None:
        for row in sorted(rows):
            table.skip(row, "metadata", "this machine's apt has no index of bookworm main")
        return
    with Metadata(folder, programs, table, quick) as metadata:
        if rows & {10, 11}:
            say("rows 10 and 11")
            metadata.sync(text, rows)
        if rows & {12, 13, 14}:
            say("rows 12 to 14")
            metadata.publications(text, rows)
