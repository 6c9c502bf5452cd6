"""From certification to production: holds."""

import pytest
from sluice import CtlError


@pytest.fixture
def synced(known, archive):
    for name in ("openssl", "curl"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    return known


def test_what_is_held_stays_out_of_production_until_it_is_let_go(synced):
    promote = ["approve", "curl", "--channel", "production"]
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    with pytest.raises(CtlError, match="--reason"):
        synced.ctl_text("hold", "curl")
    synced.ctl_text("hold", "curl", "--reason", "breaks the printer")
    for how in ("--dry-run", "--yes"):
        with pytest.raises(CtlError, match="test/curl=1.0 is held by .*: breaks the printer"):
            synced.ctl_text(*promote, how)
    assert synced.ctl("update", "list", "--channel", "production") == []
    emergency = [*promote, "--emergency", "--reason", "worm", "--dry-run"]
    assert "note: test/curl=1.0 is held by" in synced.ctl_text(*emergency)
    synced.ctl_text("unhold", "curl")
    with pytest.raises(CtlError, match="nobody holds test/curl=1.0"):
        synced.ctl_text("unhold", "curl")
    synced.ctl_text(*promote, "--yes")
    assert len(synced.ctl("update", "list", "--channel", "production")) == 1
    assert [one["action"] for one in synced.ctl("audit", "list")[:3]] == ["approve", "unhold", "hold"]
