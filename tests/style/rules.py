"""House rules that a formatter cannot hold: who may include whom, sizes, words that are not ours.

Each rule takes a path (relative to the root, with '/') and the text, and yields findings as
(line, message). test_rules.py tests the rules; test_style.py runs them over the tree.
"""

import re

# Folder -> what its files may include, most specific folder first. A path ending in '/' is a
# folder without its subfolders; one ending in '.h' is that header alone.
CATALOG = ("catalog/", "catalog/format/", "catalog/base/")
MAY_INCLUDE = [
    ("catalog/base/", ("catalog/base/",)),
    ("catalog/format/", ("catalog/format/", "catalog/base/")),
    ("catalog/upstream/", ("catalog/upstream/",) + CATALOG),
    ("catalog/publish/", ("catalog/publish/",) + CATALOG),
    ("catalog/", CATALOG),
    ("clients/agent/", ("clients/agent/", "clients/report.h", "catalog/base/")),
    ("clients/", ("clients/",) + CATALOG),
    ("server/http/", ("server/http/", "catalog/base/")),
    ("server/link/", ("server/link/", "catalog/base/")),
    ("server/ctl/", ("server/ctl/", "catalog/base/")),
    (
        "server/front/",
        (
            "server/front/",
            "server/http/",
            "server/link/",
            "catalog/publish/publication.h",
            "catalog/publish/path_index.h",
            "catalog/payload_store.h",
            "catalog/base/",
        ),
    ),
    (
        "server/admin/",
        (
            "server/admin/",
            "server/http/",
            "catalog/upstream/sync.h",
            "catalog/publish/publication.h",
            "www/page_files.h",
            "clients/",
        )
        + CATALOG,
    ),
    (
        "server/",
        (
            "server/",
            "server/admin/",
            "server/http/",
            "server/link/",
            "catalog/upstream/",
            "catalog/publish/",
            "clients/",
        )
        + CATALOG,
    ),
]

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)

# library header -> the folders or files that wrap it; nobody else may include it
WRAPPED = {
    "sqlite3.h": ("catalog/base/db.c",),
    "curl/curl.h": ("catalog/upstream/", "clients/agent/", "server/ctl/"),
    "microhttpd.h": ("server/http/", "server/front/"),
    "gpgme.h": ("catalog/upstream/", "catalog/publish/"),
    "sodium.h": ("catalog/base/seal.c", "catalog/base/password.c"),
    "gnutls/crypto.h": ("catalog/base/hash.c",),
    "lzma.h": ("catalog/base/stream.c",),
    "zlib.h": ("catalog/base/stream.c",),
    "zstd.h": ("catalog/base/stream.c",),
}
SYSTEM_INCLUDE = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.M)

BANNED = {
    "strcpy": "g_strlcpy or g_strdup",
    "strcat": "GString",
    "sprintf": "g_strdup_printf",
    "vsprintf": "g_strdup_vprintf",
    "gets": "a bounded read",
    "atoi": "sl_text_int",
    "atol": "sl_text_int",
    "atoll": "sl_text_int",
    "sscanf": "base/text.h",
    "strtok": "g_strsplit",
    "system": "GSubprocess or posix_spawn",
    "popen": "GSubprocess",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "alloca": "the heap, after a check",
}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")

SQL_WORDS = r"(?:SELECT|INSERT|UPDATE|DELETE|REPLACE)\s"
SQL_FROM_TEXT = re.compile(
    r"(?:printf|g_string_append\w*|g_strconcat|g_strjoin)\s*\([^;]*\"\s*" + SQL_WORDS
)

FUNCTION_LINES = 100
FILE_LINES = 700


def code_only(text):
    """The text with comments and string contents blanked; line numbers stay."""

    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return '"' + re.sub(r"[^\n]", " ", found[1:-1]) + '"'

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def allowed_for(path):
    for folder, allowed in MAY_INCLUDE:
        if path.startswith(folder):
            return allowed
    return None


def may_include(path, header):
    allowed = allowed_for(path)
    if allowed is None:
        return True
    folder = header.rsplit("/", 1)[0] + "/"
    return header in allowed or folder in allowed


def include_table(path, text):
    """Nothing of ours is included that the table does not allow."""
    for match in INCLUDE.finditer(text):
        if not may_include(path, match.group(1)):
            yield line_of(text, match.start()), f"may not include {match.group(1)}"


def wrapped_libraries(path, text):
    """A third-party library is included by its wrapper alone."""
    if path.startswith("tests/"):
        return
    for match in SYSTEM_INCLUDE.finditer(text):
        owners = WRAPPED.get(match.group(1))
        if owners and not any(path.startswith(owner) for owner in owners):
            yield line_of(text, match.start()), f"<{match.group(1)}> belongs to {owners[0]}"


def banned_calls(path, text):
    """Functions that cannot be used safely, or that accept what should be refused."""
    code = code_only(text)
    for match in BANNED_CALL.finditer(code):
        name = match.group(1)
        yield line_of(code, match.start()), f"{name}(): use {BANNED[name]}"


def constant_sql(path, text):
    """SQL is constant text with bound values."""
    for match in SQL_FROM_TEXT.finditer(text):
        yield line_of(text, match.start()), "SQL built from text"


def function_sizes(path, text):
    """No function is longer than a hundred lines unless it is a table in the form of a switch."""
    lines = text.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            body = lines[start : number - 1]
            size = len(body)
            cases = sum(bool(re.match(r"\s*(case\b|default:)", text)) for text in body)
            if size > FUNCTION_LINES and cases < size / 4:
                yield start, f"function of {size} lines"
            start = None


def file_size(path, text):
    """A file has one subject."""
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield 1, f"file of {lines} lines: what is the second subject?"


def no_goto(path, text):
    code = code_only(text)
    for match in re.finditer(r"\bgoto\b", code):
        yield line_of(code, match.start()), "goto"


def no_mutable_globals(path, text):
    """State belongs to an object; a file-scope variable is a constant."""
    if path.startswith("tests/"):
        return
    code = code_only(text)
    for match in re.finditer(r"^static (?!inline)([^()\n;{]*?)(=[^;]*)?;", code, re.M):
        declaration = match.group(1)
        if "const" not in declaration.split() and not re.search(r"\*const\b", declaration):
            yield line_of(code, match.start()), "mutable file-scope variable"


def begins_with_its_name(path, text):
    """A header is the manual: its first line says what it is."""
    name = path.rsplit("/", 1)[1]
    if path.endswith(".h") and not text.startswith(f"/* {name} - "):
        yield 1, f'does not begin with "/* {name} - "'


C_RULES = [
    include_table,
    wrapped_libraries,
    banned_calls,
    constant_sql,
    function_sizes,
    file_size,
    no_goto,
    no_mutable_globals,
    begins_with_its_name,
]


def check(path, text):
    """All findings of all rules, as "path:line: message"."""
    for rule in C_RULES:
        for line, message in rule(path, text):
            yield f"{path}:{line}: {message}"
