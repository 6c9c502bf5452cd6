"""Rows 10 to 14: syncs and publications of the size of Debian's main, beside aptly and reprepro.

The index is the one that this machine's apt has of bookworm main; it is served from loopback,
signed with a test key. For publications, and beside aptly, each stanza names one and the same small
file, so that everything happens at full size but the payload.

CPU time and seconds are the server's, its front's and its children's from the request that starts a
job to the job's end: of an approval, the publication alone. Nothing waits longer than COMMAND_LIMIT.
"""

import contextlib
import http.client
import json
import lzma
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from archive import Archive, make_deb, sha256
from measure import (
    COMMAND_LIMIT,
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
from sluice import BUILD, Sluice

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


class AdminSocket(http.client.HTTPConnection):
    """The admin API on its Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=COMMAND_LIMIT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Took:
    """What a job took of a server: seconds, CPU seconds, peak MiB."""

    def __init__(self, server):
        self.server = server
        reset_peak(server.pid)
        self.begun, self.used = time.monotonic(), server.used()

    def end(self):
        self.seconds = time.monotonic() - self.begun
        self.cpu = self.server.used() - self.used
        self.peak_mib = peak_mib(self.server.pid)
        return self


class Server:
    """A sluiced with an archive as upstream."""

    def __init__(self, folder, archive, mirror):
        folder.mkdir()
        folder.chmod(0o755)
        self.sluice = Sluice(folder, config=CONFIG.format(compress="1d"))
        self.sluice.start()
        self.pid = self.sluice.process.pid
        try:
            self.add_upstream(archive, mirror)
        except BaseException:
            self.stop()  # nobody else knows of it yet
            raise

    def add_upstream(self, archive, mirror):
        self.ctl(
            "upstream", "add", "debian", "bench", "--url", mirror.url, "--suite", archive.suite,
            "--component", "main", "--architecture", "amd64", "--keyring",
            str(archive.keyring()), "--internal",
        )  # fmt: skip
        self.settle()

    def ctl(self, *command):
        """sluicectl's output."""
        program = BUILD / "server/ctl/sluicectl"
        return run([program, "--state", self.sluice.state, *command])

    def listed(self, *command):
        return json.loads(self.ctl(*command, "--json"))

    def api(self, method, path, body=None):
        connection = AdminSocket(self.sluice.state / "admin.sock")
        connection.request(method, "/api/v1/" + path, body and json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def wait(self, number):
        """Waits for a job's end; the job."""
        until = time.monotonic() + COMMAND_LIMIT
        while time.monotonic() < until:
            job = self.api("GET", f"jobs/{number}?wait_ms=1000")
            if job["state"] not in ("queued", "running"):
                if job["state"] != "done":
                    raise RuntimeError(f"{job['kind']} {job['subject']}: {job['error']}")
                return job
        raise RuntimeError(f"job {number} does not end")

    def settle(self):
        """Waits until no job is under way."""
        while under_way := [
            one["id"] for one in self.listed("job", "list") if one["state"] in ("queued", "running")
        ]:
            for number in under_way:
                self.wait(number)

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

    def sync(self):
        """(what a sync took, its result)"""
        took = Took(self)
        jobs = self.api("POST", "syncs", {"upstream": "bench"})["jobs"]
        result = [self.wait(number)["result"] for number in jobs]
        return took.end(), result[0]

    def approve(self, names, *options):
        """(what an approval took, and then its publication)"""
        approval = Took(self)
        self.ctl("approve", *names, "--yes", "--no-wait", *options)
        approval.end()
        publication = Took(self)
        self.settle()
        return approval, publication.end()

    def restart(self):
        """Begins anew, with nothing in memory of what was done before."""
        self.sluice.stop()
        self.sluice.start()
        self.pid = self.sluice.process.pid
        self.settle()

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
        self.started = []
        self.archives = {}  # by name: (archive, mirror)
        self.mirrored = None  # what aptly took to mirror the big one

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
        ours, floors = [], []
        for number in range(self.rounds):
            say(f"  first sync, round {number + 1}")
            floors.append(self.floor_store(archive).cpu)
            server = self.keep(Server(self.folder / f"sync-{number}", archive, mirror))
            ours.append(server.sync()[0])
            if number + 1 < self.rounds:
                server.stop()
        used = [one.cpu for one in ours]
        peak = max(one.peak_mib for one in ours)
        if 10 in rows:
            ratio = median_ratio(used, floors)
            self.table.add(10, "first sync of bookworm main, CPU", f"{median(used):.2f} s",
                           f"lzma and SQLite {median(floors):.2f} s", ratio, "<= 2.5",
                           ratio <= 2.5)  # fmt: skip
            self.table.add(10, "first sync of bookworm main, peak RSS", f"{peak:.0f} MiB",
                           "128 MiB", peak / 128, "<= 1", peak <= 128)  # fmt: skip
        if 11 in rows:
            self.sync_again(server, archive, mirror)
        server.stop()

    def sync_again(self, server, archive, mirror):
        server.settle()
        again = [server.sync() for _ in range(10)]
        archive.publish()  # signed anew, the same indexes
        signed = [server.sync()]
        peer = self.reprepro_again(archive, mirror).seconds
        for what, runs in (
            ("sync with nothing new", again),
            ("sync with a new Release of the same indexes", signed),
        ):
            seconds = median([one.seconds for one, _ in runs])
            cpu = median([one.cpu for one, _ in runs])
            same = all(result["packages"] == 0 for _, result in runs)
            self.table.add(11, what, f"{seconds:.3f} s (CPU {cpu:.2f})",
                           f"0.1 s (reprepro {peer:.2f} s)", seconds / 0.1, "<= 1",
                           seconds <= 0.1 and same)  # fmt: skip

    def big(self, text):
        """The archive of one file under many names, once for all rows."""
        if "big" not in self.archives:
            path = "pool/main/b/bench/bench_1.0_amd64.deb"
            data = make_deb({"Package": "bench", "Version": "1.0"}, {"./bench": b"1"})
            archive, mirror = self.archive("big", one_file(text, path, data))
            (archive.root / path).parent.mkdir(parents=True)
            (archive.root / path).write_bytes(data)
            self.archives["big"] = archive, mirror
        return self.archives["big"]

    def sync_beside_aptly(self, text):
        """Row 10: the same archive taken in by both."""
        archive, mirror = self.big(text)
        theirs = self.mirror_aptly(archive, mirror)
        server = self.keep(Server(self.folder / "beside", archive, mirror))
        ours = server.sync()[0]
        server.stop()
        ratio = ours.cpu / theirs.cpu
        self.table.add(10, "first sync, one payload under all names, CPU", f"{ours.cpu:.2f} s",
                       f"aptly mirror update {theirs.cpu:.2f} s", ratio, "<= 0.4",
                       ratio <= 0.4)  # fmt: skip

    def synced(self, name, text):
        """A server that knows the big archive."""
        archive, mirror = self.big(text)
        server = self.keep(Server(self.folder / name, archive, mirror))
        say("  sync of the big archive")
        server.sync()
        return server

    def approve(self, server, names, *options):
        for first in range(0, len(names), AT_ONCE):
            chosen = names[first : first + AT_ONCE]
            say(f"  approving {len(chosen)} updates")
            server.approve(chosen, *options)

    def index_of(self, server, archive, channel):
        path = f"/apt/{channel}/dists/{archive.suite}/main/binary-amd64/Packages"
        return server.sluice.get(path)[2]

    def floor_write(self, stanzas, *options):
        out = self.folder / "floor-out"
        out.mkdir(exist_ok=True)
        return Timed(
            [self.programs / "floor_write", self.folder / "published", stanzas, out, *options]
        )

    def publish_all(self, text, rows):
        """Rows 12 and 13."""
        archive, mirror = self.big(text)
        server = self.synced("all", text)
        names = [one["name"] for one in server.listed("update", "list")]
        held, names = names[: self.rounds + 1], names[self.rounds + 1 :]
        to = ("--channel", "certification")
        self.approve(server, names, *to)
        ours, floors = [], []
        for name in held[: self.rounds]:
            approval, publication = server.approve([name], *to)
            say(f"  approved in {approval.seconds:.2f} s, published in {publication.seconds:.2f} s")
            ours.append(publication)
            published = self.index_of(server, archive, "certification")
            (self.folder / "published").write_bytes(published)
            stanzas = published.count(b"\n\n")
            floors.append(self.floor_write(stanzas))
        what = f"publication of {stanzas} packages"
        if 12 in rows:
            for unit, mine, floor in (
                ("", [one.seconds for one in ours], [one.seconds for one in floors]),
                (", CPU", [one.cpu for one in ours], [one.cpu for one in floors]),
            ):
                ratio = median_ratio(mine, floor)
                self.table.add(12, what + unit, f"{median(mine):.2f} s",
                               f"zlib and SHA-256 {median(floor):.2f} s", ratio, "<= 2",
                               ratio <= 2)  # fmt: skip
            self.beside_aptly(archive, mirror, what, median([one.seconds for one in ours]))
        if 13 in rows:
            self.publish_xz(server, archive, stanzas, held[self.rounds])
        server.stop()

    def mirror_aptly(self, archive, mirror):
        """aptly mirrors the whole archive, once for all rows; what its update took."""
        if not self.mirrored:
            say("  aptly mirrors the big archive")
            environment = self.environment(archive)
            command = aptly(self.folder)
            keyring = f"-keyring={archive.keyring()}"
            create = ["create", keyring, "-architectures=amd64", "big", mirror.url, archive.suite]
            run([*command, "mirror", *create, "main"], env=environment)
            self.mirrored = Timed([*command, "mirror", "update", keyring, "big"], env=environment)
            for name in ("a", "b"):
                run([*command, "snapshot", "create", name, "from", "mirror", "big"], env=environment)
        return self.mirrored

    SIGN = ["-batch", "-gpg-key=archive@example.org", "-skip-contents"]

    def beside_aptly(self, archive, mirror, what, seconds):
        self.mirror_aptly(archive, mirror)
        command, environment = aptly(self.folder), self.environment(archive)
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
        _, took = server.approve([name], "--channel", "certification")
        compression = Took(server)
        server.sluice.config.write_text(CONFIG.format(compress="10s"))
        server.sluice.process.send_signal(signal.SIGHUP)
        say("  waiting for xz")
        release = f"/apt/certification/dists/{archive.suite}/Release"
        until = time.monotonic() + 180
        listed = b""
        while b"Packages.xz" not in listed:
            if time.monotonic() > until:
                raise RuntimeError("no Packages.xz after three minutes")
            time.sleep(0.5)
            with contextlib.suppress(OSError):  # a reload replaces the front
                listed = server.sluice.get(release)[2]
        server.settle()
        used = took.cpu + compression.end().cpu
        ratio = used / floor.cpu
        self.table.add(13, "the same with xz as well, CPU", f"{used:.2f} s",
                       f"zlib and lzma {floor.cpu:.2f} s", ratio, "<= 1.5", ratio <= 1.5)  # fmt: skip

    def aptly_few(self, archive, number, section):
        """What aptly takes to filter its snapshot and to publish what is left."""
        command, environment = aptly(self.folder), self.environment(archive)
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
        return first.seconds + second.seconds

    def publish_few(self, text):
        """Row 14: a channel of some 2,000 of the packages: a section's, as aptly filters by it."""
        archive, mirror = self.big(text)
        self.mirror_aptly(archive, mirror)
        section = self.section(archive.text.decode())
        server = self.synced("few", text)
        names = [one["name"] for one in server.listed("update", "list", "--section", section)]
        last, names = names[: self.rounds], names[self.rounds :]
        options = ("--channel", "production", "--emergency", "--reason", "benchmark")
        self.approve(server, names, *options)
        server.restart()
        ours, theirs = [], []
        for number, name in enumerate(last):
            approval, publication = server.approve([name], *options)
            say(f"  approved in {approval.seconds:.2f} s, {approval.peak_mib:.0f} MiB")
            ours.append(publication)
            theirs.append(self.aptly_few(archive, number, section))
        stanzas = self.index_of(server, archive, "production").count(b"\n\n")
        wall = [one.seconds for one in ours]
        peak = max(one.peak_mib for one in ours)
        ratio = median_ratio(wall, theirs)
        what = f"publication of {stanzas} of them"
        self.table.add(14, what, f"{median(wall):.2f} s",
                       f"aptly filter and publish {median(theirs):.2f} s", ratio, "<= 0.3",
                       ratio <= 0.3)  # fmt: skip
        self.table.add(14, what + ", peak RSS", f"{peak:.0f} MiB", "64 MiB", peak / 64, "<= 1",
                       peak <= 64)  # fmt: skip
        server.stop()

    @staticmethod
    def section(text):
        """The section whose number of packages is nearest to FEW."""
        counts = {}
        for name in re.findall(r"^Section: (\S+)$", text, re.M):
            counts[name] = counts.get(name, 0) + 1
        return min(counts, key=lambda name: abs(counts[name] - FEW))


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
        if 10 in rows:
            metadata.sync_beside_aptly(text)
        if rows & {12, 13}:
            say("rows 12 and 13")
            metadata.publish_all(text, rows)
        if 14 in rows:
            say("row 14")
            metadata.publish_few(text)
