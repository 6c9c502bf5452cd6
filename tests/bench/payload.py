"""Rows 1 to 5: published payloads through sluice-front, beside nginx with the same files."""

import os
import re
import subprocess
import time

from archive import Archive, sha256
from measure import HERE, Nginx, cpu, median, median_ratio, named, pss_kib, say, sink, tree, wrk
from sluice import Sluice

SIZES = {"1k": 1024, "100k": 100 << 10, "10m": 10 << 20, "200m": 200 << 20}
CONNECTIONS = {"1k": 64, "100k": 32, "10m": 16, "200m": 8}
IDLE = 10000
# what an administrator raises for one address with thousands of connections
CONFIG = """[sync]
schedule = no
[public]
agent_rate = 0
max_per_address = 0
max_connections = 12000
idle_timeout = 10m
"""


def add_random(archive, name, size):
    """A package whose file is random bytes of just that size."""
    target = archive.add(name, "1.0")
    with open(target, "wb") as out:
        for _ in range(0, size, 1 << 20):
            out.write(os.urandom(min(size, 1 << 20)))
    data = target.read_bytes()
    archive.packages[-1].update(Size=len(data), SHA256=sha256(data))
    return target


class Payloads:
    """A sluiced that serves one approved payload of each size, and nginx with the same files."""

    def __init__(self, folder, programs):
        self.programs = programs
        self.folder = folder
        self.nginx = None
        self.mirror = None
        folder.mkdir()
        folder.chmod(0o755)
        self.archive = Archive(folder / "archive")
        self.sluice = Sluice(folder, config=CONFIG)
        self.paths = {}

    def __enter__(self):
        say("payloads: an archive, approved and published")
        root = self.folder / "root"
        root.mkdir()
        for name, size in SIZES.items():
            add_random(self.archive, f"file-{name}", size)
        self.archive.publish()
        self.mirror = Nginx(self.folder / "mirror", self.archive.root)
        self.sluice.start()
        self.sluice.ctl_text(
            "upstream", "add", "debian", "bench", "--url", self.mirror.url, "--suite",
            self.archive.suite, "--component", "main", "--architecture", "amd64", "--keyring",
            str(self.archive.keyring()), "--internal",
        )  # fmt: skip
        self.sluice.ctl_text("sync")
        names = [f"file-{name}" for name in SIZES]
        self.sluice.ctl_text("approve", *names, "--channel", "certification", "--yes")
        index = f"/apt/certification/dists/{self.archive.suite}/main/binary-amd64/Packages"
        text = self.sluice.get(index)[2].decode()
        for name in SIZES:
            found = re.search(rf"^Filename: (\S*/file-{name}_\S*)$", text, re.M)
            self.paths[name] = "/apt/certification/" + found[1]
        for name, package in zip(SIZES, self.archive.packages):
            # the very file: two copies of one size differ by a tenth and more, by how they lie in memory
            digest = package["SHA256"]
            os.link(self.sluice.state / "pool" / digest[:2] / digest, root / name)
        self.nginx = Nginx(self.folder / "nginx", root)
        return self

    def front(self):
        return named(tree(self.sluice.process.pid), "sluice-front")

    def port(self):
        return int(self.sluice.public.rsplit(":", 1)[1])

    def __exit__(self, *problem):
        self.sluice.stop()
        for server in (self.nginx, self.mirror):
            if server:
                server.stop()
        self.archive.close()

    def measure(self, who, name, client, seconds, length=0):
        """One measurement: requests/s, GB/s, CPU seconds a request and a GB."""
        server = {"sluice": None, "nginx": self.nginx}.get(who)
        port = server.port if server else self.port()
        path = f"/{name}" if server else self.paths[name]
        pids = server.pids() if server else self.front()
        before = cpu(pids)
        if client == "wrk":
            script = HERE / "range.lua" if length else None
            url = f"http://127.0.0.1:{port}{path}"
            extra = (SIZES[name], length) if length else ()
            took = wrk(url, seconds, CONNECTIONS[name], script, extra)
        else:
            size = SIZES[name] if length else 0
            took = sink(self.programs, port, path, CONNECTIONS[name], seconds, size, length)
        used = cpu(pids) - before
        requests, size, wall, failures = took
        if failures or not size:
            raise RuntimeError(f"{who} {name}: {failures} of {requests} requests failed")
        return {
            "rps": requests / wall,
            "gbps": size / wall / 1e9,
            "cpu_request": used / max(requests, 1),
            "cpu_gb": used / size * 1e9,
        }

    def rounds(self, count, name, client, seconds, length=0):
        """Results of both, round by round, the first thrown away."""
        got = {"sluice": [], "nginx": []}
        for number in range(count + 1):
            for who in ("sluice", "nginx") if number % 2 else ("nginx", "sluice"):
                one = self.measure(who, name, client, seconds if number else 1, length)
                if number:
                    got[who].append(one)
        return got


def column(results, key):
    return [one[key] for one in results]


def compare(table, row, what, got, key, unit, scale, bar, at_least):
    ours, theirs = column(got["sluice"], key), column(got["nginx"], key)
    ratio = median_ratio(ours, theirs)
    met = ratio >= bar if at_least else ratio <= bar
    texts = [f"{median(values) * scale:.4g} {unit}" for values in (ours, theirs)]
    sign = ">=" if at_least else "<="
    table.add(row, what, texts[0], "nginx " + texts[1], ratio, f"{sign} {bar:g}", met)


def small(payloads, table, rounds, seconds):
    got = payloads.rounds(rounds, "1k", "wrk", seconds)
    compare(table, 1, "payload 1 KiB", got, "rps", "req/s", 1, 1.0, True)
    compare(table, 1, "payload 1 KiB, CPU a request", got, "cpu_request", "us", 1e6, 0.9, False)


def medium(payloads, table, rounds, seconds):
    got = payloads.rounds(rounds, "100k", "sink", seconds)
    compare(table, 2, "payload 100 KiB", got, "rps", "req/s", 1, 1.0, True)


def large(payloads, table, rounds, seconds):
    for name, shown in (("10m", "10 MiB"), ("200m", "200 MiB")):
        got = payloads.rounds(rounds, name, "sink", seconds)
        compare(table, 3, f"payload {shown}", got, "gbps", "GB/s", 1, 0.95, True)
        compare(table, 3, f"payload {shown}, CPU a GB", got, "cpu_gb", "s", 1, 1.15, False)


def ranges(payloads, table, rounds, seconds):
    payloads.nginx.stop()
    payloads.nginx = Nginx(payloads.folder / "nginx-ranges", payloads.folder / "root", nopush="off")
    for length, shown, bar in ((64 << 10, "64 KiB", 0.9), (1 << 20, "1 MiB", 0.8)):
        got = payloads.rounds(rounds, "200m", "wrk", seconds, length)
        compare(table, 4, f"ranges {shown} of 200 MiB", got, "rps", "req/s", 1, bar, True)


def idle(payloads, table):
    """Connections that asked once and wait."""
    pids = payloads.front()
    before = pss_kib(pids)
    command = [payloads.programs / "sink", "-i", payloads.port(), payloads.paths["1k"], IDLE, 0]
    with subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        opened = client.stdout.readline().strip()
        used = cpu(pids)
        time.sleep(2)  # the span over which idle connections may cost nothing
        used = (cpu(pids) - used) / 2
        after = pss_kib(pids)
        output = client.communicate()[0].split()
    answered = int(output[0]) if opened == "open" else 0
    each = (after - before) / IDLE
    table.add(5, f"{IDLE} idle connections, answered", str(answered), f"{IDLE} asked",
              answered / IDLE, "= 1", answered == IDLE)  # fmt: skip
    table.add(5, f"{IDLE} idle connections, PSS of each", f"{each:.2f} KiB", "6 KiB", each / 6,
              "<= 1", each <= 6)  # fmt: skip
    table.add(5, f"{IDLE} idle connections, CPU", f"{used * 100:.2f} %", "1 % of a processor",
              used * 100, "<= 1", used <= 0.01)  # fmt: skip


def measure(folder, programs, table, rows, quick):
    rounds, seconds = (3, 1) if quick else (5, 2)
    with Payloads(folder, programs) as payloads:
        for row, func in ((1, small), (2, medium), (3, large)):
            if row in rows:
                say(f"row {row}")
                func(payloads, table, rounds, seconds)
        if 5 in rows:
            say("row 5")
            idle(payloads, table)
        if 4 in rows:
            say("row 4")
            ranges(payloads, table, rounds, seconds)
