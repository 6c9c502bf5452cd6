"""The tree follows the house rules; test_rules.py shows that the rules can fail."""

import pathlib
import re
import shutil
import subprocess

import pytest
import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(*patterns):
    listing = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [line for line in listing.stdout.splitlines() if (ROOT / line).exists()]


def sources():
    found = tracked("*.c", "*.h")
    assert found, "no sources found: the checks below would say nothing"
    return found


def test_house_rules():
    findings = []
    for path in sources():
        findings += rules.check(path, (ROOT / path).read_text(encoding="utf-8"))
    assert not findings, "\n" + "\n".join(findings)


def test_formatting():
    formatter = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not formatter:
        pytest.skip("clang-format is not installed")
    run = subprocess.run(
        [formatter, "--dry-run", "--Werror", *sources()], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-4000:]


def test_each_sql_table_has_commented_columns():
    for schema in ("catalog/schema.sql", "clients/schema.sql"):
        text = (ROOT / schema).read_text(encoding="utf-8")
        for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", text, re.S):
            assert "--" in body or "REFERENCES" in body, f"{schema}: {name} explains no column"


def archive_hosts():
    """Hosts of the archives this machine uses: they have no place in the tree."""
    if not shutil.which("apt-get"):
        return set()
    run = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True
    )
    return {match for match in re.findall(r"[a-z]+://([^/\s]+)", run.stdout)}


def test_no_archive_of_this_machine_is_named():
    hosts = archive_hosts()
    if not hosts:
        pytest.skip("this machine names no package archives")
    for path in tracked():
        data = (ROOT / path).read_bytes()
        for host in hosts:
            assert host.encode() not in data, f"{path} names {host}"


def test_shell_scripts_parse():
    scripts = [
        path
        for path in tracked("tests", "deploy", ".ci")
        if (ROOT / path).is_file() and (ROOT / path).read_bytes().startswith(b"#!/bin/sh")
    ]
    assert scripts
    for path in scripts:
        run = subprocess.run(["sh", "-n", path], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 0, f"{path}: {run.stderr}"
