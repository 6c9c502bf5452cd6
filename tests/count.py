#!/usr/bin/python3
"""Adds up what the runners counted and prints it as the closing line.

usage: count.py PYTEST_JUNIT_XML MESON_TESTLOG...

Every test case counts once: a subtest of a TAP program, a pytest item. Exits with 1 when
anything failed or when nothing ran at all.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree


def meson_counts(path):
    """(passed, failed, skipped) of meson's log: a test program counts by its TAP lines."""
    passed = failed = skipped = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            lines = [text.strip() for text in test.get("stdout", "").splitlines()]
            ok = [text for text in lines if text.startswith("ok ")]
            not_ok = sum(text.startswith("not ok ") for text in lines)
            skips = sum("# SKIP" in text for text in ok)
            good = test["result"] in ("OK", "EXPECTEDFAIL")
            if not ok and not not_ok:
                passed, failed, skipped = (
                    passed + good,
                    failed + (not good and test["result"] != "SKIP"),
                    skipped + (test["result"] == "SKIP"),
                )
                continue
            passed += len(ok) - skips
            skipped += skips
            # a program that died has failed even when each line before its death was "ok"
            failed += not_ok if not_ok or good else 1
    return passed, failed, skipped


def pytest_counts(path):
    """(passed, failed, skipped) of a JUnit report."""
    suites = ElementTree.parse(path).getroot().iter("testsuite")
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests"))
        failed += int(suite.get("failures")) + int(suite.get("errors"))
        skipped += int(suite.get("skipped"))
    return total - failed - skipped, failed, skipped


def main():
    counts = [pytest_counts(sys.argv[1]), *map(meson_counts, sys.argv[2:])]
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
