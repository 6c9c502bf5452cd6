"""Channels: every publication with what changed, and what it holds."""

import pytest
from admin import get
from sluice import CtlError


@pytest.fixture
def published(known, archive):
    """Certification has published nothing, curl, curl and openssl."""
    for name in ("openssl", "curl"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    for name in ("curl", "openssl"):
        known.ctl_text("approve", name, "--channel", "certification", "--yes")
    return known


def test_the_history_is_paged_and_names_what_came_and_went(published):
    published.ctl_text("recall", "curl", "--reason", "test", "--yes")
    history = get(published, "channel-history?channel=certification").json
    assert history["total"] == len(history["items"]) > 3
    changes = [(one["added"], one["removed"]) for one in history["items"]]
    assert changes[:3] == [([], ["curl 1.0"]), (["openssl 1.0"], []), (["curl 1.0"], [])]
    assert all(change == ([], []) for change in changes[3:])
    page = get(published, "channel-history?channel=certification&limit=1&offset=1").json
    assert page["items"] == history["items"][1:2] and page["total"] == history["total"]
    behind = get(published, "channel-history?channel=certification&offset=99").json
    assert behind == {"items": [], "total": history["total"]}


def test_each_publication_can_be_read(published):
    def names(*which):
        return [one["update"] for one in published.ctl("channel", "show", "certification", *which)]

    assert names() == ["test/curl=1.0", "test/openssl=1.0"]
    newest = get(published, "channels").json["items"][0]["publication"]
    assert names(str(newest - 1)) == ["test/curl=1.0"]
    assert get(published, "channel-items?channel=certification&limit=1").json["total"] == 2
    assert names("--sort=-name") == ["test/openssl=1.0", "test/curl=1.0"]
    assert names("--text", "SSL") == ["test/openssl=1.0"]
    assert names("--sort=-since", "--limit", "1") == ["test/openssl=1.0"]
    with pytest.raises(CtlError, match="sort 'size': there is name, version, suite, since"):
        names("--sort=size")
    with pytest.raises(CtlError, match=f"no publication {newest + 1}"):
        names(str(newest + 1))


def test_what_channels_differ_in_is_found_and_sorted(published):
    def names(*options):
        return [one["name"] for one in published.ctl("channel", "diff", *options)]

    assert names() == names("--sort=name") == ["curl", "openssl"]
    assert names("--sort=-name") == ["openssl", "curl"] and names("--text", "CUR") == ["curl"]
    assert names("--sort=-name", "--limit", "1", "--offset", "1") == ["curl"]
    assert get(published, "channel-diff?limit=1").json["total"] == 2
    with pytest.raises(CtlError, match="sort 'size': there is name, suite"):
        names("--sort=size")
