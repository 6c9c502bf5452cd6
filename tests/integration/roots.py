"""Debian machines for tests: real ones built with mmdebstrap, or small ones for a generated archive.

Both kinds answer the same calls: point_at(SOURCE), update(), upgrade(), versions(NAME...). A real
root runs its own apt and dpkg in a chroot and keeps its base suite; it is unpacked from a tar that
is built once. Only root can do that, and the archive that apt uses here must answer.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess

DATES_CHECKED = 'Acquire::Check-Date "true";\nAcquire::Check-Valid-Until "true";\n'
INSTALLED = "${Package} ${Version} ${db:Status-Abbrev}\n"


def run(command, **options):
    """Runs a command; its whole output is in the exception when it fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if done.returncode:
        raise RuntimeError(f"{command}: exit {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout


def archive_url():
    """Address of the archive with bookworm main that this machine's apt uses, or None."""
    if not shutil.which("apt-get"):
        return None
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Codename: bookworm"]
    done = subprocess.run(
        command + ["Component: main"], capture_output=True, text=True, check=False
    )
    return next(iter(done.stdout.split()), None)


def why_no_archive():
    """Why the archive that this machine's apt uses cannot be used here, or None when it can."""
    url = archive_url()
    if not url:
        return "apt knows no archive with bookworm main"
    probe = subprocess.run(
        ["curl", "-sSfI", "--max-time", "20", url + "dists/bookworm/InRelease"],
        capture_output=True,
        text=True,
        check=False,
    )
    return None if probe.returncode == 0 else f"the archive cannot be reached: {probe.stderr.strip()}"


def why_no_real_roots():
    """Why real roots cannot be built here, or None when they can."""
    if os.geteuid() != 0:
        return "only root can build and enter a Debian root"
    if not shutil.which("mmdebstrap"):
        return "mmdebstrap is not installed"
    return why_no_archive()


class RootImage:
    """A Debian 12 root of `main` alone as a tar; built at the first use."""

    def __init__(self, folder, include=("openssl", "ca-certificates")):
        self.tar = pathlib.Path(folder) / f"bookworm-{'-'.join(include)}.tar"
        self.include = include

    def build(self):
        # one worker builds, the others wait for it
        with open(self.tar.with_suffix(".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.tar.exists():
                part = self.tar.with_suffix(".part.tar")
                source = f"deb {archive_url()} bookworm main"
                options = ["--variant=apt", "--components=main", "--include=" + ",".join(self.include)]
                run(["mmdebstrap", *options, "bookworm", str(part), source])
                part.rename(self.tar)
        return self.tar

    def unpack(self, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        run(["tar", "-xf", str(self.build()), "-C", str(folder)])
        return Root(folder)


def problems(output):
    """apt's warnings and errors."""
    return [line for line in output.split("\n") if line.startswith(("W:", "E:", "Err"))]


class Machine:
    """What both kinds share: how apt's words are read."""

    folder = None

    def run(self, *command):
        raise NotImplementedError

    def point_at(self, source):
        """Gives the machine a .sources file beside what it has."""
        (self.folder / "etc/apt/sources.list.d/sluice.sources").write_text(source)

    def update(self):
        """apt-get update; the warnings and errors it printed."""
        return problems(self.run("apt-get", "update", "-q"))

    def upgrade(self):
        """apt-get upgrade, as it is when all is well."""
        output = self.run("apt-get", "-q", "-y", "upgrade")
        if problems(output):
            raise RuntimeError(output)
        return output

    def install(self, *names):
        return self.run("apt-get", "-q", "-y", "install", *names)

    def installed(self, *options):
        """{package: version} of everything that is installed."""
        lines = self.run("dpkg-query", *options, "-W", "-f", INSTALLED).strip().split("\n")
        rows = [line.split() for line in lines if line]
        return {row[0]: row[1] for row in rows if row[2] == "ii"}

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Root(Machine):
    """A real Debian machine: everything runs in its chroot."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", self.folder / "etc" / name)
        no_terminal = 'Dpkg::Use-Pty "false";\n'  # there is no /dev/pts
        (self.folder / "etc/apt/apt.conf.d/00test").write_text(DATES_CHECKED + no_terminal)

    def run(self, *command):
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        return run(["chroot", str(self.folder), *command], env=environment)

    def versions(self):
        return self.installed()


class SmallRoot(Machine):
    """This machine's apt and dpkg with everything of their own below a folder.

    It takes packages without maintainer scripts, which is what a generated archive has.
    """

    FOLDERS = (
        "etc/apt/sources.list.d",
        "etc/apt/apt.conf.d",
        "etc/apt/preferences.d",
        "etc/apt/trusted.gpg.d",
        "var/lib/apt/lists/partial",
        "var/cache/apt/archives/partial",
        "var/log/apt",
        "var/lib/dpkg/info",
        "var/lib/dpkg/updates",
        "var/lib/dpkg/triggers",
    )

    def __init__(self, folder, architecture="amd64"):
        self.folder = pathlib.Path(folder)
        for name in self.FOLDERS:
            (self.folder / name).mkdir(parents=True)
        (self.folder / "var/lib/dpkg/status").touch()
        self.config = self.folder / "apt.conf"
        self.config.write_text(
            "#clear DPkg::Pre-Install-Pkgs;\n#clear DPkg::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n#clear APT::Update::Post-Invoke;\n"
            f'Dir "{self.folder}";\n'
            f'Dir::State::status "{self.folder}/var/lib/dpkg/status";\n'
            'Dir::Bin::dpkg "/usr/bin/dpkg";\nDir::Bin::methods "/usr/lib/apt/methods";\n'
            f'APT::Architecture "{architecture}";\nAPT::Architectures {{"{architecture}";}};\n'
            'APT::Sandbox::User "root";\nDebug::NoLocking "true";\n'
            f'DPkg::Options {{"--root={self.folder}"; "--force-not-root"; "--force-bad-path";}};\n'
            + DATES_CHECKED
        )

    def run(self, *command):
        environment = dict(os.environ, APT_CONFIG=str(self.config), LC_ALL="C.UTF-8")
        environment["DEBIAN_FRONTEND"] = "noninteractive"
        return run(list(command), env=environment)

    def versions(self):
        return self.installed(f"--admindir={self.folder}/var/lib/dpkg")
