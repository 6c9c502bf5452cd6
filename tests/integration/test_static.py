"""clang-tidy finds nothing: the checks of .clang-tidy over the release build's compile database."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import LONG

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release")).resolve()

# what reads bytes from machines, upstreams and the command line first; --long reads everything
FIRST = ("catalog/base/", "catalog/format/", "server/http/", "server/link/", "server/front/", "server/")


def chosen():
    found = set()
    for entry in json.loads((RELEASE / "compile_commands.json").read_text()):
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if not path.is_relative_to(ROOT) or path.is_relative_to(RELEASE):
            continue
        folder = str(path.parent.relative_to(ROOT)) + "/"
        if folder.startswith("tests/") or not (LONG or folder in FIRST):
            continue
        found.add(str(path))
    return sorted(found)


def tidy(paths):
    done = subprocess.run(
        ["clang-tidy-14" if shutil.which("clang-tidy-14") else "clang-tidy", "--quiet", "-p", str(RELEASE), *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_clang_tidy_finds_nothing():
    if not shutil.which("clang-tidy"):
        pytest.skip("clang-tidy is not installed")
    paths = chosen()
    assert len(paths) > 30
    parts = [paths[start::8] for start in range(8)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        findings = "".join(pool.map(tidy, parts))
    assert not findings, findings[-6000:]


def test_clang_tidy_can_find_something(tmp_path):
    if not shutil.which("clang-tidy"):
        pytest.skip("clang-tidy is not installed")
    wrong = tmp_path / "wrong.c"
    wrong.write_text("int main(void) { int *a = 0; return *a; }\n")
    done = subprocess.run(
        ["clang-tidy", "--quiet", f"--config-file={ROOT}/.clang-tidy", str(wrong), "--"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and "clang-analyzer-core.NullDereference" in done.stdout
