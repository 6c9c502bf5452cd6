"""Paths that tests share: each folder of tests is on the import path."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("style", "integration", "browser"):
    sys.path.insert(0, str(HERE / folder))
