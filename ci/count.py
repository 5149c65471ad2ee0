#!/usr/bin/env python3
"""Adds up steps and JUnit reports; prints the closing line `N passed, N failed, N skipped`; exit 1 on a failure.

usage: count.py STEPS_PASSED STEPS_FAILED REPORT.xml...
"""
import sys
import xml.etree.ElementTree as ET


def count(path):
    """(passed, failed, skipped) of one JUnit file. GoogleTest puts `skipped` on its suites only."""
    root = ET.parse(path).getroot()
    cases = list(root.iter("testcase"))
    if not cases:
        total, skipped = int(root.get("tests", 0)), int(root.get("skipped", 0))
        bad = int(root.get("failures", 0)) + int(root.get("errors", 0))
        return total - bad - skipped, bad, skipped
    bad = sum(1 for c in cases if c.find("failure") is not None or c.find("error") is not None)
    skipped = sum(1 for c in cases if c.find("skipped") is not None or c.get("status") == "notrun")
    return len(cases) - bad - skipped, bad, skipped


def main():
    passed, failed, skipped = int(sys.argv[1]), int(sys.argv[2]), 0
    for path in sys.argv[3:]:
        try:
            p, f, s = count(path)
        except (ET.ParseError, OSError) as error:
            print(f"{path}: {error}")
            p, f, s = 0, 1, 0
        passed, failed, skipped = passed + p, failed + f, skipped + s
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main())
