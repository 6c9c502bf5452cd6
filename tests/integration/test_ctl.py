"""What a person at a shell sees: names, plans, listings, wrong words."""

import csv
import io
import os
import re
import subprocess

import pytest
from admin import post
from sluice import BUILD, CtlError


def api(sluice, path, body):
    """(status, JSON) of one POST to the admin API."""
    answer = post(sluice, path, body)
    return answer.status, answer.json


@pytest.fixture
def synced(known, archive):
    for name in ("openssl", "openssh", "curl"):
        archive.add(name, "1.0")
    archive.publish()
    known.ctl_text("sync")
    return known


def test_a_mistyped_name_is_answered_with_the_nearest_ones(synced):
    with pytest.raises(CtlError, match="no update 'opensll' in the catalog; similar: openssl"):
        synced.ctl_text("update", "show", "opensll")
    with pytest.raises(CtlError, match="similar: curl$"):
        synced.ctl_text("approve", "crul", "--channel", "certification", "--yes")
    with pytest.raises(CtlError, match="in the catalog$"):
        synced.ctl_text("update", "show", "nothing-like-it")


def test_state_is_the_server_before_a_command_and_a_filter_behind_it(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    listed = synced.ctl("update", "list", "--state", "certification")
    assert [one["name"] for one in listed] == ["curl"]
    assert synced.ctl("status", "--state", str(synced.state))["serving"]


def test_a_long_label_keeps_away_from_its_value(sluice):
    assert re.search(r"^passwords checked +0$", sluice.ctl_text("status"), re.M)


def test_programs_get_the_whole_listing_and_people_a_page_that_says_so(known, archive):
    for number in range(230):
        archive.add(f"tool{number:03}", "1.0")
    archive.publish()
    known.ctl_text("sync")
    assert len(known.ctl("update", "list")) == 230
    rows = list(csv.DictReader(io.StringIO(known.ctl_text("update", "list", "--csv"))))
    assert len(rows) == 230 and rows[0]["version"] == "1.0"
    assert "200 of 230; more with --limit and --offset" in known.ctl_text("update", "list")
    assert len(known.ctl("update", "list", "--limit", "7")) == 7


def test_one_update_is_shown_in_words(synced):
    text = synced.ctl_text("update", "show", "curl")
    assert "or before" in text and "NAME  VERSION  ARCHITECTURE" in text
    assert "{" not in text and "_" not in text


def test_the_audit_log_is_in_words(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--reason", "for it", "--yes")
    synced.ctl_text("upstream", "set", "test", "--exclude", "a-*", "--exclude", "b-*")
    synced.ctl_text("settings", "set", "soak.high", "2h")
    settings, upstream, approval = synced.ctl_text("audit", "list").split("\n")[1:4]
    assert "soak: 1d -> 2h" in settings and "allow" not in settings
    assert "exclude: none -> a-*, b-*" in upstream and "url" not in upstream
    assert "for it" in approval and "channel: certification" in approval
    assert "{" not in settings + upstream + approval


def test_a_dry_run_is_refused_where_there_is_none(synced):
    with pytest.raises(CtlError, match="no option --dry-run"):
        synced.ctl_text("rate", "curl", "high", "--reason", "x", "--dry-run")
    assert synced.ctl("update", "show", "curl")["rating"] is None


def test_a_return_can_be_looked_at_first(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    done = synced.ctl("approve", "openssl", "--channel", "certification", "--yes")["result"]
    before = str(int(done["publication"].split(".")[0]) - 1)
    back = ["channel", "return", "certification", before, "--reason", "test"]
    assert "remove openssl 1.0" in synced.ctl_text(*back, "--dry-run")
    assert len(synced.ctl("update", "list", "--channel", "certification")) == 2
    assert synced.ctl("audit", "list")[0]["action"] == "approve"
    synced.ctl_text(*back, "--yes")
    assert [u["name"] for u in synced.ctl("update", "list", "--channel", "certification")] == ["curl"]
    assert "nothing to do" in synced.ctl_text(*back, "--yes")


def test_what_is_approved_is_what_was_shown(synced, archive):
    """A sync between the plan and the yes brings a newer version: that one was not shown."""
    request = {"kind": "approve", "names": ["curl"], "channel": "certification"}
    status, plan = api(synced, "approvals", dict(request, dry_run=True))
    assert status == 200 and plan["items"][0]["update"] == "test/curl=1.0"
    archive.add("curl", "2.0")
    archive.publish()
    synced.ctl_text("sync")
    status, problem = api(synced, "approvals", dict(request, plan=plan["plan"]))
    assert status == 409 and "changed since the plan was shown" in problem["detail"]
    assert synced.ctl("update", "list", "--channel", "certification") == []
    status, plan = api(synced, "approvals", dict(request, dry_run=True))
    assert api(synced, "approvals", dict(request, plan=plan["plan"]))[0] == 200
    approved = synced.ctl("update", "list", "--channel", "certification")
    assert [one["version"] for one in approved] == ["2.0"]


def test_a_sync_with_nothing_to_publish_starts_no_publishing(synced):
    synced.ctl_text("sync")
    before = len(synced.ctl("job", "list"))
    synced.ctl_text("sync")
    jobs = synced.ctl("job", "list")
    assert [(one["kind"], one["state"], one["what"]) for one in jobs[: len(jobs) - before]] == [
        ("sync", "done", "")
    ]


def test_a_provided_name_satisfies_a_dependency_in_the_channel(known, archive):
    archive.add("server", "2.0", Provides="mail-transport, smtpd (= 3)")
    archive.add("client", "1.0", Depends="mail-transport | other, smtpd (>= 3)")
    archive.add("picky", "1.0", Depends="smtpd (>= 4), server (>= 2)")
    archive.publish()
    known.ctl_text("sync")
    plan = ["approve", "client", "picky", "--channel", "certification", "--dry-run"]
    assert "server=2.0 would satisfy it" in known.ctl_text(*plan)
    known.ctl_text("approve", "server", "--channel", "certification", "--yes")
    assert "not in the channel" not in known.ctl_text(*plan)


@pytest.mark.parametrize(
    "typed,words",
    [
        ("aprove curl", "unknown command 'aprove curl'; did you mean approve?"),
        ("update lst", "unknown command 'update lst'; did you mean update list?"),
        ("frobnicate", "unknown command 'frobnicate'; sluicectl help lists them"),
        ("update", "update what? One of: list, show, packages"),
        ("token new --grp office", "unknown option '--grp'; did you mean --group?"),
        ("token new --lru office", "unknown option '--lru'"),
        ("coverage --update curl", "--update is about computers: it goes with --by computer"),
        ("channel history prod", "no channel 'prod': there are certification and production"),
        ("update list --channel prod", "channel 'prod': there is certification, production"),
        ("group add x --channel prod", "no channel 'prod': there are certification and production"),
        ("approve \x1b[31mcurl --channel certification", "'\\x1b[31mcurl' names no update: write [UPSTREAM/]NAME[=VERSION]"),
        ("update \x1b[31mlist", "unknown command 'update \\x1b[31mlist'; update has: list, show, packages"),
        ("api-token add x", "unknown command 'api-token add'; api-token has: new, list, remove"),
        ("person add eve --role boss", "no role 'boss': there are viewer, certifier, approver and owner"),
        ("help channle", "unknown command 'channle'; sluicectl help lists them"),
        ("approve curl --chanel production", "unknown option '--chanel'; did you mean --channel?"),
        ("update list -n 3", "unknown option '-n'"),
        ("update list --newest=yes", "--newest takes no value"),
        ("update list --limit", "--limit needs a value"),
        ("status --csv", "'status' is no listing, which alone --csv is for"),
        ("update list --json --csv", "--json or --csv, not both"),
        ("update list curl", "sluicectl update list takes no 'curl'; write: sluicectl update list"),
        ("settings set soak.high", "write: sluicectl settings set allow.RATING|soak.RATING|two_people VALUE"),
        ("upstream set test --serves caf\udce9", "'caf\\xe9' is not in UTF-8"),
        ("decline curl --reason=caf\udce9 --yes", "'--reason=caf\\xe9' is not in UTF-8"),
        ("group list --uses 3", "'group list' has no option --uses; see: sluicectl help group list"),
    ],
)
def test_what_is_mistyped_is_answered_with_what_was_meant(sluice, typed, words):
    with pytest.raises(CtlError) as caught:
        sluice.ctl_text(*typed.split())
    assert str(caught.value) == f"sluicectl: {words}"
    assert caught.value.code == 2


def test_help_and_version_are_given_wherever_they_are_asked_for(sluice):
    for typed in (["-h"], ["--help"], ["help"]):
        assert "usage: sluicectl" in sluice.ctl_text(*typed)
    for typed in (["update", "list", "-h"], ["help", "update", "list"]):
        assert "usage: sluicectl update list\n" in sluice.ctl_text(*typed)
    assert re.fullmatch(r"sluicectl \d+\.\d+\.\d+\n", sluice.ctl_text("--version"))


def test_who_asks_what_a_first_word_takes_is_told(sluice):
    for typed in (["update", "--help"], ["help", "update"]):
        said = sluice.ctl_text(*typed)
        assert "update list" in said and "update show" in said and "approve" not in said


@pytest.mark.parametrize(
    "typed",
    [
        "update show none",
        "computer list --update none",
        "computer show none",
        "computer list --group none",
        "token list --group none",
        "token new --group none",
        "group remove none",
        "upstream show none",
        "upstream enable none",
        "sync none",
        "sync list none",
        "job show 99",
        "channel show certification 99",
        "person role none viewer",
        "api-token remove 99",
    ],
)
def test_what_no_thing_is_called_is_not_mistyped_but_missing(sluice, typed):
    with pytest.raises(CtlError, match=r"none|99") as caught:
        sluice.ctl_text(*typed.split())
    assert caught.value.code == 1, caught.value


def test_a_version_that_is_none_is_answered_with_those_there_are(synced):
    with pytest.raises(CtlError, match="no update 'curl=9': there is 1.0$") as caught:
        synced.ctl_text("update", "show", "curl=9")
    assert caught.value.code == 1


def test_an_empty_listing_says_what_to_do_next(sluice):
    for name in ("upstream", "sync", "update", "group", "token", "person", "api-token", "computer"):
        assert ": sluicectl " in sluice.ctl_text(name, "list"), name
    assert ": sluicectl " in sluice.ctl_text("certification")
    assert ": sluicectl " in sluice.ctl_text("coverage")
    assert sluice.ctl_text("computer", "list", "--text", "x") == "nothing there is fits these options\n"


def test_a_token_says_what_it_is_good_for_and_ends_in_a_day(sluice):
    sluice.ctl_text("group", "add", "office", "--channel", "certification")
    said = sluice.ctl_text("token", "new", "--group", "office")
    assert re.search(r"Until 20\S+Z it lets any number of computers into group office\.", said)
    sluice.ctl_text("token", "new", "--group", "office", "--expires", "never", "--uses", "1", "--hold")
    endless, daily = sluice.ctl("token", "list")
    assert daily["expires_at"] - daily["made_at"] == 86400
    assert endless["expires_at"] == 0 and endless["uses_left"] == 1


def test_a_time_that_is_set_is_told_as_it_was_understood(sluice):
    assert sluice.ctl_text("settings", "set", "soak.none", "90") == "soak.none is 1m 30s now\n"


def test_what_nobody_asked_for_is_said_to_be_the_servers(sluice):
    listed = sluice.ctl_text("job", "list")
    assert "  the server  " in listed and "schedule" not in listed
    assert sluice.ctl("job", "list")[0]["person"] == "schedule"


def run_as(user, *arguments):
    command = ["setpriv", f"--reuid={user}", "--clear-groups", str(BUILD / "server/ctl/sluicectl")]
    if user == "root":
        command = command[3:]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    return done.stderr.strip()


def test_a_server_that_cannot_be_reached_is_named_with_the_reason(sluice, folder):
    none = folder / "none"
    assert f"there is no {none}/admin.sock" in run_as("root", "--state", str(none), "status")
    sluice.kill()
    said = run_as("root", "--state", str(sluice.state), "status")
    assert f"no sluiced answers at {sluice.state}/admin.sock: is it running?" in said


def test_somebody_who_may_not_is_told_which_group_may(sluice):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    said = run_as("daemon", "--state", str(sluice.state), "status")
    assert "members of group sluice-admin: you are none of them" in said


def listings(sluice):
    """Every command that lists something."""
    found = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", sluice.ctl_text("help"), re.M)
    plain = [one for one in found if one.endswith(" list")]
    return [*plain, "channel diff", "channel history", "coverage", "coverage --by computer"]


def test_every_listing_is_there_as_json_and_as_csv_too(synced):
    synced.ctl_text("approve", "curl", "--channel", "certification", "--yes")
    synced.ctl_text("group", "add", "office", "--channel", "certification")
    synced.ctl_text("token", "new", "--group", "office")
    names = listings(synced)
    assert len(names) >= 12
    for name in names:
        command = name.split()
        rows = synced.ctl(*command)
        assert isinstance(rows, list), name
        text = synced.ctl_text(*command, "--csv")
        read = list(csv.DictReader(io.StringIO(text)))
        assert len(read) == len(rows), name
        assert all(None not in one and None not in one.values() for one in read), name
        for column in text.split("\n")[0].split(","):
            assert re.fullmatch("[a-z_-]+", column), name
            assert not rows or column in rows[0], f"{name}: {column}"
        assert synced.ctl_text(*command).strip(), name
