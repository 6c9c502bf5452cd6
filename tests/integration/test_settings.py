"""What is decided once for all updates: the time each rating allows, the second person."""

import pytest
from sluice import CtlError

DAY = 86400


@pytest.fixture
def synced(known, archive):
    for name in ("openssl", "curl"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    return known


def asked_for(sluice, rating):
    ratings = {one["rating"]: one for one in sluice.ctl("settings")["ratings"]}
    return ratings[rating]["allow_s"], ratings[rating]["soak_s"]


def time_left(sluice):
    """Seconds between approval and deadline, by update."""
    lines = sluice.ctl("coverage")
    return {
        one["name"]: one["deadline_at"] and one["deadline_at"] - one["approved_at"] for one in lines
    }


def test_deadlines_follow_what_the_rating_allows(synced):
    synced.ctl_text("rate", "curl", "high", "--reason", "it talks to strangers")
    synced.ctl_text("approve", "curl", "openssl", "--channel", "certification", "--yes")
    assert time_left(synced) == {"test/curl=1.0": 7 * DAY, "test/openssl=1.0": 0}
    assert "allow.high is 3d now" in synced.ctl_text("settings", "set", "allow.high", "3d")
    assert time_left(synced) == {"test/curl=1.0": 3 * DAY, "test/openssl=1.0": 0}
    assert asked_for(synced, "high") == (3 * DAY, DAY)
    newest = synced.ctl("audit", "list")[0]
    assert (newest["action"], newest["object"]) == ("setting", "high")


def test_settings_survive_a_restart_and_are_shown_in_words(synced):
    synced.ctl_text("settings", "set", "soak.low", "36h")
    synced.ctl_text("settings", "set", "two_people", "yes")
    synced.stop()
    synced.start()
    text = synced.ctl_text("settings")
    assert "low       90d     1d 12h" in text and "none      -       7d" in text
    assert "two people        yes" in text and "certification" in text


@pytest.mark.parametrize(
    "key,value,words",
    [
        ("allow.high", "soon", "not a duration"),
        ("allow.high", "4000d", "allow_s"),
        ("allow.none", "7d", "no deadline"),
        ("allow.urgent", "7d", "no rating 'urgent'"),
        ("soak.low", "400d", "soak_s"),
        ("two_people", "three", "two_people is yes or no, not 'three'"),
        ("colour", "red", "no setting 'colour': keys are two_people"),
    ],
)
def test_a_setting_nobody_understands_is_named_and_changes_nothing(synced, key, value, words):
    before = synced.ctl("settings"), len(synced.ctl("audit", "list"))
    with pytest.raises(CtlError, match=words):
        synced.ctl_text("settings", "set", key, value)
    assert (synced.ctl("settings"), len(synced.ctl("audit", "list"))) == before
