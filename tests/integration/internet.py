"""An internet of its own for a test: a network namespace in which public addresses answer."""

import concurrent.futures
import contextlib
import ctypes
import fcntl
import os
import socket
import ssl
import struct
import subprocess
import threading

import pytest

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
IFF_UP = 1


class Canary:
    """Listens on loopback, by IPv4 and IPv6, and notes whether anybody came."""

    def __init__(self):
        self.socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = self.socket.getsockname()[1]
        self.came = []
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                connection, address = self.socket.accept()
                self.came.append(address)
                connection.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)


def set_interface(name, call, value):
    with socket.socket() as link:
        fcntl.ioctl(link, call, struct.pack("16s16s", name.encode(), value))


def move_into_new_network(addresses):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    set_interface("lo", SIOCSIFFLAGS, struct.pack("h", IFF_UP))
    for number, address in enumerate(addresses):
        packed = struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address))
        set_interface(f"lo:{number}", SIOCSIFADDR, packed)


def run_in_internet(function, *addresses):
    """Calls a function on a thread of a network of its own: its sockets, threads and programs are in it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a network namespace")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(move_into_new_network, addresses).result()
        except OSError as problem:
            pytest.skip(f"a network namespace cannot be made here: {problem}")
        pool.submit(function).result()


class Certificate:
    """A certificate of one address that vouches for itself."""

    def __init__(self, folder, address):
        self.path = folder / f"{address}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", str(self.path) + ".key", "-out", str(self.path), "-days", "2", "-subj", "/CN=test",
             "-addext", f"subjectAltName=IP:{address}"],
            check=True, capture_output=True,
        )  # fmt: skip

    def wrap(self, server):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, str(self.path) + ".key")
        server.http.socket = context.wrap_socket(server.http.socket, server_side=True)


def trusting(command, certificate):
    """A command that starts a program with this certificate in the place of the system's."""
    script = 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(certificate.path), *command]
