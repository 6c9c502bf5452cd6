"""With --json every command of sluicectl gives programs what the server said, one value a line."""

import json
import subprocess

from machine import Machine
from sluice import BUILD
from test_checkin import TOOL, make_token, shop  # noqa: F401
from test_install import commands
from visitor import PASSWORD

WALK = """
status
upstream add debian other --url http://archive.example.org/debian --suite s --component main \
--architecture amd64 --keyring {keyring} --serves debian:bookworm
upstream list
upstream show other
upstream set other --component contrib
upstream rekey other --keyring {keyring}
upstream disable other
upstream enable other
upstream remove other
sync test
sync list
update list
update show {update}
update packages {update}
rate {update} high --reason test
approve {update} --channel certification
hold {update} --reason test
unhold {update}
certification
recall {update}
decline {update}
advisory import {advisories}
channel list
channel diff
channel history
channel show certification
channel return certification 1 --reason test
group add spare --channel certification
group list
group change spare --name other
group remove other
token new --group office
token list
token revoke 1
setup-code
person add ann --role owner
person add bob --role viewer
person list
person role bob certifier
person password bob
person remove bob
person unlock
api-token new script --role viewer --expires 1d
api-token list
api-token remove 1
computer list
computer show held1
computer updates held1
computer accept held1
computer move held1 --group office
computer remove held1
coverage
settings
settings show
settings set soak.none 5d
job list
job show 1
backup {backup}
audit list
audit verify
"""


def said(sluice, line, names):
    """What a command prints, where a password is waiting on standard input."""
    command = [BUILD / "server/ctl/sluicectl", "--state", sluice.state, *line.format(**names).split(), "--json", "--yes"]
    done = subprocess.run(command, input=PASSWORD + "\n", capture_output=True, text=True)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def test_every_command_gives_json(shop, archive, folder):  # noqa: F811
    Machine(shop.url, "held1", TOOL).enroll(make_token(shop, "--hold"))
    (folder / "list").write_text("[01 Jan 2025] DSA-5000-1 tool - security update\n\t{CVE-2025-1}\n")
    names = {
        "keyring": archive.keyring(),
        "update": shop.ctl("update", "list")[0]["name"],
        "advisories": folder / "list",
        "backup": folder / "copy.db",
    }
    walked = set()
    for line in WALK.replace("\\\n", "").strip().split("\n"):
        walked.add(next(one for one in sorted(commands(), key=len, reverse=True) if f"{line} ".startswith(f"{one} ")))
        printed = said(shop, line, names)
        assert printed.strip(), line
        for value in printed.strip().split("\n"):
            assert value[0] in "[{" and json.loads(value) is not None, line
    assert walked == set(commands()) - {"job cancel"}  # nothing runs that could be stopped
