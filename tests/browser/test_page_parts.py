"""What the page's views stand on, asked in the browser itself: words, elements, links, calls, forms."""

import json
import re

import pytest
from people import address
from sluice import Sluice


@pytest.fixture(scope="module")
def server(folder):
    """One for all of these tests: they only take the page's modules from it."""
    started = Sluice(folder)
    yield started.start()
    started.stop()


@pytest.fixture
def parts(browser, server):
    """Runs a script, with await, in the page of a server; what it returns."""
    browser.open(address(server))

    def run(text):
        done = "const done = arguments[0];"
        caught = "(e) => done(JSON.stringify({thrown: `${e.name}: ${e.message}`}))"
        answer = browser.driver.execute_async_script(
            f"{done} (async () => {{ {text} }})().then((r) => done(JSON.stringify(r ?? null)), {caught});"
        )
        result = json.loads(answer)
        assert not (isinstance(result, dict) and "thrown" in result), result
        return result

    return run


def test_a_notice_is_in_nobodys_way(parts):
    """Good news leaves what lies below it to be clicked; its own button, and bad news, can be."""
    under = parts("""
        const { notice } = await import("./parts/notice.js");
        const at = (element) => {
            const box = element.getBoundingClientRect();
            const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            return element.contains(hit);
        };
        notice("done");
        notice("not done", { tone: "bad" });
        const [good, bad] = document.querySelectorAll(".notice");
        return [good, bad].flatMap((one) => [at(one.querySelector("p")), at(one.querySelector("button"))]);
    """)
    assert under == [False, True, True, True]


def words(parts, expressions):
    names = "ago, bytes, count, duration, number, share, utc"
    listed = ", ".join(expressions)
    return parts(f"const {{ {names} }} = await import('./parts/words.js'); return [{listed}];")


def test_numbers_sizes_and_times_are_in_peoples_words(parts):
    expected = {
        "number(1234567)": "1,234,567",
        "number(0)": "0",
        "number(null)": "–",
        "count(1, 'computer')": "1 computer",
        "count(0, 'computer')": "0 computers",
        "bytes(0)": "0 bytes",
        "bytes(1)": "1 byte",
        "bytes(999)": "999 bytes",
        "bytes(1000)": "1 kB",
        "bytes(999999)": "1 MB",
        "bytes(1234567)": "1.2 MB",
        "share(1, 0)": "–",
        "share(1, 3)": "33.3 %",
        "share(99999, 100000)": "> 99.9 %",
        "share(1, 100000)": "< 0.1 %",
        "share(5, 5)": "100 %",
        "duration(0)": "0 seconds",
        "duration(1)": "1 second",
        "duration(3600)": "1 hour",
        "duration(90000)": "1 day 1 hour",
        "duration(604800)": "1 week",
        "duration(1814400)": "21 days",
        "ago(1000, 1000)": "just now",
        "ago(1000, 1180)": "3 minutes ago",
        "ago(8200, 1000)": "in 2 hours",
        "ago(1000 + 7 * 86400, 1001)": "in 7 days",
        "ago(1000, 1000 + 86400)": "yesterday",
        "utc(0)": "1970-01-01 00:00:00 UTC",
    }
    assert words(parts, expected) == list(expected.values())


def test_times_are_in_the_viewers_zone_with_utc_on_hover(browser, server, parts):
    browser.command("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    browser.open(address(server))
    try:
        shown = parts(
            "const { time } = await import('./parts/words.js'); const t = time(1795600000, 'moment');"
            "return [t.textContent, t.title, t.dateTime, time(0).textContent];"
        )
    finally:
        browser.command("Emulation.setTimezoneOverride", timezoneId="")
    assert shown == ["25 Nov 2026, 18:46", "2026-11-25 09:46:40 UTC", "2026-11-25T09:46:40.000Z",
                     "never"]  # fmt: skip


def test_text_stays_text_and_links_lead_nowhere_unexpected(parts):
    bad = ["javascript:alert(1)", " javascript:alert(1)", "JaVaScript:x", "java\nscript:x", "data:text/html,x",
           "//evil.example.org", "\\\\evil.example.org", "http://evil.example.org", "vbscript:x"]  # fmt: skip
    good = ["#/updates?text=a:b", "api/v1/updates", "https://example.org/", "?x=1", ""]
    script = """
        const { h } = await import('./parts/dom.js');
        const p = h('p', null, '<b>x</b>', ['y', [null, false, 0]]);
        const links = (list) => list.map((href) => h('a', { href }).hasAttribute('href'));
        let refused = '';
        try { h('p', { style: 'color: red' }); } catch (e) { refused = e.name; }
        return [p.childElementCount, p.textContent, links(BAD), links(GOOD), refused];
    """
    filled = script.replace("BAD", json.dumps(bad)).replace("GOOD", json.dumps(good))
    inside, text, unsafe, safe, refused = parts(filled)
    assert (inside, text) == (0, "<b>x</b>y0")
    assert unsafe == [False] * len(bad) and safe == [True] * len(good)
    assert refused == "TypeError"


def test_a_link_says_what_was_put_into_it(parts):
    strange = json.dumps("a/b?c=d&e#f %2F +<\u202eé")
    assert parts(
        f"const {{ to, parse }} = await import('./parts/route.js'); const text = {strange};"
        "const where = parse(to(['computers', text], { name: text, none: null, empty: '' }));"
        "return where.view === 'computers' && where.path.length === 1 && where.path[0] === text &&"
        " where.query.get('name') === text && [...where.query.keys()].length === 1;"
    )


# A server made up in the page: answers(url, options) gives {status, body, etag}.
FAKE = """
    const api = await import('./api.js');
    const asked = [];
    window.fetch = async (url, options = {}) => {
        asked.push(`${options.method ?? 'GET'} ${url}`);
        const { status = 200, body = {}, etag = null } = answers(url, options);
        return new Response(status === 304 ? null : JSON.stringify(body),
                            { status, headers: etag ? { ETag: etag } : {} });
    };
"""


def test_a_session_that_ends_is_asked_for_once_and_every_request_repeated(parts):
    count, results = parts(FAKE + """
        let signed = false, times = 0;
        const answers = (url) => signed ? { body: { url } } :
            { status: 401, body: { type: 'urn:sluice:problem:sign-in', detail: 'over' } };
        api.settleWith({ 'sign-in': async () => {
            times++;
            await new Promise((r) => setTimeout(r, 50));
            return signed = true;
        } });
        const all = ['a', 'b', 'c'].map((path) => api.get(path)).concat(api.post('d', { x: 1 }));
        const results = await Promise.all(all);
        return [times, results.map((one) => one.url)];
    """)  # fmt: skip
    assert count == 1
    assert results == [f"api/v1/{one}" for one in "abcd"]


def test_who_does_not_sign_in_again_gets_the_problem(parts):
    assert parts(FAKE + """
        const answers = () => ({ status: 401, body: { type: 'urn:sluice:problem:sign-in', detail: 'over' } });
        api.settleWith({ 'sign-in': async () => false });
        try { await api.post('x'); } catch (p) { return [p.status, p.kind, p.message, asked.length]; }
    """) == [401, "sign-in", "over", 1]  # fmt: skip


def test_an_unchanged_list_is_not_sent_again(parts):
    assert parts(FAKE + """
        const answers = (url, options) => options.headers['If-None-Match'] === '"1"' ?
            { status: 304 } : { body: { items: [7] }, etag: '"1"' };
        const first = await api.get('updates', { text: 'x', none: null, empty: '' });
        const second = await api.get('updates', { text: 'x' });
        return [first, second, asked];
    """) == [{"items": [7]}, {"items": [7]}, ["GET api/v1/updates?text=x"] * 2]  # fmt: skip


def test_a_token_of_another_tab_is_taken_over_once(parts):
    assert parts(FAKE + """
        const answers = (url, { method, headers }) => url === 'api/v1/session' ?
            { body: { person: 'ada', role: 'owner', token: 'new' } } :
            headers['X-Sluice-Token'] === 'new' ? { body: { ok: 1 } } :
            { status: 403, body: { type: 'about:blank', detail: 'token' } };
        const done = await api.post('groups', {});
        return [done, asked];
    """) == [{"ok": 1}, ["POST api/v1/groups", "GET api/v1/session", "POST api/v1/groups"]]  # fmt: skip


def test_a_refusal_by_role_is_shown_and_not_repeated(parts):
    assert parts(FAKE + """
        const answers = (url) => url === 'api/v1/session' ?
            { body: { person: 'ada', role: 'viewer', token: '' } } :
            { status: 403, body: { type: 'about:blank', detail: 'that takes an owner' } };
        await api.currentSession();
        try { await api.post('groups', {}); } catch (p) { return [p.message, asked]; }
    """) == ["that takes an owner", ["GET api/v1/session", "POST api/v1/groups", "GET api/v1/session"]]  # fmt: skip


def test_a_job_is_watched_over_a_restart_of_the_server(parts):
    assert parts(FAKE + """
        const states = ['queued', 'down', 'running', 'done'];
        const answers = () => {
            const state = states.shift();
            if (state === 'down') throw new TypeError('network');
            return { body: { id: 3, kind: 'sync', subject: 'debian', state } };
        };
        const seen = [];
        const job = await api.watch(3, { progress: (one) => seen.push(`${one.subject} ${one.state}`) });
        return [job.state, seen];
    """) == ["done", ["debian queued", "debian waiting", "debian running", "debian done"]]  # fmt: skip


def test_what_is_asked_for_by_a_timer_is_said_to_be(parts):
    assert parts(FAKE + """
        const states = ['running', 'done'], said = [];
        const answers = (url, { headers }) => {
            said.push([url.replace(/.*v1./, ''), headers['X-Sluice-Background'] ?? null]);
            return { body: { id: 3, state: states.shift() } };
        };
        await api.watch(3);
        await api.get('updates');
        await api.get('overview', {}, { background: true });
        return said;
    """) == [["jobs/3", "1"], ["jobs/3", "1"], ["updates", None], ["overview", "1"]]  # fmt: skip


def test_a_job_that_a_restarted_server_does_not_know_is_said_to_be_lost(parts):
    assert parts(FAKE + """
        const known = [{ body: { id: 3, kind: 'sync', subject: 'debian', state: 'running' } }];
        const answers = () => known.pop() ?? { status: 404, body: { detail: 'no job 3' } };
        const { kind, subject, state } = await api.watch(3);
        return [kind, subject, state];
    """) == ["sync", "debian", "lost"]  # fmt: skip


def test_a_field_says_what_is_wrong_to_a_screen_reader_too(browser, parts):
    parts("""
        const { field, checkAll } = await import('./parts/form.js');
        const name = field({ label: 'Group', required: true, help: 'Short.' });
        document.body.replaceChildren(name.root);
        checkAll([name]);
    """)
    group = browser.see("textbox", "Group")
    assert group.states["invalid"] == "true"
    described = browser.script(
        "const i = document.querySelector('input'); return i.getAttribute('aria-describedby').split(' ')"
        ".map((id) => document.getElementById(id).textContent)"
    )
    assert described == ["Short.", "Group: please fill this in"]
    assert browser.focused() == ("textbox", "Group")
    group.element.send_keys("x")
    assert browser.see("textbox", "Group").states.get("invalid") in (None, "false")


def test_a_long_text_is_shown_in_part_until_it_is_asked_for(browser, parts):
    parts("""
        const { said } = await import('./parts/said.js');
        document.body.replaceChildren(said('x'.repeat(4000)), said('short'));
    """)
    assert "short" in browser.text() and "x" * 401 not in browser.text()
    browser.click("button", "Show all")
    browser.reads("x" * 4000)


def test_an_updates_history_says_which_return_took_it_out(parts):
    said = parts("""
        const { historyCard } = await import('./parts/update_cards.js');
        const entry = { person: 'ann', channel: 'production', publication: 4, at: 1, reason: 'too early' };
        const card = historyCard({ history: [{ ...entry, action: 'leave out' },
                                             { ...entry, action: 'bring back' }] });
        return [...card.querySelectorAll('li')].map((one) => one.textContent.replace(/ +/g, ' '));
    """)
    assert said[0].startswith("ann took it out of production with the return to publication 4")
    assert said[1].startswith("ann brought it back to production with the return to publication 4")
    assert said[0].endswith("too early")


def test_a_sync_says_what_came(parts):
    runs = [{}, {"updates": 2, "revisions": 3, "packages": 9}, {"packages": 12}]
    none = {"outcome": "changed", "updates": 0, "revisions": 0, "packages": 0, "withdrawn": 0, "bytes": 1000}
    said = parts(f"""
        const {{ outcome }} = await import('./parts/syncs.js');
        return {json.dumps([none | run for run in runs])}.map((run) => outcome(run).text);
    """)
    assert said == [
        "New metadata, no new update (1 kB read)",
        "2 new updates, 1 new revision (1 kB read)",
        "12 packages known, none to approve (1 kB read)",
    ]


# A decision dialog over a made-up server: what it asked is in sent, what it gave in decided.
DECISION = FAKE + """
    const { BOTH, decide } = await import('./parts/decision.js');
    const sent = window.sent = [];
    const item = (update) => ({ update, channel: 'certification', severity: 'high', rating: null,
                                payloads: 1, size: 1000, to_fetch: 0, unchanged: false, computers: 7 });
    const plan = (names, more) => ({ plan: `plan of ${names.join()}`, items: names.map(item), missing: [],
                                     warnings: [], payloads: 1, size: 1000, to_fetch: 0, computers: 7,
                                     ...more });
    const answers = (url, { body }) => {
        const request = JSON.parse(body);
        sent.push(request);
        return answer(request);
    };
    const page = { may: () => true, signal: new AbortController().signal };
    const ask = (options) => decide({ page, ...options }).then((it) => { window.decided = it; });
"""


def sent(browser):
    return browser.script("return window.sent")


def test_what_is_decided_is_the_plan_that_was_shown(browser, parts):
    parts(DECISION + """
        const answer = ({ names }) => ({ body: plan(names, { jobs: [] }) });
        ask({ kind: 'approve', names: ['u/a=1', 'u/b=2'] });
    """)  # fmt: skip
    browser.reads("2 updates for 7 computers")
    browser.fill("textbox", re.compile("^Reason"), "they are good")
    browser.click("button", "Approve 2 for certification")
    browser.gone("dialog")
    dry_run, decided = sent(browser)
    assert dry_run["dry_run"] is True and "dry_run" not in decided
    assert decided == {"kind": "approve", "names": ["u/a=1", "u/b=2"], "channel": "certification",
                       "reason": "they are good", "plan": "plan of u/a=1,u/b=2"}  # fmt: skip
    browser.wait(lambda: browser.script("return window.decided === true"), "nobody was told")


def test_a_missing_dependency_is_taken_in_with_one_button(browser, parts):
    parts(DECISION + """
        const missing = [{ package: 'a 1 amd64', dependency: 'libz (>= 2)', candidate: 'u/libz=2' }];
        const answer = ({ names }) => ({ body: plan(names, names.length > 1 ? {} : { missing }) });
        ask({ kind: 'approve', names: ['u/a=1'] });
    """)  # fmt: skip
    browser.reads("a 1 amd64 needs libz (>= 2)")
    browser.click("button", "Add libz 2")
    browser.reads("2 updates for 7 computers")
    assert sent(browser)[-1]["names"] == ["u/a=1", "u/libz=2"]
    browser.click("button", "Cancel")
    browser.wait(lambda: browser.script("return window.decided === false"), "nobody was told")
    assert all(one["dry_run"] for one in sent(browser))


def test_a_plan_that_changed_meanwhile_is_shown_anew_and_what_was_typed_stays(browser, parts):
    parts(DECISION + """
        const answer = ({ names, dry_run }) => dry_run ? { body: plan(names) } :
            { status: 409, body: { type: 'urn:sluice:problem:conflict', detail: 'grace was faster' } };
        ask({ kind: 'decline', names: ['u/a=1'] });
    """)  # fmt: skip
    browser.reads("no longer offered")
    browser.fill("textbox", "Reason", "nobody has it")
    browser.click("button", "Decline")
    browser.reads("grace was faster")
    assert browser.see("textbox", "Reason").value == "nobody has it"
    browser.wait(lambda: len(sent(browser)) == 3, "the plan is not asked for again")
    assert sent(browser)[2]["dry_run"] is True


def test_an_emergency_asks_for_its_reason_before_anything(browser, parts):
    parts(DECISION + """
        const answer = ({ names, emergency }) => emergency ? { body: plan(names) } :
            { status: 403, body: { detail: 'approve it for certification first' } };
        ask({ kind: 'approve', names: ['u/a=1'], channel: 'production' });
    """)  # fmt: skip
    browser.reads("approve it for certification first")
    assert browser.see("button", re.compile("^Approve")).disabled
    browser.click("checkbox", re.compile("^Emergency"))
    browser.reads("an emergency needs one")
    browser.fill("textbox", re.compile("^Reason"), "it is being exploited\t")
    browser.reads("1 update for 7 computers")
    assert [one.get("emergency") for one in sent(browser)] == [None, True]
    assert not browser.see("button", "Emergency: approve for production").disabled


def test_a_recall_is_from_wherever_the_update_is(browser, parts):
    parts(DECISION + """
        const both = [item('u/a=1'), { ...item('u/a=1'), channel: 'production' }];
        const answer = ({ names }) => ({ body: plan(names, { items: both, jobs: [] }) });
        ask({ kind: 'recall', names: ['u/a=1'], channel: BOTH });
    """)  # fmt: skip
    browser.reads("1 update for 7 computers: out of the next publication at once")
    browser.click("button", "Recall from both channels")
    browser.reads("Reason: please fill this in")
    browser.fill("textbox", "Reason", "it breaks printers")
    browser.click("button", "Recall from both channels")
    browser.gone("dialog")
    assert sent(browser)[-1] == {"kind": "recall", "names": ["u/a=1"], "reason": "it breaks printers",
                                 "plan": "plan of u/a=1"}  # fmt: skip


def test_a_job_can_be_stopped_by_whom_the_server_lets(browser, parts):
    offered = parts(FAKE + """
        const { jobCard } = await import('./parts/job.js');
        const answers = () => ({ body: { id: 1, kind: 'sync', subject: 'a', state: 'running',
                                         person: 'ann', finished_at: 0, bytes_done: 0, items_done: 0 } });
        const of = async (person, ...rights) => {
            const gone = new AbortController();
            const page = { may: (right) => rights.includes(right), session: { person } };
            const { root, done } = jobCard(1, { page, signal: gone.signal });
            done.catch(() => {});
            while (!root.querySelector(".job"))
                await new Promise((resolve) => setTimeout(resolve, 10));
            gone.abort();
            window.told = root.querySelector("[role=status]").textContent;
            return !root.querySelector("button").hidden;
        };
        return [await of('bob'), await of('bob', 'certify'), await of('ann', 'certify'),
                await of('bob', 'certify', 'approve')];
    """)  # fmt: skip
    assert offered == [False, False, True, True]
    assert browser.script("return window.told") == "Sync a: running"


def test_what_a_publication_had_to_leave_out_is_said(browser, parts):
    parts(FAKE + """
        const { showOutcome } = await import('./parts/outcome.js');
        const result = { channel: 'production', missing: 2, lost: ['u/a=1', 'u/b=2'] };
        const answers = () => ({ body: { id: 1, kind: 'publish', subject: 'production', state: 'done',
                                         finished_at: 9, result } });
        showOutcome({ page: { may: () => true, session: {} }, title: 'Approved', jobs: [1] });
    """)  # fmt: skip
    text = browser.reads("out of the channel until they are fetched again")
    assert "2 payloads could not be had yet" in text
    assert "u/a=1" in text and "u/b=2" in text


def test_a_return_says_what_is_refused_and_passes_by_in_an_emergency_only(browser, parts):
    parts(DECISION + """
        const { goBack } = await import('./parts/going_back.js');
        const held = ['u/a=1 is held by ann: it breaks printers'];
        const answer = ({ emergency, dry_run }) => ({ body: {
            added: ['a 1'], removed: ['b 2'], skipped: 0, refused: emergency ? [] : held,
            warnings: emergency ? held : [], ...(dry_run ? {} : { jobs: [] }) } });
        goBack({ page, channel: 'production', number: 4, computers: 7 })
            .then((it) => { window.decided = it; });
    """)  # fmt: skip
    browser.reads("Refused: these may not come into production")
    browser.reads("u/a=1 is held by ann: it breaks printers")
    assert browser.see("button", "Return production").disabled
    browser.click("checkbox", re.compile("^Emergency"))
    browser.reads("an emergency needs one")
    browser.fill("textbox", "Reason", "it is being exploited\t")
    browser.reads("The emergency passes by")
    browser.click("button", "Return production")
    browser.wait(lambda: browser.script("return window.decided === true"), "nobody was told")
    assert sent(browser)[-1] == {"channel": "production", "number": 4, "emergency": True,
                                 "reason": "it is being exploited"}  # fmt: skip


def test_a_filter_that_has_no_field_can_be_read_where_it_is_narrow(browser, parts):
    browser.size(250)
    parts("""
        const { filters } = await import('./parts/filters.js');
        const query = new URLSearchParams({ update: 'debian-security/nginx=1.22.1-9+deb12u3' });
        document.body.replaceChildren(filters({ list: [], query, change: () => {} }).chips);
    """)
    cut = browser.script("return [...document.querySelectorAll('.chip, .chip > *')].filter((one) =>"
                         " one.scrollHeight > one.clientHeight + 1).length")  # fmt: skip
    assert (browser.text().split("\n")[0], cut) == ("update: debian-security/nginx=1.22.1-9+deb12u3", 0)


def test_a_dialog_can_be_read_while_its_action_runs(browser, parts):
    parts("""
        const { dialog } = await import('./parts/dialog.js');
        const work = new Promise((resolve, reject) => { window.fail = () => reject(new Error('it broke')); });
        dialog({ title: 'Move it', body: 'Far away.', actions: [{ label: 'Move', run: () => work }] });
    """)
    browser.click("button", "Move")
    dialog = browser.see("dialog", "Move it")
    assert not browser.all("button", "Move", dialog) and browser.all("alert", None, dialog)
    browser.script("window.fail()")
    browser.wait(lambda: "it broke" in browser.see("alert", None, dialog).text, "nothing is said")
    assert browser.focused() == ("button", "Move")


@pytest.mark.parametrize("skipped, words", [(0, None), (1, "One update of it stays out, because it was"),
                                            (2, "2 updates of it stay out, because they were")])  # fmt: skip
def test_a_return_that_changes_nothing_says_so_and_asks_for_nothing(browser, parts, skipped, words):
    parts(DECISION + f"""
        const {{ goBack }} = await import('./parts/going_back.js');
        const answer = () => ({{ body: {{ added: [], removed: [], skipped: {skipped}, refused: [], warnings: [] }} }});
        goBack({{ page, channel: 'production', number: 4, computers: 7 }});
    """)  # fmt: skip
    said = browser.reads("production has this already, so there is nothing to return to")
    assert words is None or words in said
    assert browser.see("button", "Return production").disabled
    assert not browser.all("textbox", "Reason")


def test_a_dialog_goes_with_the_view_it_is_about(browser, parts):
    parts(DECISION + """
        const answer = ({ names }) => ({ body: plan(names) });
        ask({ kind: 'decline', names: ['u/a=1'] });
    """)  # fmt: skip
    browser.reads("no longer offered")
    browser.script("location.hash = '#/elsewhere'")
    browser.gone("dialog")
    browser.wait(lambda: browser.script("return window.decided === false"), "nobody was told")
    assert all(one["dry_run"] for one in sent(browser))
