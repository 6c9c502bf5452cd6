"""What is installed is where the unit, the manual and people expect it, and says the truth."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from sluice import BUILD, Sluice

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy/examples/sluice.conf"
RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))
PAGES = sorted(path.name for path in (ROOT / "deploy/man").iterdir())


def ctl_help(*words):
    command = [str(BUILD / "server/ctl/sluicectl"), "help", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commands():
    found = re.findall(r"^  ([a-z][a-z -]*[a-z])  ", ctl_help(), re.M)
    assert len(found) > 20
    return found


def options_of(command):
    """(option, value, words) of each that help shows."""
    text = re.sub(r"\n {10,}", " ", ctl_help(*command.split()))
    return re.findall(r"^  (--[a-z-]+)(?: ([^\s]+))? *(.*)$", text, re.M)


def page(name):
    return (ROOT / "deploy/man" / name).read_text().replace("\\-", "-")


def check_config(folder, text, *arguments):
    config = folder / "sluice.conf"
    config.write_text(text)
    command = [str(BUILD / "server/sluiced"), "--check-config", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    place = tmp_path_factory.mktemp("installed")
    if not (RELEASE / "build.ninja").exists():
        pytest.fail(f"{RELEASE} is missing: run tests/run, or set SLUICE_RELEASE")
    subprocess.run(
        ["meson", "install", "-C", str(RELEASE), "--destdir", str(place), "--quiet"],
        check=True,
        capture_output=True,
    )
    return place


def test_an_installation_has_every_part_where_the_unit_looks_for_it(installed):
    prefix = installed / "usr/local"
    for path in (
        "bin/sluicectl",
        "sbin/sluiced",
        "sbin/sluice-agent",
        "libexec/sluice/sluice-front",
        "lib/systemd/system/sluice.service",
        "lib/systemd/system/sluice.socket",
        "lib/systemd/system/sluice-agent.service",
        "lib/systemd/system/sluice-agent.timer",
        "lib/sysusers.d/sluice.conf",
        "share/bash-completion/completions/sluicectl",
        "share/doc/sluice/examples/sluice.conf",
        "share/doc/sluice/CHANGELOG.md",
        "share/man/man8/sluiced.8",
        "share/man/man8/sluice-agent.8",
        "share/man/man8/sluice-front.8",
        "share/man/man1/sluicectl.1",
        "share/man/man5/sluice.conf.5",
        "share/man/man7/sluice-api.7",
    ):
        assert (prefix / path).is_file(), path
    unit = (prefix / "lib/systemd/system/sluice.service").read_text()
    assert "@" not in unit.replace("@system-service", "").replace("~@privileged @resources @mount", "")
    for program in re.findall(r"^Exec\w+=(/\S*sluice\S*)", unit, re.M):
        assert (installed / program.lstrip("/")).is_file(), program


def test_the_unit_is_exposed_no_more_than_two_points(installed, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "sluice.service"
    text = (installed / "usr/local/lib/systemd/system/sluice.service").read_text()
    # the programs have to be there for the analysis
    unit.write_text(text.replace("/usr/local/", f"{installed}/usr/local/"))
    shutil.copy(installed / "usr/local/lib/systemd/system/sluice.socket", tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
    )
    found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found.group(1)) <= 2.0


@pytest.mark.parametrize(
    "program", ["sbin/sluiced", "sbin/sluice-agent", "bin/sluicectl", "libexec/sluice/sluice-front"]
)
def test_programs_are_hardened(installed, program):
    path = installed / "usr/local" / program
    read = subprocess.run(
        ["readelf", "-W", "-h", "-l", "-d", "-n", "--dyn-syms", str(path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DYN (Position-Independent Executable" in read
    assert "GNU_RELRO" in read
    assert re.search(r"BIND_NOW|FLAGS_1.*NOW", read)
    stack = re.search(r"GNU_STACK\s.*", read).group(0)
    assert "RWE" not in stack
    assert "__stack_chk_fail" in read
    assert re.search(r"__\w+_chk\b(?<!__stack_chk)", read)
    machine = re.search(r"Machine:\s*(.*)", read).group(1)
    if "X86-64" in machine:
        # Debian's start-up objects carry no CET note, so the linker drops it; our code has the marks
        code = subprocess.run(["objdump", "-d", str(path)], capture_output=True, text=True).stdout
        assert code.count("endbr64") > 50
    assert "RPATH" not in read and "RUNPATH" not in read


def test_the_example_has_every_key_and_is_accepted(folder):
    text = EXAMPLE.read_text()
    source = (ROOT / "server/config.c").read_text()
    keys = set(re.findall(r'"(state|public|admin|sync|publication|checkin)",\s*"(\w+)"', source))
    keys |= {("admin", key) for key in re.findall(r'text_or_null\(file, "(\w+)"\)', source)}
    assert len(keys) > 20
    section, listed = None, set()
    for line in text.split("\n"):
        if line.startswith("["):
            section = line[1:-1]
        elif match := re.match(r"#(\w+) =", line):
            listed.add((section, match.group(1)))
    assert listed == keys
    manual = page("sluice.conf.5")
    for section, key in keys:
        part = manual.split(f"SECTION [{section}]")[1].split(".SH")[0]
        assert re.search(rf"^\.BR {key} ", part, re.M), f"[{section}] {key}"
    done = check_config(folder, re.sub(r"^#(\w+ = )", r"\1", text, flags=re.M))
    assert done.returncode == 0, done.stderr
    assert check_config(folder, text).returncode == 0


def test_the_example_shows_the_defaults(folder):
    """Uncommented, it changes nothing: each value is the one of server/config.c."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    names = {"MINUTE": 60, "HOUR": 3600, "DAY": 86400}
    source = (ROOT / "server/config.c").read_text()
    table = re.findall(
        r'\{"(\w+)",\s*"(\w+)",\s*sl_keyfile_\w+,\s*[^,]+,\s*[^,]+,\s*([^,]+),\s*offsetof', source
    )
    assert len(table) > 15
    for section, key, default in table:
        expected = eval(default, {"__builtins__": {}}, names)  # "2 * DAY"
        part = EXAMPLE.read_text().split(f"[{section}]")[1].split("\n[")[0]
        value = re.search(rf"^#{key} = (\S+)", part, re.M).group(1)
        number, unit = re.fullmatch(r"(\d+)([smhdw]?)", value).groups()
        assert int(number) * units.get(unit, 1) == expected, f"[{section}] {key}"


@pytest.mark.parametrize(
    "text,words",
    [
        ("[public]\nmax_conections = 5\n", r"\[public\] max_conections: unknown key"),
        ("[pubic]\nlisten = [::]:80\n", r"\[pubic\]: unknown section"),
        ("[public]\nmax_connections = many\n", r"\[public\] max_connections: .*many"),
        ("[public]\nmax_connections = 5\n", r"\[public\] max_connections: '5' is not within 16 to"),
        ("[public]\nheader_timeout = 10x\n", r"\[public\] header_timeout: .*10x"),
        ("[public]\nrequire_fences = maybe\n", r"\[public\] require_fences: 'maybe'"),
        ("[public]\nlisten = everywhere\n", r"\[public\] listen: 'everywhere'"),
        ("[admin]\nlisten = 127.0.0.1:99999\n", r"\[admin\] listen: '127.0.0.1:99999'"),
        ("[admin]\nsocket = here.sock\n", r"\[admin\] socket: 'here.sock' is no absolute path"),
        ("[publication]\nsign_every = 9d\n", r"\[publication\] sign_every: .*valid_for"),
        ("[checkin]\nsilent_after = 1h\n", r"\[checkin\] silent_after: .*interval"),
        ("[state]\ndirectory = /" + "long/" * 17 + "\n", r"\[state\] directory: .*too long"),
        ("[state]\ndirectory = /etc/passwd\n", r"\[state\] directory: /etc/passwd is no directory"),
        ("what is this\n", "sluice.conf: .*what is this"),
    ],
)
def test_a_wrong_configuration_is_named_in_one_line(folder, text, words):
    done = check_config(folder, text)
    assert done.returncode == 1
    assert re.search(words, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_wrong_options_of_the_server_are_named(folder):
    for arguments, words in [
        (["--colour"], "--colour"),
        (["state"], "unknown argument 'state'"),
        (["--config", str(folder / "none.conf")], "none.conf"),
        (["--public", "80"], "'80' is no address"),
    ]:
        done = check_config(folder, "", *arguments)
        assert done.returncode == 1 and words in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_relative_state_is_below_the_current_directory(folder):
    server = Sluice(folder, state=folder / "relative")
    done = subprocess.run(
        [str(BUILD / "server/sluiced"), "--check-config", "--state", "relative"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and not server.state.exists()


@pytest.mark.parametrize("name", PAGES)
def test_manual_pages_are_formatted_without_warnings(name):
    if not shutil.which("man"):
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(ROOT / "deploy/man" / name)],
        capture_output=True,
        text=True,
        env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8", MANROFFSEQ=""),
    )
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout


def plain(text):
    """Its words alone: a program's lines and a manual's sentences end differently."""
    text = re.sub(r"^\.[A-Z]+ ?", "", text, flags=re.M)
    return " ".join(re.sub(r'[".,;:]', " ", text).lower().split())


def section(manual, command):
    _, _, after = re.split(rf'^(\.B "?{re.escape(command)}"?)$', manual, maxsplit=1, flags=re.M)
    return re.split(r'^\.TP\n\.B "?[a-z]', after, maxsplit=1, flags=re.M)[0]


def test_the_manual_has_every_command_and_option_of_sluicectl():
    manual = page("sluicectl.1")
    for command in commands():
        assert re.search(rf'^\.B "?{re.escape(command)}"?$', manual, re.M), command
        for option in options_of(command):
            assert option[2], f"{command} {option}"
            assert plain(" ".join(option)) in plain(section(manual, command)), f"{command} {option}"


@pytest.mark.parametrize("program,name", [("sluiced", "sluiced.8"), ("front/sluice-front", "sluice-front.8")])
def test_the_manual_has_every_option_of_the_programs(program, name):
    done = subprocess.run(
        [str(BUILD / "server" / program), "--help"], capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"--([a-z-]+)", done.stdout)) - {"probe", "help"}
    assert len(options) > 5
    for option in options:
        assert f"--{option}" in page(name), option


def complete(*words):
    """What bash would offer for the last word."""
    script = (
        f'PATH={BUILD.resolve() / "server/ctl"}:$PATH; compopt() {{ :; }}\n'
        f'. {ROOT / "deploy/completion/sluicectl"}\n'
        f'COMP_WORDS=({" ".join(repr(word) for word in ("sluicectl", *words))})\n'
        f"COMP_CWORD={len(words)}; _sluicectl\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_completion_offers_every_command_and_option():
    assert {command.split()[0] for command in commands()} <= complete("")
    for command in commands():
        words = command.split()
        assert words[-1] in complete(*words[:-1], words[-1][:2])
        offered = {f"{name}=" if value else name for name, value, _ in options_of(command)}
        assert offered <= complete(*words, "--")
