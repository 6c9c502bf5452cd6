"""What the README and the manual pages tell people to type is what the programs understand."""

import functools
import json
import pathlib
import re
import shlex
import subprocess

import pytest
from agent import Agent
from archive import Archive
from sluice import BUILD
from terminal import at_a_terminal
from test_agent import machine_with
from test_checkin import NEW, OLD

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PROGRAMS = {
    "sluicectl": BUILD / "server/ctl/sluicectl",
    "sluiced": BUILD / "server/sluiced",
    "sluice-agent": BUILD / "clients/agent/sluice-agent",
}
TYPED = re.compile(r"(?:\S+/)?(sluicectl|sluiced|sluice-agent) (?:help\b ?)?(?!\()")


def readme_blocks():
    """Its indented lines without comments."""
    lines = re.findall(r"^    (\S.*)$", README, re.M)
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]


def page_lines(page):
    """What a manual page shows as typed: bold lines, examples, and the commands of the synopsis."""
    text = (ROOT / "deploy/man" / page).read_text().replace("\\-", "-")
    _, _, after = text.partition(".SH SYNOPSIS\n")
    shown = after.split("\n.SH ")[0].split("\n.br\n")
    shown += re.findall(r"^\.B[IR]? .*", text, re.M)
    for example in re.findall(r"^\.nf\n(.*?)^\.fi", text, re.M | re.S):
        shown += example.split("\n")
    lines = [re.sub(r"^\.[A-Z]+ |\"", "", line, flags=re.M) for line in shown]
    return [" ".join(line.split()) for line in lines]


def shown():
    """(where, command) of everything that is there to be typed."""
    found = [("README.md", line) for line in readme_blocks() + re.findall(r"`([^`\n]+)`", README)]
    for page in sorted(path.name for path in (ROOT / "deploy/man").iterdir()):
        found += [(page, line) for line in page_lines(page)]
    script = (ROOT / "deploy/quickstart").read_text()
    lines = re.findall(r'^\s*(?:"\$sluicectl"|\$typed) (.*)', script, re.M)
    found += [("deploy/quickstart", f"sluicectl {line}") for line in lines]
    return sorted({(where, line) for where, line in found if TYPED.match(line)})


@functools.cache
def help_of(program, *words):
    command = [str(PROGRAMS[program]), *(["help", *words] if words else ["--help"])]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def why_wrong(line):
    """Why a program would not understand a line as it is shown, or None."""
    program = TYPED.match(line).group(1)
    words = re.match(r"(?:[a-z][a-z-]* )*", line[TYPED.match(line).end() :] + " ").group().split()
    said = help_of(program)
    if program != "sluiced" and words:
        # the words of a command, then names
        known = [help_of(program, *words[:length]) for length in range(len(words), 0, -1)]
        if not any(known):
            return f"no command {words}"
        said += next(filter(None, known))
    for option in re.findall(r"--([a-z-]+)", line):
        if not re.search(rf"--{option}(?![a-z-])", said):
            return f"no option --{option}"
    return None


def test_every_command_that_is_shown_is_understood():
    lines = shown()
    assert {where for where, _ in lines} >= {"README.md", "sluicectl.1", "sluice-agent.8", "sluiced.8"}
    assert len(lines) > 30
    assert [(where, line, why) for where, line in lines if (why := why_wrong(line))] == []


@pytest.mark.parametrize(
    "command",
    [
        "build/sluicectl aprove openssl",
        "sluicectl approve openssl --chanel production",
        "sluice-agent enrol URL --token T",
        "sluice-agent run --instal",
        "sluiced --sate DIR",
        "sluicectl group list --uses 3",
    ],
)
def test_a_command_that_is_wrong_would_be_found(command):
    assert why_wrong(command)


@pytest.fixture
def archive(folder):
    """The suite that the README's example of a source names."""
    made = Archive(folder / "archive", "bookworm-security", "bookworm-security")
    for version in (OLD, NEW):
        made.add("openssl", version)
    made.publish()
    yield made
    made.close()


@pytest.fixture
def synced(known):
    known.ctl_text("sync")
    return known


def test_the_readme_from_the_first_listing_to_the_coverage(synced, archive, folder):
    """Every line of it, typed in that order by somebody who answers yes."""
    agent = Agent(machine_with(archive, folder / "m", "openssl"))
    sources = agent.sources()
    typed = {
        r"^build/sluicectl": f"{PROGRAMS['sluicectl']} --state {synced.state}",
        r"^sluice-agent": f"{PROGRAMS['sluice-agent']} --root {agent.root}"
        f" --apt-config {agent.machine.config}",
        r"http://updates\.example\.org": synced.url,
    }
    walked, token = [], None
    lines = [line for line in readme_blocks() if re.match(r"(build/sluicectl|sluice-agent) ", line)]
    for line in [*lines, "sluice-agent leave"]:
        command = line
        for pattern, there in typed.items():
            command = re.sub(pattern, there, command)
        answers = f"{token}\ny\n" if " enroll " in line else "y\n"
        status, screen = at_a_terminal(command, answers)
        assert status == 0, f"{line}\n{screen}"
        walked.append((line, screen))
        if " token new " in line:
            token = screen.split("\n", 1)[0]
    assert len(walked) > 8
    coverage = dict(walked)["build/sluicectl coverage"]
    assert re.search(r"openssl=\S+ +production +1 +1 ", coverage)
    assert agent.machine.versions() == {"openssl": NEW}
    assert agent.sources() == sources


def test_what_the_manual_asks_the_api_is_answered(synced):
    text = (ROOT / "deploy/man/sluice-api.7").read_text().replace("\\-", "-")
    command = shlex.split(re.search(r"^ *(curl --unix-socket .*)$", text, re.M).group(1))
    command[2] = str(synced.state / "admin.sock")
    done = subprocess.run([*command, "-sS"], capture_output=True, text=True, check=True)
    assert {one["name"] for one in json.loads(done.stdout)["items"]} == {"openssl"}


def test_the_readmes_source_written_by_hand_works(synced, archive, folder):
    synced.ctl_text("approve", "openssl", "--channel", "certification", "--yes")
    synced.ctl_text("approve", "openssl", "--channel", "production", "--yes")
    machine = machine_with(archive, folder / "m", "openssl")
    (machine.folder / "etc/apt/sources.list").unlink()
    (machine.folder / "etc/apt/sources.list.d/both.sources").unlink()
    text = "".join(f"{line}\n" for line in re.findall(r"^    ([A-Z][\w-]+: .*)$", README, re.M))
    place = re.search(r"^Signed-By: (\S+)", text, re.M).group(1)
    key = machine.folder / place.lstrip("/")
    key.parent.mkdir(parents=True)
    key.write_bytes(synced.get(re.search(r"`http://updates\.example\.org(/keys/\S+)`", README).group(1))[2])
    text = text.replace(place, str(key)).replace("http://updates.example.org", synced.url)
    machine.point_at(text)
    assert machine.update() == []
    machine.upgrade()
    assert machine.versions() == {"openssl": NEW}
