#!/usr/bin/env python3
"""Joins unit test files into one translation unit, so that CI compiles GoogleTest's templates once for several files.

usage: unity_tests.py OUT.cc FILE_test.cc…

Each file keeps its names to itself: what stands in its unnamed namespace goes into a namespace of the file's own.
Lines keep their places in messages.
"""
import pathlib
import re
import sys


def main():
    out, parts = pathlib.Path(sys.argv[1]), []
    for number, path in enumerate(sys.argv[2:]):
        unit = f"unit_{number}"
        lines = pathlib.Path(path).read_text().splitlines()
        for i, line in enumerate(lines):
            if line == "namespace {":
                lines[i] = f"namespace {{ namespace {unit} {{"
            elif re.fullmatch(r"}\s+// namespace", line):
                lines[i] = f"}} }}  // namespace {unit}"
        parts.append(f'#line 1 "{path}"\n' + "\n".join(lines) + "\n")
    text = "".join(parts)
    if not out.exists() or out.read_text() != text:
        out.write_text(text)


main()
