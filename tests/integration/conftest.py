"""What integration tests share: an archive, its server, a running sluiced that knows it."""

import os
import pathlib
import tempfile

import pytest
from archive import Archive, Server
from roots import RootImage, why_no_real_roots
from sluice import BUILD, CONFIG, Sluice, add_upstream

LONG = os.environ.get("SLUICE_LONG") == "1"


@pytest.fixture
def folder():
    """A short path: gpg-agent's socket has to fit below it."""
    if not (BUILD / "server/sluiced").exists():
        pytest.fail(f"{BUILD}/server/sluiced is missing: run tests/run, or set SLUICE_BUILD")
    with tempfile.TemporaryDirectory(prefix="sl", ignore_cleanup_errors=True) as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


@pytest.fixture
def sluice(folder):
    server = Sluice(folder)
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A sluiced for all tests of a module that leave it as it was."""
    folder = tmp_path_factory.mktemp("shared")
    server = Sluice(folder, CONFIG + "max_per_address = 0\n", state=folder / "s")
    yield server.start()
    server.stop()


@pytest.fixture
def archive(folder):
    made = Archive(folder / "archive")
    yield made
    made.close()


@pytest.fixture
def mirror(archive):
    server = Server(archive.root)
    yield server
    server.stop()


@pytest.fixture
def known(sluice, archive, mirror):
    """A sluiced that knows the archive as upstream "test"."""
    add_upstream(sluice, archive, mirror)
    return sluice


def shared_folder(tmp_path_factory):
    """A folder of this run that all its workers share (pytest-xdist)."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / "roots").mkdir(exist_ok=True)
    return folder / "roots"


@pytest.fixture(scope="session")
def root_image(tmp_path_factory):
    why = why_no_real_roots()
    if why:
        pytest.skip(f"no real Debian root: {why}; the generated archive stands in for it")
    return RootImage(shared_folder(tmp_path_factory))
