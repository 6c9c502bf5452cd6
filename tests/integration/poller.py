"""An honest client that never rests: reads what a channel serves as apt does, and minds every byte."""

import hashlib
import re
import threading
import urllib.error
import urllib.request

LINE = re.compile(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", re.M)


def names(index):
    """The packages an index lists."""
    return frozenset(re.findall(r"^Package: (\S+)$", index.decode(), re.M))


class Poller(threading.Thread):
    """Reads a suite again and again: InRelease, then each index by its hash.

    Only that nobody is there, or not to the end, is forgiven: the server is being killed. Every other
    failure is in wrong, and what each whole reading listed in seen.
    """

    def __init__(self, url, suite, channel="certification"):
        super().__init__(daemon=True)
        self.base = f"{url}/apt/{channel}/dists/{suite}/"
        self.over = threading.Event()
        self.wrong, self.seen = [], []

    def get(self, path):
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as problem:
            self.wrong.append(f"{path}: {problem.code}")
        except (OSError, EOFError, urllib.error.URLError):
            pass
        except Exception as problem:  # pylint: disable=broad-except
            if "IncompleteRead" not in repr(problem):
                self.wrong.append(repr(problem))
        return None

    def read_once(self):
        release = self.get("InRelease")
        listed = None
        if release is None:
            return
        for sha256, size, path in LINE.findall(release.decode()):
            if "/" not in path:
                continue
            folder = path.rsplit("/", 1)[0]
            data = self.get(f"{folder}/by-hash/SHA256/{sha256}")
            if data is None:
                return
            if hashlib.sha256(data).hexdigest() != sha256 or len(data) != int(size):
                self.wrong.append(f"{path} is not what InRelease says")
            if path.endswith("/Packages"):
                listed = names(data)
        self.seen.append(listed)

    def run(self):
        while not self.over.is_set():
            self.read_once()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *problem):
        self.over.set()
        self.join()
