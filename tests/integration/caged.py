#!/usr/bin/python3
"""Starts a program under the fences that sluice.service asks systemd for, as far as seccomp can.

usage: caged.py UNIT USER PROGRAM [ARGUMENT...]

SystemCallFilter, RestrictAddressFamilies, RestrictNamespaces, MemoryDenyWriteExecute and
NoNewPrivileges are read from the unit and applied; capabilities go with the user. What needs mounts
(ProtectSystem, PrivateTmp and their like) is not: that takes systemd itself.
"""

import ctypes
import errno
import os
import pwd
import re
import subprocess
import sys

ALLOW = 0x7FFF0000
ERRNO = 0x00050000
EQUAL, MASKED_EQUAL = 4, 7
NAMESPACES = 0x7E020080  # CLONE_NEW*
PROT_WRITE, PROT_EXEC = 2, 4
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}


class Compare(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    ]


def settings(unit):
    found = {}
    with open(unit, encoding="utf-8") as text:
        for line in text:
            if match := re.match(r"(\w+)=(.*)", line):
                found.setdefault(match.group(1), []).append(match.group(2))
    return found


def call_sets():
    """systemd's named sets of system calls, as it prints them."""
    done = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True
    )
    sets, current = {}, None
    for line in done.stdout.split("\n"):
        word = line.strip()
        if line.startswith("@"):
            current = sets.setdefault(word, [])
        elif word and not word.startswith("#") and line.startswith(" ") and current is not None:
            current.append(word)
        elif line.startswith("#"):
            current = None
    return sets


def expand(names, sets):
    calls = set()
    for name in names:
        calls |= expand(sets[name], sets) if name.startswith("@") else {name}
    return calls


def allowed_calls(filters):
    """The allow-list that a unit's SystemCallFilter lines make; systemd always adds @default."""
    sets = call_sets()
    calls = expand(["@default"], sets)
    for line in filters:
        if line.startswith("~"):
            calls -= expand(line[1:].split(), sets) - expand(["@default"], sets)
        else:
            calls |= expand(line.split(), sets)
    return calls


class Filter:
    def __init__(self):
        self.library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ERRNO | errno.EPERM))

    def rule(self, action, name, *compares):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # a call of another architecture
        array = (Compare * max(len(compares), 1))(*compares)
        result = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(action), number, len(compares), array
        )
        if result < 0:
            raise OSError(-result, f"seccomp rule for {name}")

    def load(self):
        result = self.library.seccomp_load(self.context)
        if result < 0:
            raise OSError(-result, "seccomp_load")


def apply(unit):
    said = settings(unit)
    assert said["NoNewPrivileges"] == ["yes"] and said["SystemCallErrorNumber"] == ["EPERM"]
    assert said["RestrictNamespaces"] == ["yes"] and said["MemoryDenyWriteExecute"] == ["yes"]
    calls = allowed_calls(said["SystemCallFilter"])
    cage = Filter()
    for family in said["RestrictAddressFamilies"][0].split():
        cage.rule(ALLOW, "socket", Compare(0, EQUAL, FAMILIES[family], 0))
    cage.rule(ALLOW, "clone", Compare(0, MASKED_EQUAL, NAMESPACES, 0))
    cage.rule(ERRNO | errno.ENOSYS, "clone3")
    for protection in (0, PROT_WRITE, PROT_EXEC):
        cage.rule(ALLOW, "mmap", Compare(2, MASKED_EQUAL, PROT_WRITE | PROT_EXEC, protection))
    cage.rule(ALLOW, "mprotect", Compare(1, MASKED_EQUAL, PROT_EXEC, 0))
    special = {"socket", "clone", "clone3", "mmap", "mprotect", "pkey_mprotect", "unshare", "setns"}
    for name in sorted(calls - special):
        cage.rule(ALLOW, name)
    cage.load()


def main():
    unit, user, program = sys.argv[1:4]
    if os.getuid() == 0:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
        os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    os.umask(0o077)
    apply(unit)  # libseccomp sets no_new_privs
    os.execv(program, [program, *sys.argv[4:]])


if __name__ == "__main__":
    main()
