"""The page's own rules: what its modules may name, and that every file of it is served."""

import os
import pathlib
import re

WWW = pathlib.Path(__file__).resolve().parents[2] / "www"
LINES = 300
CLASSES_OF_NO_LOOK = {"approve", "decline", "recall"}  # kinds of decisions, which are no classes
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
    there = [str(p.relative_to(WWW)) for p in WWW.rglob("*.*") if p.suffix in (".js", ".html", ".svg")]
    assert sorted(listed) == sorted([*there, "chart.min.js", "style.css"])  # made by the build
    bundled = re.findall(r"'(style/[a-z_]+\.css)'", (WWW / "meson.build").read_text())
    assert sorted(bundled) == sorted(str(path.relative_to(WWW)) for path in WWW.rglob("*.css"))


def test_style_sheets_have_one_subject_each():
    for path in WWW.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"/* {path.name} - "), f"{path.name} does not say at its top what it is"
        assert text.count("\n") <= LINES, f"{path.name}: more than {LINES} lines"
        colours = re.findall(r"#[0-9a-f]{3,8}\b", text)
        assert path.name in ("tokens.css", "paper.css") or not colours, f"{path.name} names {colours}"


def styled(text):
    """The classes that a style sheet has rules for."""
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    return {name for one in selectors if "@" not in one for name in re.findall(r"\.([a-z][\w-]*)", one)}


def classes(text):
    """The classes that code names where it gives an element its classes; `x-${y}` names none."""
    given = re.findall(r"""(?:\bclass(?:Name)?: |\bkind: |class=)(?:[^,}"\n]*? [?] )?"([\w -]+)\"""", text)
    return {name for one in given for name in one.split()}


def test_every_rule_is_for_something_and_every_class_has_a_rule():
    """A rule that nothing uses misleads, and so does a class that does nothing."""
    rules = styled("".join(path.read_text(encoding="utf-8") for path in WWW.rglob("*.css")))
    code = "".join(text for _, text in modules()) + (WWW / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r"[a-z][\w-]*", code))
    unused = [one for one in rules - named if one.rsplit("-", 1)[0] + "-" not in named]  # `x-${y}`
    assert unused == [], "rules for nothing"
    assert classes(code) - rules - CLASSES_OF_NO_LOOK == set(), "classes without a rule"


def test_what_is_styled_and_what_is_used_are_both_found():
    assert styled("/* .no {} */ .a, b.c-d:hover > .e { color: red }\n@media (x) { .f { y: z.5 } }") == {
        "a", "c-d", "e", "f",
    }  # fmt: skip
    assert classes('h("p", { class: "a b" }); x({ className: "c", kind: "d" }); { class: y ? "e" : null }') == {
        "a", "b", "c", "d", "e",
    }  # fmt: skip


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
