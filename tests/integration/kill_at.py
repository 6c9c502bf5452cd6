"""A sluiced that is killed before the n-th change it makes to the disk (tests/faults/kill_at.c)."""

import mmap
import os
import pathlib
import shutil
import struct

import pytest
from sluice import Sluice

RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))
LIBRARY = RELEASE / "tests/faults/libkill_at.so"
HEAD = struct.Struct("=qq")
KINDS = 65536


class Killable(Sluice):
    """The release build: nothing of a sanitizer stands before the preloaded library."""

    def __init__(self, folder):
        if not LIBRARY.exists():
            pytest.fail(f"{LIBRARY} is missing: run tests/run, or set SLUICE_RELEASE")
        super().__init__(folder)
        self.library = self.folder / "kill_at.so"
        shutil.copy(LIBRARY, self.library)
        self.library.chmod(0o755)
        path = self.folder / "kill_at"
        path.write_bytes(bytes(HEAD.size + KINDS))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)

    def command(self):
        environment = [f"LD_PRELOAD={self.library}", f"SLUICE_KILL_AT={self.folder}/kill_at"]
        return ["env", *environment, str(RELEASE / "server/sluiced"), *super().command()[1:]]

    def arm(self, number):
        """Counts calls from now on; kills before the one of this number."""
        self.shared[: HEAD.size] = HEAD.pack(0, 0)
        self.shared[: HEAD.size] = HEAD.pack(number, 0)

    def disarm(self):
        """The kinds of the calls that were counted, a letter each."""
        count = HEAD.unpack(self.shared[: HEAD.size])[1]
        self.shared[: HEAD.size] = HEAD.pack(0, 0)
        return self.shared[HEAD.size : HEAD.size + count].decode()
