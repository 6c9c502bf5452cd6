"""Scripts that do much say what they are for before they do it."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HARMLESS = ("sh", "dirname", "sed", "grep")


@pytest.fixture
def typed(tmp_path):
    """(exit status, what it said) of a script where nothing is there to build or install with."""
    for name in HARMLESS:
        (tmp_path / name).symlink_to(shutil.which(name))

    def run(script, *words):
        done = subprocess.run(
            ["/bin/sh", str(ROOT / script), *words], env={"PATH": str(tmp_path)}, timeout=20,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    return run


def test_help_is_given_and_nothing_is_run(typed):
    status, said = typed("tests/run", "--help")
    assert status == 0 and "tests/run --long " in said and "set -eu" not in said
    status, said = typed("deploy/install-packages", "--help")
    assert status == 0 and said.startswith("usage: deploy/install-packages build|test|bench")


def test_packages_for_nothing_and_for_an_unknown_purpose_are_refused(typed):
    status, said = typed("deploy/install-packages")
    assert status == 2 and said.startswith("usage: ")
    status, said = typed("deploy/install-packages", "buidl")
    assert status == 2 and "no purpose 'buidl'" in said
