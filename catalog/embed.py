#!/usr/bin/python3
"""Writes a text file as a C string: embed.py NAME INPUT OUTPUT."""

import sys

name, source, target = sys.argv[1:4]
with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
    out.write(f"extern const char {name}[];\nconst char {name}[] =\n")
    for line in lines:
        text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        out.write(f'\t"{text}\\n"\n')
    out.write(";\n")
