"""The page's own rules: what its modules may name, and that every file of it is served."""

import os
import pathlib
import re

WWW = pathlib.Path(__file__).resolve().parents[2] / "www"
LINES = 300
LIBRARY = ("charts.js", "./chart.min.js")  # Debian's, put beside it by the build

# what a module may not say -> the only module that may
RESERVED = {
    r"\bfetch\(|XMLHttpRequest|EventSource|WebSocket|sendBeacon": "api.js",
    r"\bChart\b": "charts.js",
}
MARKUP = re.compile(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
                    r"createContextualFragment|DOMParser|setHTML")  # fmt: skip
IMPORT = re.compile(r"""(?:^import\s[^"`;]*|^export\s[^"`;(]*\bfrom\s*|\bimport\()["`]([^"`]+)["`]""", re.M)


def modules():
    found = sorted(WWW.rglob("*.js"))
    assert found, "no modules found: the checks below would say nothing"
    return [(str(path.relative_to(WWW)), path.read_text(encoding="utf-8")) for path in found]


def findings(name, text):
    for pattern, owner in RESERVED.items():
        if name != owner and re.search(pattern, text):
            yield f"{name}: {re.search(pattern, text).group(0)} belongs to {owner}"
    if MARKUP.search(text):
        yield f"{name}: {MARKUP.search(text).group(0)} makes markup of text"
    if text.count("\n") > LINES:
        yield f"{name}: more than {LINES} lines"
    if not text.startswith(f"/* {name.rsplit('/', 1)[-1]} - "):
        yield f"{name}: does not say at its top what it is"
    for target in IMPORT.findall(text):
        if (name, target) == LIBRARY:
            continue
        if "${" not in target and not (WWW / name).parent.joinpath(target).is_file():
            yield f"{name}: imports {target}, which is not there"


def test_modules_follow_the_rules():
    assert [line for name, text in modules() for line in findings(name, text)] == []


def test_the_rules_can_fail():
    bad = '/* x.js - x */\nimport { a } from "./none.js";\nfetch(a);\nb.innerHTML = a;\nnew Chart();\n'
    assert len(list(findings("x.js", bad))) == 4
    assert len(list(findings("x.js", "a();\n" * 301))) == 2


def test_every_file_is_listed_to_be_served():
    listed = re.findall(r"<file[^>]*>([^<]+)</file>", (WWW / "page.xml").read_text())
    there = [str(p.relative_to(WWW)) for p in WWW.rglob("*.*") if p.suffix in (".js", ".css", ".html", ".svg")]
    assert sorted(listed) == sorted(there + ["chart.min.js"])


def test_the_document_has_nothing_inline():
    text = (WWW / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(?:src|href)=["']?(?:/|[a-z]+:)""", text), "an address that is not relative"


def imported(name, found):
    """What a module needs before it can run."""
    text = (WWW / name).read_text(encoding="utf-8")
    for target in re.findall(r"""^(?:import|export)\s[^"`;(]*["`](\.[^"`]+)["`]""", text, re.M):
        path = os.path.normpath(pathlib.Path(name).parent / target)
        if path not in found:
            found.add(path)
            imported(path, found)
    return found


def test_the_document_names_all_that_its_script_imports():
    """Else a browser finds them one after the other, each a journey to the server."""
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', (WWW / "index.html").read_text())
    assert named == sorted(imported("app.js", set()))
