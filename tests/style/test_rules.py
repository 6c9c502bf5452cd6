"""The checker is code: each rule is shown something wrong and something right."""

import pytest
import rules

WRONG = [
    ("catalog/base/db.c", '#include "catalog/update.h"\n', "may not include catalog/update.h"),
    ("catalog/upstream/apt.c", '#include "catalog/publish/signer.h"\n', "may not include"),
    ("server/front/files.c", '#include "catalog/base/db.h"\n#include "clients/computer.h"\n', "clients"),
    ("server/admin/updates.c", '#include "server/front/files.h"\n', "server/front/files.h"),
    ("clients/agent/apply.c", '#include "clients/computer.h"\n', "clients/computer.h"),
    ("catalog/update.c", "#include <sqlite3.h>\n", "belongs to catalog/base/db.c"),
    ("catalog/a.c", "\tstrcpy(a, b);\n", "strcpy"),
    ("catalog/a.c", "\treturn atoi(text);\n", "sl_text_int"),
    ("catalog/a.c", '\tg_strdup_printf("SELECT %s", x);\n', "SQL built from text"),
    ("catalog/a.c", "{\n" + "\tx();\n" * 101 + "}\n", "function of 101 lines"),
    ("catalog/a.c", "\n" * 701, "file of 701 lines"),
    ("catalog/a.c", "\tgoto out;\n", "goto"),
    ("catalog/a.c", "static int counter = 0;\n", "mutable"),
    ("catalog/a.h", "/* b.h - something else */\n", "does not begin"),
]

RIGHT = [
    ("catalog/upstream/apt.c", '#include "catalog/package.h"\n#include "catalog/format/deb822.h"\n'),
    ("server/front/files.c", '#include "catalog/payload_store.h"\n'),
    ("catalog/a.c", "/* strcpy(a, b) would be wrong, goto too */\n"),
    ("catalog/a.c", '\tputs("goto strcpy(");\n'),
    ("catalog/a.c", "\tfile_system(x);\n\ta->system(x);\n"),
    ("catalog/a.c", "{\n\tswitch (x) {\n" + "\tcase 1:\n\t\treturn 2;\n" * 60 + "\t}\n}\n"),
    ("catalog/a.c", 'static const char *names[] = {"a"};\n'),
    ("catalog/a.c", "static const int limit = 4;\nstatic void run(void);\n"),
    ("catalog/a.h", "/* a.h - what it is */\n"),
    ("tests/unit/test_a.c", '#include "catalog/update.h"\n'),
]


@pytest.mark.parametrize("path,text,message", WRONG)
def test_wrong_is_found(path, text, message):
    findings = list(rules.check(path, text))
    assert any(message in finding for finding in findings), findings


@pytest.mark.parametrize("path,text", RIGHT)
def test_right_is_left_alone(path, text):
    assert list(rules.check(path, text)) == []


def test_findings_name_the_line():
    text = "int a;\n/* two\n lines */\n\tgoto out;\n"
    assert list(rules.check("catalog/a.c", text)) == ["catalog/a.c:4: goto"]
