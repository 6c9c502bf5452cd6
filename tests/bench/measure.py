"""Processes under measurement: CPU and memory by pid, medians of ratios, load generators."""

import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
HZ = os.sysconf("SC_CLK_TCK")
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}


def say(text):
    print(text, file=sys.stderr, flush=True)


def stat_fields(pid):
    """/proc/PID/stat from the third field on, or None."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def tree(pid):
    """A process and its descendants."""
    children = {}
    for name in os.listdir("/proc"):
        fields = stat_fields(name) if name.isdigit() else None
        if fields:
            children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children.get(one, [])
    return found


def named(pids, name):
    """Those of the processes that were started as the program of that name; at least one."""

    def program(pid):
        try:
            return os.path.basename(pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0])
        except OSError:
            return ""

    found = [pid for pid in pids if program(pid) == name]
    if not found:
        raise RuntimeError(f"no process of {pids} is {name}")
    return found


def cpu(pids):
    """CPU seconds that processes used so far, and their finished children."""
    total = 0
    for pid in pids:
        try:
            # nanoseconds, where jiffies would be too coarse
            for task in os.listdir(f"/proc/{pid}/task"):
                total += int(
                    pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0]
                )
        except (OSError, IndexError):
            continue
    return total / 1e9


def pss_kib(pids):
    """KiB of memory, pages that processes share counted once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
    return total


def peak_mib(pid):
    """The most memory a process had since reset_peak()."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+)", text, re.M)[1]) / 1024


def reset_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def median(values):
    return statistics.median(values)


def median_ratio(ours, theirs):
    """Median of the ratios of each round."""
    return median([a / b for a, b in zip(ours, theirs)])


COMMAND_LIMIT = 900  # seconds; a command that takes longer has failed


def run(command, **options):
    """Runs a command; its output is in the exception when it fails."""
    limited = ["timeout", str(COMMAND_LIMIT), *[str(word) for word in command]]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Timed:
    """What a finished command took: seconds, CPU seconds of it and its children, peak MiB."""

    def __init__(self, command, **options):
        # a helper of its own starts it, or it would begin with Python's own peak of memory
        timer = ["timeout", str(COMMAND_LIMIT), "/usr/bin/time", "-q", "-f", "%e %U %S %M"]
        begun = time.monotonic()
        done = subprocess.run(
            timer + [str(word) for word in command],
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
        self.seconds = time.monotonic() - begun
        if done.returncode:
            raise RuntimeError(
                f"{command[0]}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        words = done.stderr.strip().split("\n")[-1].split()
        self.cpu = float(words[1]) + float(words[2])
        self.peak_mib = int(words[3]) / 1024
        self.output = done.stdout


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_port(port, process, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.3).close()
            return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wrk(url, seconds, connections, script=None, extra=()):
    """(requests, bytes, seconds, failures) of a run of wrk."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s"]
    if script:
        command += ["-s", str(script)]
    command += [url] + (["--", *map(str, extra)] if extra else [])
    output = run(command)
    found = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m), ([\d.]+)([KMGT]?)B read", output)
    scale = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}[found[5]]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", output)
    failures = (int(bad[1]) if bad else 0) + (sum(map(int, broken.groups())) if broken else 0)
    return int(found[1]), float(found[4]) * scale, float(found[2]) * UNITS[found[3]], failures


def sink(programs, port, path, connections, seconds, size=0, length=0):
    command = [programs / "sink", port, path, connections, seconds]
    words = run(command + ([size, length] if size else [])).split()
    return int(words[0]), int(words[1]), float(words[2]), int(words[3])


class Nginx:
    """A stock nginx on loopback: sendfile on, no open_file_cache."""

    CONF = """
daemon off; master_process on; worker_processes {workers}; worker_rlimit_nofile 24000;
pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 12000; use epoll; multi_accept on; }}
http {{
 access_log off; sendfile on; sendfile_max_chunk 2m; tcp_nopush {nopush}; tcp_nodelay on;
 keepalive_timeout 120s; keepalive_requests 100000000; open_file_cache off;
 default_type application/octet-stream;
 client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
 uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 server {{ listen 127.0.0.1:{port} backlog=4096 reuseport; root {root}; }}
}}
"""

    def __init__(self, folder, root, nopush="on"):
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        self.port = free_port()
        conf = folder / "conf"
        conf.write_text(
            self.CONF.format(
                folder=folder, root=root, port=self.port, nopush=nopush, workers=os.cpu_count()
            )
        )
        self.process = subprocess.Popen(
            ["nginx", "-e", str(folder / "start.log"), "-c", str(conf)], stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port, self.process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def pids(self):
        return tree(self.process.pid)

    def stop(self):
        end(self.process)


class Table:
    """The rows of a run: printed as one table, and as JSON lines where asked."""

    COLUMNS = ("row", "what", "Sluice", "peer", "ratio", "bar", "")

    def __init__(self, json_path=None):
        self.rows = []
        self.json_path = json_path

    def add(self, row, what, ours, peer, ratio, bar, met, **details):
        """ours and peer are texts; met is None where a row could not be measured."""
        verdict = {True: "met", False: "MISSED", None: "skipped"}[met]
        shown = "" if ratio is None else f"{ratio:.3g}"
        self.rows.append((str(row), what, ours, peer, shown, bar, verdict))
        say(f"  {what}: {ours} | {peer} | {shown} | {bar} | {verdict}")
        if self.json_path:
            record = dict(
                row=row, what=what, sluice=ours, peer=peer, ratio=ratio, bar=bar, verdict=verdict
            )
            with open(self.json_path, "a", encoding="utf-8") as out:
                out.write(json.dumps(dict(record, **details)) + "\n")

    def skip(self, row, what, why):
        self.add(row, what, why, "", None, "", None)

    def print(self):
        rows = [self.COLUMNS, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.COLUMNS))]
        for number, row in enumerate(rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths)]
            print("  ".join(cells).rstrip())
            if number == 0:
                print("  ".join("-" * width for width in widths))

    def missed(self):
        return [row for row in self.rows if row[-1] == "MISSED"]
