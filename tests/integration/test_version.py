"""Our order of versions is dpkg's, on versions nobody thought of."""

import os
import pathlib
import random
import subprocess

import pytest
from conftest import LONG
from sluice import BUILD

RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))
PAIRS = 100_000 if LONG else 3_000
# what dpkg's own library says of pairs, one "A B" a line
DPKG = "use Dpkg::Version; while (<>) { @p = split; print version_compare($p[0], $p[1]), qq(\\n) }"


def part(chance, letters):
    """Short, and of few letters: that makes versions which nearly agree."""
    return "".join(chance.choice(letters) for _ in range(chance.randint(0, 6)))


def version(chance):
    epoch = chance.choice(["", "", "", "0:", "1:", "10:"])
    revision = part(chance, "019.+~a")
    return epoch + chance.choice("0129") + part(chance, "0019.+~-aZ").rstrip("-") + (
        f"-{revision}" if revision and chance.random() < 0.6 else ""
    )


# what a sanitizer lays out between objects can hide that one is read beyond its end
@pytest.mark.parametrize("build", [BUILD, RELEASE], ids=["sanitized", "release"])
def test_versions_are_ordered_as_dpkg_orders_them(build):
    chance = random.Random(20261125)
    pairs = [(version(chance), version(chance)) for _ in range(PAIRS)]
    said = []
    lines = "".join(f"{a} {b}\n" for a, b in pairs)
    for command in (["perl", "-e", DPKG], [str(build / "tests/unit/compare_versions")]):
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        said.append(done.stdout.split())
    assert len(said[0]) == len(said[1]) == PAIRS
    different = [
        (pair, theirs, ours) for pair, theirs, ours in zip(pairs, *said) if theirs != ours
    ]
    assert not different, different[:10]
    assert set(said[0]) == {"-1", "0", "1"}
