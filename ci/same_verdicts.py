#!/usr/bin/env python3
"""Two JSON reports of the same kernel by two ways: the verdicts must be equal, case by case.

same_verdicts.py HERE.json THERE.json EXPLAINED.txt
EXPLAINED has lines `GLOB  HERE-VERDICT  THERE-VERDICT  why`; a difference that no line explains, and a line that explains
nothing, is a failure. Prints what differs; exit 1 on failure."""
import fnmatch
import json
import re
import sys


def verdicts(path):
    with open(path) as file:
        return {one["name"]: one["verdict"] for one in json.load(file)["cases"]}


def explained(path):
    rules = []
    with open(path) as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                glob, here, there, why = re.split(r"\s\s+", line, maxsplit=3)
                rules.append([glob, here, there, why, 0])
    return rules


def main():
    here, there = verdicts(sys.argv[1]), verdicts(sys.argv[2])
    rules = explained(sys.argv[3])
    bad = 0
    for name in sorted(here.keys() | there.keys()):
        a, b = here.get(name, "absent"), there.get(name, "absent")
        if a == b:
            continue
        for rule in rules:
            if fnmatch.fnmatchcase(name, rule[0]) and fnmatch.fnmatchcase(a, rule[1]) and fnmatch.fnmatchcase(b, rule[2]):
                rule[4] += 1
                break
        else:
            bad += 1
            print(f"{name}: {a} here, {b} there, and no line explains it")
    for glob, a, b, why, used in rules:
        print(f"{used:5} × {glob}: {a} → {b}: {why}")
        if used == 0:
            bad += 1
            print(f"      this line explains nothing any more")
    print(f"{len(here.keys() & there.keys())} cases in both, {bad} differences without an explanation")
    return 1 if bad else 0


sys.exit(main())
