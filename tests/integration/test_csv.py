"""Lists as CSV: what a spreadsheet opens is text, and what a program reads is what was meant."""

import csv
import io
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET

import pytest
from admin import get, post
from machine import Machine

# names of groups and of machines, reasons, what machines say of themselves
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(1)", " =1", "\u00a0=1", "\uff1d1", "'=1", "a=1", 'say "hi"', "a,b", "a;b",
    '=HYPERLINK("http://x.example.org","y")', "=cmd|' /C calc'!A0", "'", '"=1"', "it's", "zoë", "-",
]  # fmt: skip

# what only a text of several lines may hold, as a reason does
LINES = ["\t=1", "\r=1", "\n=1", "\n\t-1", "two\nlines", "a\tb", "a\rb", "a\r\nb", 'say\n"hi"', "a,\n=1"]


def rows_of(answer):
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), strict=True))


def begins_as_formula(text):
    return re.match(r"[\s']*[=+@\-\uff0b\uff0d\uff1d\uff20\t\r]", text) is not None


def read_back(cell):
    """What catalog/base/csv.h says of the apostrophe."""
    return cell[1:] if cell.startswith("'") and begins_as_formula(cell[1:]) else cell


@pytest.fixture(scope="module")
def fleet(shared):
    """Groups and machines with names that somebody thought of."""
    made = []
    for name in HOSTILE:
        answer = post(shared, "groups", {"name": name, "channel": "production"})
        if answer.status == 201:
            made.append(name)
    assert len(made) >= len(HOSTILE) - 4  # a name of a group does not begin with - or a blank
    token = post(shared, "tokens", {"group": made[0], "uses": 100}).json["token"]
    for number, name in enumerate(HOSTILE):
        machine = Machine(shared.url, name=f"m{number}")
        assert machine.enroll(token, facts=machine.facts(kernel=name))[0] == 200
    return made


def test_a_list_as_csv_is_what_it_is_as_json(shared, fleet):
    rows = rows_of(get(shared, "groups?format=csv"))
    assert sorted(read_back(row["name"]) for row in rows) == sorted(fleet)
    items = get(shared, "groups").json["items"]
    assert list(rows[0]) == list(items[0])
    assert [int(row["computers"]) for row in rows] == [one["computers"] for one in items]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["added_at"]) for row in rows)
    rows = rows_of(get(shared, "computers?format=csv"))
    assert [read_back(row["kernel"]) for row in rows] == [
        one["kernel"] for one in get(shared, "computers").json["items"]
    ]


def test_no_cell_begins_as_a_formula(shared, fleet):
    for path in ("groups", "computers", "tokens", "audit", "coverage?by=group"):
        sign = "&" if "?" in path else "?"
        for row in rows_of(get(shared, f"{path}{sign}format=csv")):
            for key, cell in row.items():
                number = re.fullmatch(r"-?\d+", cell) and key != "kernel"
                assert number or not re.match(r"\s*[=+@\-\t\r]", cell), (path, key, cell)


def test_csv_is_a_file_with_a_name(shared):
    answer = get(shared, "groups?format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sluice-groups.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    tag = answer.headers["ETag"]
    assert get(shared, "groups?format=csv", If_None_Match=tag).status == 304
    assert get(shared, "groups").headers["ETag"] != tag


def test_csv_is_the_whole_list_unless_a_limit_is_given(shared, fleet):
    assert len(rows_of(get(shared, "computers?format=csv&limit=3"))) == 3
    second = rows_of(get(shared, "computers?format=csv&limit=3&offset=3"))
    whole = rows_of(get(shared, "computers?format=csv"))
    assert second == whole[3:6] and len(whole) == len(HOSTILE)


def test_more_rows_than_are_read_at_a_time_are_all_there(sluice):
    """The audit log of 6000 changes: pages of 5000 join without a row lost or doubled."""
    post(sluice, "groups", {"name": "one", "channel": "production"})
    with_sql(sluice, 6000)
    rows = rows_of(get(sluice, "audit?format=csv"))
    ids = [int(row["id"]) for row in rows]
    assert len(ids) > 6000 and ids == sorted(set(ids), reverse=True)
    assert len(rows_of(get(sluice, "audit?format=csv&limit=5000"))) == 5000
    assert len(rows_of(get(sluice, "audit?format=csv&limit=5001"))) == 5001
    assert len(get(sluice, "audit").json["items"]) == 200
    # so it is as JSON
    whole = get(sluice, "audit?limit=100000").json
    assert [row["id"] for row in whole["items"]] == ids and whole["total"] == len(ids)
    assert list(whole) == list(get(sluice, "audit?limit=1").json)
    assert [row["id"] for row in get(sluice, "audit?limit=5001&offset=7").json["items"]] == ids[7:5008]
    assert get(sluice, "audit?limit=100000&person=nobody").json == {"items": [], "total": 0}
    assert get(sluice, "audit?limit=100001").status == 400


def with_sql(sluice, count):
    """Adds rows to the audit log, as so many changes would."""
    database = sqlite3.connect(sluice.state / "sluice.db", timeout=30)
    with database:
        database.executemany(
            "INSERT INTO audit (at, person, action, object, detail, hash)"
            " VALUES (?, 'root', 'test', 'x', '{}', 'x')",
            ((number,) for number in range(count)),
        )
    database.close()


def test_what_is_no_list_is_no_csv(shared):
    assert get(shared, "status?format=csv").status == 400
    assert "format 'xml': there is json, csv" in get(shared, "groups?format=xml").json["detail"]


def test_a_list_of_nothing_has_its_header(sluice):
    def header(path):
        return get(sluice, path).body.decode("utf-8-sig").splitlines()[0].split(",")

    before = header("groups?format=csv")
    assert rows_of(get(sluice, "groups?format=csv")) == []
    post(sluice, "groups", {"name": "one", "channel": "production"})
    assert header("groups?format=csv") == before and "name" in before
    for path in ("updates", "upstreams", "computers", "coverage", "tokens", "syncs"):
        assert len(header(f"{path}?format=csv")) > 5, path


OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def opened(folder, text):
    """Rows of (value type, text, formula) as LibreOffice has them when people open it."""
    assert text.startswith(b"\xef\xbb\xbf"), "its dialog takes it for another encoding"
    (folder / "list.csv").write_bytes(text)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
         "fods", "--infilter=CSV:44,34,76", "--outdir", str(folder), str(folder / "list.csv")],
        check=True, capture_output=True, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    for row in ET.parse(folder / "list.fods").iter(f"{TABLE}table-row"):
        cells = []
        for cell in row.iter(f"{TABLE}table-cell"):
            repeated = int(cell.get(f"{TABLE}number-columns-repeated", 1))
            text = "\n".join("".join(one.itertext()) for one in cell)
            value = (cell.get(f"{OFFICE}value-type"), text, cell.get(f"{TABLE}formula"))
            cells += [value] * min(repeated, 50)
        yield cells


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_spreadsheet_calculates_nothing_of_it(shared, fleet, folder):
    rows = list(opened(folder, get(shared, "computers?format=csv").body))
    header = [text for _, text, _ in rows[0]]
    column = header.index("kernel")
    read = rows_of(get(shared, "computers?format=csv"))
    for line, row in zip(rows[1:], read):
        assert all(formula is None for _, _, formula in line), line
        kind, text, _ = line[column]
        assert kind == "string" and text.strip() == row["kernel"].strip()
    assert len(rows) >= len(HOSTILE) + 1


@pytest.fixture
def reasons(known, archive):
    """The text of an audit log as CSV in which each of them is a reason."""
    archive.add("tool", "1.0")
    archive.publish()
    known.ctl_text("sync")
    rating = {"name": "tool", "rating": "high"}
    for reason in HOSTILE + LINES:
        assert post(known, "ratings", rating | {"reason": reason}).status == 200, reason
    assert post(known, "ratings", rating | {"reason": "x\0y"}).status == 400
    return get(known, "audit?action=rate&format=csv")


def test_reasons_of_several_lines_are_read_back(reasons):
    read = [read_back(row["reason"]) for row in rows_of(reasons)]
    assert read == (HOSTILE + LINES)[::-1]


def without_blanks(text):
    """A spreadsheet shows those in its own way, and what keeps a formula from being one."""
    return "".join(text.split()).lstrip("'")


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_spreadsheet_calculates_no_line_of_a_reason(reasons, folder):
    head, *rows = opened(folder, reasons.body)
    column = [text for _, text, _ in head].index("reason")
    shown = []
    for row in rows:
        assert all(formula is None for _, _, formula in row), row
        kind, text, _ = row[column]
        assert kind == "string", row
        shown.append(without_blanks(text))
    assert shown == [without_blanks(reason) for reason in (HOSTILE + LINES)[::-1]]
