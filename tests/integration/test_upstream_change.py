"""An upstream can be changed without becoming another one."""

import pytest
from admin import get, post
from archive import Server
from sluice import CtlError


@pytest.fixture
def synced(known, archive):
    for name in ("openssl", "curl", "curl-dbg"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    return known


def upstream(sluice):
    return get(sluice, "upstreams").json["items"][0]


def names(sluice):
    return sorted(one["name"] for one in sluice.ctl("update", "list", "--state", "known"))


def test_what_is_excluded_later_goes_with_the_next_sync_and_comes_back(synced):
    assert names(synced) == ["curl", "curl-dbg", "openssl"]
    synced.ctl_text("upstream", "set", "test", "--exclude", "*-dbg")
    synced.ctl_text("sync")
    assert names(synced) == ["curl", "openssl"]
    synced.ctl_text("upstream", "set", "test", "--exclude=")
    synced.ctl_text("sync")
    assert names(synced) == ["curl", "curl-dbg", "openssl"]
    newest = synced.ctl("audit", "list")[0]
    assert (newest["action"], newest["object"]) == ("upstream change", "test")


def test_a_mirror_that_moved_is_found_at_its_new_address(synced, archive, mirror):
    mirror.stop()
    other = Server(archive.root)
    try:
        archive.add("nginx", "1.0")
        archive.publish()
        with pytest.raises(CtlError):
            synced.ctl_text("sync")
        synced.ctl_text("upstream", "set", "test", "--url", other.url)
        synced.ctl_text("sync")
        assert "nginx" in names(synced)
    finally:
        other.stop()


@pytest.mark.parametrize(
    "change,words",
    [
        ({"url": "ftp://archive.example.org/"}, "URL that begins with"),
        ({"components": []}, "no component given"),
        ({"architectures": ["all"]}, "comes with the others"),
        ({"serves": ["debian"]}, "system ID:CODENAME"),
        ({"exclude": ["[a]"]}, "pattern to exclude"),
        ({"suite": "other"}, "suite"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(synced, change, words):
    before = upstream(synced), len(synced.ctl("audit", "list"))
    answer = post(synced, "upstream-changes", dict(change, name="test"))
    assert answer.status == 400 and words in answer.json["detail"]
    assert (upstream(synced), len(synced.ctl("audit", "list"))) == before


def test_whom_its_updates_are_for_can_change(synced):
    answer = post(synced, "upstream-changes", {"name": "test", "serves": ["ubuntu:noble"], "enabled": False})
    assert answer.status == 200 and len(answer.json["jobs"]) == 1
    shown = upstream(synced)
    assert (shown["serves"], shown["enabled"]) == (["ubuntu:noble"], False)
    assert shown["components"] == ["main"]
