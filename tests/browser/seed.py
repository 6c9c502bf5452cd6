"""An instance with forty days behind it: a catalog, a fleet and their history, for eyes and for tests.

Made through what everybody has: an archive to sync from, sluicectl, messages as machines send them,
the API. The past is real to the server: it is started with a clock that is behind.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import time

from admin import post
from archive import Archive, Server
from machine import Machine
from sluice import CONFIG, Sluice, add_upstream

RELEASE = pathlib.Path(os.environ.get("SLUICE_RELEASE", "build/release"))
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
DAY = 86400
OWNER, VIEWER = "Ada Lovelace", "Grace Hopper"
CERTIFIER, APPROVER = "Katherine Johnson", "Margaret Hamilton"
PASSWORD = "correct horse battery staple"
MARKUP = '<img src=x onerror="document.title=1"> & <b>bold</b>'
ARABIC = "تحديث أمني للخادم"
HEBREW = "שרת הדפסה"
LONG = "golang-github-aws-aws-sdk-go-v2-service-internal-accept-encoding-extremely-long-name-dev"

# source: (versions of the past and after, section, words, rating)
SOURCES = {
    "openssl": (["3.0.16-1~deb12u1", "3.0.17-1~deb12u2", "3.0.17-1~deb12u3", "3.0.18-1~deb12u2"],
                "utils", "Secure Sockets Layer toolkit", "critical"),
    "linux": (["6.1.140-1", "6.1.147-1", "6.1.153-1", "6.1.158-1"], "kernel", "Linux kernel", "high"),
    "curl": (["7.88.1-10+deb12u12", "7.88.1-10+deb12u14"], "web",
             "command line tool for transferring data with URL syntax", "high"),
    "bash": (["5.2.15-2", "5.2.15-2+b10"], "shells", "GNU Bourne Again SHell", "low"),
    "nginx": (["1.22.1-9+deb12u2", "1.22.1-9+deb12u3"], "httpd", "small, powerful web server", "medium"),
    "libxml2": (["2.9.14+dfsg-1.3~deb12u3", "2.9.14+dfsg-1.3~deb12u4"], "libs", "GNOME XML library",
                "high"),
    "postgresql-15": (["15.12-0+deb12u2", "15.14-0+deb12u1"], "database",
                      "object-relational SQL database", "medium"),
    "thunderbird": (["1:128.12.0esr-1~deb12u1", "1:140.4.0esr-1~deb12u1"], "mail",
                    "mail, news and chat client", "medium"),
    "webkit2gtk": (["2.48.3-1~deb12u1", "2.50.1-1~deb12u1"], "libs", MARKUP, "medium"),
    LONG: (["0.0~git20230101.abcdef0-1", "0.0~git20240202.fedcba9+really.1.2.3~rc4+dfsg2-1~deb12u17"],
           "golang", "a name and a version as long as they get " * 12, "low"),
    "print-server": (["2.1-1", "2.1-1+deb12u1"], "net", f"{HEBREW} - {ARABIC}", "low"),
    "samba": (["2:4.17.12+dfsg-0+deb12u1", "2:4.17.12+dfsg-0+deb12u2"], "net",
              "SMB/CIFS file, print, and login server", "critical"),
    "sudo": (["1.9.13p3-1+deb12u1", "1.9.13p3-1+deb12u2"], "admin",
             "provide limited super user privileges", "critical"),
    "vim": (["2:9.0.1378-2", "2:9.0.1378-2+deb12u2"], "editors", "Vi IMproved", "low"),
}  # fmt: skip

ADVISORIES = """[20 Nov 2026] DSA-6075-1 openssl - security update
\t{CVE-2026-9230 CVE-2026-9231 CVE-2026-9232}
\t[bookworm] - openssl 3.0.18-1~deb12u2
[02 Nov 2026] DSA-6051-1 samba - security update
\t{CVE-2026-7000}
\t[bookworm] - samba 2:4.17.12+dfsg-0+deb12u2
"""

# group: (channel, host names)
GROUPS = {
    "pilot": ("certification", [f"pilot-{n}" for n in range(1, 7)]),
    "office": ("production", [f"desk-{n:02}" for n in range(1, 17)]),
    "servers": ("production", ["db1", "db2", "mail", "web1", "web2", "print", "build", "x" * 63]),
    f"{HEBREW} (Haifa)": ("production", ["haifa-1", "haifa-2", "haifa-3"]),
    "<b>Büro</b> & Söhne": ("production", ["bureau-1", "bureau-2"]),
}
SILENT = ("desk-03", "desk-04", "haifa-3")  # since twelve days
UNWILLING = ("desk-07", "desk-08", "db2", "bureau-2")  # take nothing new
WORDS = (
    "dpkg: error processing archive /var/cache/apt/archives/nginx_1.22.1-9+deb12u3_amd64.deb:"
    " trying to overwrite '/etc/nginx/<site>', which is also in package web-site 1.0 " + ARABIC
)


class Past(Sluice):
    """A server whose clock is some days behind; between its days nobody falls silent."""

    days_ago = 0

    def __init__(self, folder, config):
        super().__init__(folder, config + "[checkin]\nsilent_after = 30d\n")

    def move(self, days_ago):
        self.stop()
        self.days_ago = days_ago
        self.start()

    def stop(self):
        result = super().stop()
        for path in self.shared():
            path.unlink(missing_ok=True)
        return result

    def shared(self):
        """What libfaketime's processes share: its own would be called by their ids, and stay."""
        name = f"{self.folder.name}-{self.days_ago}"
        return pathlib.Path(f"/dev/shm/sem.{name}"), pathlib.Path(f"/dev/shm/{name}")

    def command(self):
        semaphore, memory = self.shared()
        ctypes.CDLL(None).sem_open(f"/{memory.name}".encode(), os.O_CREAT, 0o666, 1)
        memory.write_bytes(bytes(4096))
        for path in (semaphore, memory):
            path.chmod(0o666)
        environment = [
            f"LD_PRELOAD={FAKETIME}", f"FAKETIME=-{self.days_ago}d",
            f"FAKETIME_SHARED=/{memory.name} /{memory.name}",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
        ]  # fmt: skip
        return ["env", *environment, str(RELEASE / "server/sluiced"), *super().command()[1:]]


class Seed:
    """self.sluice runs, in the present, until close(); anew() brings back what was made."""

    def __init__(self, folder, config=CONFIG):
        self.folder = pathlib.Path(folder)
        self.config = config
        suite, begun_at = "bookworm-security", int(time.time()) - 41 * DAY
        self.archive = Archive(self.folder / "archive", suite, suite, at=begun_at)
        self.mirror = Server(self.archive.root)
        self.machines = {}
        self.have = {}  # what each machine has installed: {name: {package: version}}
        self.sluice = Past(self.folder, config)
        try:
            self.live()
        except BaseException:
            self.close()
            raise

    def anew(self):
        """As it was made, whatever was done to it since."""
        made, now = self.folder / "made", self.sluice.state
        self.sluice.stop()
        if made.exists():
            shutil.rmtree(now)
        else:
            now.rename(made)
        subprocess.run(["cp", "-a", str(made), str(now)], check=True)
        self.sluice.start()

    def close(self):
        self.sluice.stop()
        self.mirror.stop()
        self.archive.close()

    def live(self):
        self.sluice.move(40)
        self.begin()
        self.decade()
        self.present()

    # what people and machines do

    def sync(self, number, *names, days_ago):
        """The archive has that version of these sources besides what it had; the server learns it."""
        for name in names:
            versions, section, words, _ = SOURCES[name]
            version = versions[number]
            fields = {"Section": section, "Description": words, "Source": f"{name} ({version})"}
            data = {f"./usr/share/{name}": version.encode() * 40 * len(name)}
            self.archive.add(name, version, files=data, **fields)
            self.archive.add(f"{name}-data", version, architecture="all", **fields)
        self.archive.date = int(time.time()) - days_ago * DAY - 7200
        self.archive.keys.at = self.archive.date
        self.archive.publish()
        self.sluice.ctl_text("sync")

    def approve(self, channel, *names):
        words = ("--channel", channel, "--reason", "as every week", "--yes")
        self.sluice.ctl_text("approve", *names, *words)

    def rate(self, *names):
        for name in names:
            words = ("--reason", "reached from outside")
            self.sluice.ctl_text("rate", name, SOURCES[name][3], *words)

    def install(self, number, *names, channel, but=()):
        """The machines of a channel take a version of these, and all of them say what they have."""
        for name, machine in self.machines.items():
            if name in but or machine.channel != channel:
                continue
            for source in names:
                version = SOURCES[source][0][number]
                self.have[name].update({source: version, f"{source}-data": version})
            self.check_in(name)

    def check_in(self, name, **changes):
        machine = self.machines[name]
        machine.packages = [
            (package, version, "all" if package.endswith("-data") else "amd64")
            for package, version in self.have[name].items()
        ]
        status, answer = machine.check_in(**changes)
        assert status == 200, answer

    def fail(self, *names, source, number):
        result = {
            "package": source, "version": SOURCES[source][0][number], "architecture": "amd64",
            "status": "failed", "at": int(time.time()), "message": WORDS,
        }  # fmt: skip
        for name in names:
            self.check_in(name, results=[result])

    def make_token(self, group, *options):
        return self.sluice.ctl("token", "new", "--group", group, *options)["token"]

    def enroll(self, token, name, channel):
        keys = next(iter(self.machines.values())).server if self.machines else None
        machine = Machine(self.sluice.url, name, keys=keys)
        machine.channel = channel
        status, answer = machine.enroll(token)
        assert status == 200, answer
        return machine

    def add_people(self):
        """The first is an owner as who sets the server up is."""
        roles = {OWNER: "owner", VIEWER: "viewer", CERTIFIER: "certifier", APPROVER: "approver"}
        for name, role in roles.items():
            person = {"name": name, "role": role, "password": PASSWORD}
            answer = post(self.sluice, "people", person)
            assert answer.status in (200, 201), answer.body

    # forty days

    def begin(self):
        """The first day: everything is as it was installed, and the first machines come."""
        add_upstream(self.sluice, self.archive, self.mirror, "debian-security")
        self.sync(0, *SOURCES, days_ago=40)
        for group, (channel, names) in GROUPS.items():
            self.sluice.ctl_text("group", "add", group, "--channel", channel)
            token = self.make_token(group)
            for name in names:
                self.machines[name] = self.enroll(token, name, channel)
                self.have[name] = {
                    package: versions[0]
                    for source, (versions, *_) in SOURCES.items()
                    for package in (source, f"{source}-data")
                }
                self.check_in(name)

    def decade(self):
        """Three waves: one is everywhere, one is overdue with some, one is held."""
        first, second, third = ["openssl", "linux", "bash"], ["samba", "curl", "vim"], ["nginx", LONG]
        self.sluice.move(38)
        self.sync(1, *first, days_ago=38)
        self.rate(*first)
        self.approve("certification", *first)
        self.sluice.move(34)
        self.install(1, *first, channel="certification")
        self.approve("production", *first)
        self.sluice.move(30)
        self.install(1, *first, channel="production")
        self.sluice.move(22)
        self.sync(1, *second, days_ago=22)
        self.rate(*second)
        self.approve("certification", *second)
        self.sluice.move(18)
        self.install(1, *second, channel="certification")
        self.approve("production", *second)
        self.sluice.move(12)
        self.install(1, *second, channel="production", but=UNWILLING)
        self.sluice.move(9)
        self.sync(1, *third, days_ago=9)
        self.rate(*third)
        self.approve("certification", *third)
        self.sluice.move(6)
        self.install(1, LONG, channel="certification")
        self.fail("pilot-3", "pilot-6", source="nginx", number=1)
        self.approve("production", LONG)

    def present(self):
        """The last days: one soaks, one fails, one is held, one was a mistake, much waits."""
        self.sluice.move(2)
        self.sync(2, "openssl", "linux", days_ago=2)
        self.sync(1, "libxml2", "postgresql-15", "print-server", days_ago=2)
        self.rate("openssl", "linux", "libxml2")
        self.approve("certification", "linux", "libxml2", "postgresql-15", "print-server")
        self.install(2, "linux", channel="certification", but=("pilot-5",))
        self.install(1, "libxml2", "print-server", channel="certification", but=("pilot-4", "pilot-5"))
        self.sluice.move(1)
        self.approve("production", "print-server")
        self.sluice.ctl_text("recall", "print-server", "--reason", f"paper jams: {HEBREW}", "--yes")
        public = self.sluice.public
        self.sluice.stop()

        self.sluice = Sluice(self.folder, self.config)
        self.sluice.public = public
        self.sluice.start()
        self.sync(3, "openssl", "linux", days_ago=0)
        self.sync(1, "thunderbird", "webkit2gtk", "sudo", days_ago=0)
        advisories = self.folder / "advisories"
        advisories.write_text(ADVISORIES)
        self.sluice.ctl_text("advisory", "import", str(advisories))
        self.sluice.ctl_text("decline", "webkit2gtk", "--reason", "nobody browses there", "--yes")
        self.install(1, LONG, channel="production", but=SILENT + UNWILLING + ("web1", "web2", "mail"))
        self.fail("web1", "web2", source=LONG, number=1)
        self.fail("pilot-3", "pilot-6", source="nginx", number=1)
        for name in ("pilot-1", "pilot-2", "pilot-4", "pilot-5", *UNWILLING):
            self.check_in(name)
        self.check_in("mail", reboot=True)
        self.enroll(self.make_token("servers", "--hold"), "new-server", "production")
        self.add_people()
        hold = {"name": "nginx", "held": True, "reason": "two of three fail"}
        answer = post(self.sluice, "holds", hold)
        assert answer.status in (200, 201), answer.body
