"""What browser tests share: one Chromium, an instance with a past, one that is new."""

import contextlib
import pathlib
import tempfile

import axe
import pytest
from chromium import Browser, why_no_chromium
from seed import Seed
from sluice import BUILD, Sluice


@contextlib.contextmanager
def one_chromium():
    why = why_no_chromium()
    if why:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="sl", ignore_cleanup_errors=True) as folder:
        started = Browser(folder)
        yield started
        started.close()


@pytest.fixture(scope="session")
def chromium():
    with one_chromium() as started:
        yield started


@pytest.fixture
def browser(chromium):
    """Chromium as somebody has it who was never here."""
    chromium.fresh()
    yield chromium
    chromium.away()


@pytest.fixture
def elsewhere():
    """Chromium on somebody else's desk."""
    with one_chromium() as started:
        started.fresh()
        yield started


@pytest.fixture(scope="session")
def axe_core():
    return axe.source()


@contextlib.contextmanager
def short_folder():
    """A short path that the server's own user can reach."""
    if not (BUILD / "server/sluiced").exists():
        pytest.fail(f"{BUILD}/server/sluiced is missing: run tests/run, or set SLUICE_BUILD")
    with tempfile.TemporaryDirectory(prefix="sl", ignore_cleanup_errors=True) as path:
        pathlib.Path(path).chmod(0o755)
        yield pathlib.Path(path)


@pytest.fixture(scope="module")
def folder():
    with short_folder() as path:
        yield path


@pytest.fixture(scope="session")
def made_seed():
    with short_folder() as path:
        made = Seed(path)
        yield made
        made.close()


@pytest.fixture(scope="module")
def seed(made_seed):
    """An instance with forty days behind it; the tests of a module share it."""
    made_seed.anew()
    return made_seed


@pytest.fixture
def new(folder):
    """An instance that nobody has set up."""
    with tempfile.TemporaryDirectory(prefix="n", dir=folder, ignore_cleanup_errors=True) as path:
        server = Sluice(path)
        yield server.start()
        server.stop()
