"""A Debian archive made up for a test: packages, indexes, a signed Release, and a server for it."""

import gzip
import hashlib
import http.server
import io
import lzma
import os
import pathlib
import shutil
import subprocess
import tarfile
import threading
import time
from email.utils import formatdate


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tar_of(files, mode=0o644):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = mode if name != "./control" else 0o644
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def compress(ending, data):
    """Data as a file of that ending has it."""
    if ending == ".gz":
        return gzip.compress(data, mtime=0)
    if ending == ".xz":
        return lzma.compress(data)
    if ending == ".zst":
        return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    return data


def make_deb(control, files, scripts=None):
    """A .deb (deb(5): an ar archive of three members); scripts by name, as in {"postinst": TEXT}."""

    def member(name, data):
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        return head + data + (b"\n" if len(data) % 2 else b"")

    text = "".join(f"{key}: {value}\n" for key, value in control.items()).encode()
    members = {"./control": text}
    members.update({f"./{name}": script.encode() for name, script in (scripts or {}).items()})
    return (
        b"!<arch>\n"
        + member("debian-binary", b"2.0\n")
        + member("control.tar.gz", tar_of(members, 0o755))
        + member("data.tar.gz", tar_of(files))
    )


class Keys:
    """A GnuPG home with signing keys by name; at is its time, where that is not now."""

    def __init__(self, folder, at=None):
        self.at = at
        self.home = pathlib.Path(folder)
        self.home.mkdir(mode=0o700, parents=True)

    def gpg(self, *arguments, data=None):
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--pinentry-mode"]
        command += ["loopback", "--passphrase", ""]
        command += ["--faked-system-time", str(self.at)] if self.at else []
        command += arguments
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout

    def make(self, name, expires="never"):
        self.gpg("--quick-gen-key", f"{name} <{name}@example.org>", "ed25519", "sign", expires)

    def public(self, *names):
        return self.gpg("--export", *[f"={name} <{name}@example.org>" for name in names])

    def clear(self, text, *names):
        return self.gpg(*self.users(names), "--digest-algo", "SHA256", "--clear-sign", data=text)

    def detach(self, text, *names):
        return self.gpg(*self.users(names), "--armor", "--detach-sign", data=text)

    @staticmethod
    def users(names):
        return [word for name in names for word in ("-u", f"={name} <{name}@example.org>")]

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "gpg-agent"], check=False)


class Archive:
    """Files of one suite below a folder, written anew by publish()."""

    def __init__(self, folder, suite="stable-security", codename="stable-security", at=None):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "www"
        self.root.mkdir(parents=True)
        self.keys = Keys(self.folder / "gnupg", at)
        self.keys.make("archive")
        self.suite = suite
        self.codename = codename
        self.packages = []
        self.signers = ("archive",)
        self.by_hash = True
        self.release_fields = {}
        self.date = int(time.time()) - 3600
        self.valid_for = 7 * 86400
        self.extra_stanza = b""
        self.components = ("main",)
        self.endings = ("", ".gz", ".xz")  # of the indexes, as listed
        self.absent = ()  # of these, listed and not there

    def keyring(self):
        path = self.folder / "archive.gpg"
        path.write_bytes(self.keys.public("archive"))
        return path

    def add(
        self, name, version, source=None, architecture="amd64", files=None, component="main",
        scripts=None, **fields
    ):  # fmt: skip
        """Adds a package; fields with '_' for '-' ("Pre_Depends")."""
        control = {
            "Package": name,
            "Version": version,
            "Architecture": architecture,
            "Maintainer": "Nobody <nobody@example.org>",
            "Section": fields.pop("Section", "utils"),
        }
        if source:
            control["Source"] = source
        control.update({key.replace("_", "-"): value for key, value in fields.items()})
        control["Description"] = control.get("Description", f"test package {name}")
        content = files or {f"./{name}.version": version.encode()}
        deb = make_deb(control, content, scripts)
        plain = version.split(":", 1)[-1]
        path = f"pool/{component}/{name[0]}/{name}/{name}_{plain}_{architecture}.deb"
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(deb)
        self.packages.append(dict(control, Filename=path, Size=len(deb), SHA256=sha256(deb)))
        return target

    def remove(self, name, version=None):
        self.packages = [
            one
            for one in self.packages
            if one["Package"] != name or (version and one["Version"] != version)
        ]

    def index(self, architecture, component="main"):
        chosen = [
            one
            for one in self.packages
            if one["Architecture"] in (architecture, "all")
            and one["Filename"].startswith(f"pool/{component}/")
        ]
        stanzas = ["".join(f"{key}: {value}\n" for key, value in one.items()) for one in chosen]
        return "\n".join(stanzas).encode() + self.extra_stanza

    def write(self, path, data):
        target = self.root / "dists" / self.suite / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def release(self, files):
        fields = {
            "Origin": "Test",
            "Label": "Test",
            "Suite": self.suite,
            "Codename": self.codename,
            "Date": formatdate(self.date, usegmt=True).replace("GMT", "UTC"),
            "Valid-Until": formatdate(self.date + self.valid_for, usegmt=True).replace("GMT", "UTC"),
            "Architectures": "amd64",
            "Components": " ".join(self.components),
        }
        if self.by_hash:
            fields["Acquire-By-Hash"] = "yes"
        fields.update(self.release_fields)
        text = "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
        rows = "".join(f" {sha256(data)} {len(data)} {path}\n" for path, data in files.items())
        return (text + "SHA256:\n" + rows).encode()

    def publish(self, architectures=("amd64",)):
        """Writes indexes and signs them; the date rises with each call."""
        self.date += 1
        files = {}
        for component in self.components:
            for architecture in architectures:
                plain = self.index(architecture, component)
                for ending in self.endings:
                    path = f"{component}/binary-{architecture}/Packages{ending}"
                    files[path] = compress(ending, plain)
        shutil.rmtree(self.root / "dists" / self.suite, ignore_errors=True)
        for path, data in files.items():
            if path.endswith(self.absent):
                continue
            self.write(path, data)
            if self.by_hash:
                self.write(f"{os.path.dirname(path)}/by-hash/SHA256/{sha256(data)}", data)
        self.sign(self.release(files))

    def sign(self, text):
        self.write("Release", text)
        if self.signers:
            self.write("InRelease", self.keys.clear(text, *self.signers))
            self.write("Release.gpg", self.keys.detach(text, *self.signers))

    def close(self):
        self.keys.stop()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Static files with ETag and Range; faults by path come first."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.requests.append(self.path)
        for part, fault in list(self.server.faults.items()):
            if part in self.path:
                fault(self)
                return
        self.serve_file()

    def path_of(self):
        return self.server.root / self.path.lstrip("/").split("?")[0]

    def serve_file(self, data=None, status=200):
        path = self.path_of()
        if data is None:
            if not path.is_file():
                self.send_error(404)
                return
            data = path.read_bytes()
        etag = f'"{sha256(data)[:32]}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.send_header("ETag", etag)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted = self.headers.get("Range")
        first = 0
        if wanted and self.headers.get("If-Range", etag) == etag:
            first = int(wanted.split("=")[1].split("-")[0])
            status = 206
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(data) - first))
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        try:
            self.wfile.write(data[first:])
        except (BrokenPipeError, ConnectionResetError):
            pass


class Server:
    """Serves an archive's folder on loopback; faults maps a part of a path to what happens there."""

    def __init__(self, root, address="127.0.0.1"):
        self.http = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.http.daemon_threads = True
        self.http.root = pathlib.Path(root)
        self.http.faults = {}
        self.http.requests = []
        self.http.over = threading.Event()  # tells faults that wait to come to an end
        self.http.sent = 0  # bytes by faults that never end
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return "http://{}:{}/".format(*self.http.server_address)

    @property
    def faults(self):
        return self.http.faults

    @property
    def requests(self):
        return self.http.requests

    def stop(self):
        self.http.over.set()
        self.http.shutdown()
        self.http.server_close()
