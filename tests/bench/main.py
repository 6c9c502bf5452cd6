"""Measures Sluice against its peers and prints one table; see run."""

import argparse
import importlib
import pathlib
import resource
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from measure import Table, say  # noqa: E402 (the path comes first)

# a module measures rows on servers that they share
PARTS = [
    ("payload", range(1, 6)),
    ("fleet", range(7, 10)),
    ("metadata", range(10, 15)),
    ("page", range(17, 20)),
]


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description="Measures Sluice against its peers, in interleaved rounds, and prints one table.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller fleets")
    parser.add_argument("--json", metavar="FILE", help="write each row as a line of JSON as well")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("row", type=int, nargs="*", help="only these rows (default: all)")
    return parser.parse_args()


def raise_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure_part(name, folder, options, rows, table):
    module = importlib.import_module(name)
    begun = time.monotonic()
    try:
        module.measure(folder / name, options.programs, table, rows, options.quick)
    except Exception as problem:  # one part that fails must not take the others' rows along
        say(f"{name}: {type(problem).__name__}: {problem}")
        table.skip(min(rows), name, f"failed: {str(problem).splitlines()[0][:60]}")
        return False
    finally:
        shutil.rmtree(folder / name, ignore_errors=True)
        say(f"{name}: {time.monotonic() - begun:.0f} s")
    return True


def main():
    options = arguments()
    table = Table(options.json)
    failed = False
    raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="slbench", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # started by root, sluiced becomes another user
        for part, all_rows in PARTS:
            rows = {row for row in all_rows if not options.row or row in options.row}
            if rows:
                failed |= not measure_part(part, folder, options, rows, table)
    table.print()
    return 1 if failed else 0


sys.exit(main())
