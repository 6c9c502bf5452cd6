"""Upstreams on public addresses: they lead to nothing private, and https is left by none."""

import faults
import pytest
from archive import Server
from internet import Canary, Certificate, run_in_internet, trusting
from picture import refused
from sluice import Sluice

SUITE = "stable-security"
HERE, THERE = "198.41.0.4", "199.7.91.13"


def add_public(sluice, archive, url, name="test"):
    sluice.ctl_text(
        "upstream", "add", "debian", name, "--url", url, "--suite", SUITE, "--component", "main",
        "--architecture", "amd64", "--keyring", str(archive.keyring()),
    )  # fmt: skip


@pytest.fixture
def stocked(archive):
    archive.add("tool", "1.0")
    archive.publish()
    return archive


def test_a_public_upstream_leads_to_no_private_address(folder, stocked):
    def body():
        sluice, server, other = Sluice(folder), Server(stocked.root, HERE), Server(stocked.root, THERE)
        canary = Canary()
        try:
            sluice.start()
            add_public(sluice, stocked, server.url)
            for host in (
                "127.0.0.1", "127.1", "localhost", "2130706433", "0x7f000001", "017700000001", "0", "0.0.0.0",
                "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
                "[2002:7f00:1::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1",
                "[fe80::1]", "[fd00::1]", "[2001:db8::1]", "224.0.0.1", "255.255.255.255",
            ):  # fmt: skip
                server.faults["InRelease"] = faults.redirect(f"http://{host}:{canary.port}/x")
                refused(sluice, "private or local|Could not resolve|redirect to .* is not followed")
            hops = [faults.redirect(f"{other.url}hop{number}") for number in range(10)]
            server.faults["InRelease"] = hops[0]
            other.faults.update({f"hop{number}": hops[number + 1] for number in range(9)})
            other.faults["hop9"] = faults.redirect(f"http://127.0.0.1:{canary.port}/x")
            refused(sluice, "more than 3 redirects")
            server.faults["InRelease"] = faults.redirect(f"{other.url}hop9")
            refused(sluice, "private or local")
            assert canary.came == []
            assert sluice.ctl("update", "list") == []
            server.faults["InRelease"] = faults.redirect(f"{other.url}dists/{SUITE}/InRelease")
            sluice.ctl_text("sync")
            assert len(sluice.ctl("update", "list")) == 1
        finally:
            canary.close()
            server.stop()
            other.stop()
            sluice.stop()

    run_in_internet(body, HERE, THERE)


class Trusting(Sluice):
    def __init__(self, folder, certificate):
        super().__init__(folder)
        self.certificate = certificate

    def command(self):
        return trusting(super().command(), self.certificate)


def test_https_is_verified_and_left_by_no_redirect(folder, stocked):
    def body():
        certificate = Certificate(folder, HERE)
        sluice = Trusting(folder, certificate)
        server, other, plain = Server(stocked.root, HERE), Server(stocked.root, THERE), Server(stocked.root, HERE)
        certificate.wrap(server)
        certificate.wrap(other)
        try:
            sluice.start()
            add_public(sluice, stocked, server.url.replace("http:", "https:"))
            for to, words in [
                (plain.url, "redirect from https to http://.* is not followed"),
                (other.url.replace("http:", "https:"), "certificate"),
            ]:
                server.faults["InRelease"] = faults.redirect(f"{to}dists/{SUITE}/InRelease")
                refused(sluice, words)
            assert plain.requests == [] and other.requests == []
            server.faults.clear()
            add_public(sluice, stocked, other.url.replace("http:", "https:"), "other")
            refused(sluice, "certificate", "other")
            assert sluice.ctl("update", "list") == []
            plain.faults["InRelease"] = faults.redirect(
                f"{server.url.replace('http:', 'https:')}dists/{SUITE}/InRelease"
            )
            add_public(sluice, stocked, plain.url, "plain")
            for name in ("test", "plain"):
                sluice.ctl_text("sync", name)
            assert len(sluice.ctl("update", "list")) == 2
            sluice.ctl_text("approve", "test/tool", "--channel", "certification", "--yes")
        finally:
            for one in (server, other, plain):
                one.stop()
            sluice.stop()

    run_in_internet(body, HERE, THERE)
