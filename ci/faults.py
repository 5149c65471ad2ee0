#!/usr/bin/env python3
"""Does the suite notice what is wrong with a stack? Switches on the faults of the reference stack, one at a time.

  ci/faults.py TCPSPEC [--parts N]      each fault of ci/faults.txt (or every Nth) with the case named there; exit 1 if
                                        one passes
  ci/faults.py TCPSPEC --all [FAULT…]   the suite over IPv4 with each fault (or these): how many notice it
  ci/faults.py TCPSPEC --fill [FAULT…]  finds a case for each fault (or these), among those of its ledger row
                                        first, and writes ci/faults.txt

TCPSPEC is a binary whose build has the faults (cmake --preset test). A case notices a fault when its verdict on
the faulty stack is another one than without the fault.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "ci/faults.txt"
CASES = ROOT / "cases"


def read_list():
    """({fault: case}, {fault: reason}, [words at the top])"""
    noticed, unnoticed, head, below = {}, {}, [], False
    for line in LIST.read_text().splitlines() if LIST.exists() else []:
        if line.startswith("#") and not noticed and not below:
            head.append(line)
        if not line.strip() or line.startswith("#"):
            continue
        if line.strip() == "unnoticed":
            below = True
            continue
        fault, rest = (line.split(None, 1) + [""])[:2]
        (unnoticed if below else noticed)[fault] = rest.strip()
    return noticed, unnoticed, head


def faults_of(tcpspec):
    out = subprocess.run([tcpspec, "list", "--faults", "--json"], capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(out.stderr.strip())
    return json.loads(out.stdout)


class Suite:
    """The case tree, and smaller ones with a few of its files: most of the time of a short run is reading."""

    def __init__(self, tcpspec):
        self.tcpspec = tcpspec
        out = subprocess.run([tcpspec, "list", "--json", "--cases", str(CASES)], capture_output=True, text=True)
        if out.returncode != 0:
            sys.exit(out.stderr.strip())
        self.cases = {one["name"]: one for one in json.loads(out.stdout)}
        self.folder = tempfile.TemporaryDirectory(prefix="tcpspec-faults-")
        self.trees = {}
        self.lock = threading.Lock()

    def tree_of(self, files):
        key = tuple(sorted(set(files)))
        with self.lock:
            if key not in self.trees:
                tree = pathlib.Path(self.folder.name) / str(len(self.trees))
                for part in ("ledger", "given"):
                    shutil.copytree(CASES / part, tree / part)
                for number, file in enumerate(key):
                    shutil.copy(file, tree / f"{number}-{pathlib.Path(file).name}")
                self.trees[key] = str(tree)
            return self.trees[key]

    def with_row(self, row):
        return [name for name, one in self.cases.items() if row and row in one["covers"] and one["ip"] == 4]

    def verdicts(self, fault, names, jobs):
        """{name of a case: verdict}; all cases over IPv4 where no names are given."""
        tree = self.tree_of(self.cases[name]["file"] for name in names) if names else str(CASES)
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            command = [self.tcpspec, "run", "--target", "reference", "--cases", tree, "--json", report.name, "-j", str(jobs)]
            command += (["--fault", fault] if fault else []) + (names or ["--ip", "v4"])
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode in (2, 3):
                sys.exit(f"{fault}: {run.stderr.strip()}")
            results = json.loads(pathlib.Path(report.name).read_text())["cases"]
        return {one["name"]: one["verdict"] for one in results}


def check_rows(faults):
    """Faults whose ledger row does not exist."""
    rows = set()
    for path in (CASES / "ledger").glob("*.txt"):
        rows.update(re.findall(r"^(RFC\d+:\S+)", path.read_text(), re.M))
    return [one["id"] for one in faults if one["row"] and one["row"] not in rows]


def chosen(todo, parts):
    """One of so many parts of the list; the commit says which, so that it can be checked again."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return todo[int(head.stdout.strip() or "0", 16) % parts::parts]


def check(tcpspec, jobs, parts):
    faults = faults_of(tcpspec)
    suite = Suite(tcpspec)
    ids = {one["id"] for one in faults}
    noticed, unnoticed, _ = read_list()
    wrong = [f"{fault}: its ledger row does not exist" for fault in check_rows(faults)]
    wrong += [f"{fault}: no such fault" for fault in (noticed.keys() | unnoticed.keys()) - ids]
    wrong += [f"{fault}: not in ci/faults.txt" for fault in ids - noticed.keys() - unnoticed.keys()]
    wrong += [f"{fault}: unnoticed, and no reason given" for fault, reason in unnoticed.items() if not reason]
    missing = {fault: case for fault, case in noticed.items() if case not in suite.cases}
    wrong += [f"{fault}: there is no case {case}" for fault, case in missing.items()]
    todo = chosen(sorted((noticed.keys() & ids) - missing.keys()), parts)
    healthy = suite.verdicts(None, sorted({noticed[fault] for fault in todo}), jobs)
    wrong += [f"{case}: {verdict} without any fault" for case, verdict in healthy.items() if verdict != "pass"]

    def bites(fault):
        return bool(notice(healthy, suite.verdicts(fault, [noticed[fault]], 1)))

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        bitten = dict(zip(todo, pool.map(bites, todo)))
    wrong += [f"{fault}: {noticed[fault]} passes with it" for fault in todo if not bitten[fault]]
    for line in sorted(wrong):
        print(line)
    print(f"{sum(bitten.values())} of {len(todo)} faults noticed; {len(noticed)} of {len(ids)} have a case")
    return 1 if wrong else 0


def notice(healthy, faulty):
    """Names of the cases that pass without the fault and come to another verdict with it."""
    return [name for name, verdict in faulty.items()
            if verdict not in ("pass", "error", "inconclusive") and healthy.get(name) == "pass"]


def survey(tcpspec, wanted, jobs, everything):
    """{fault: (cases that notice it, those of them that cover its row)}"""
    faults = [one for one in faults_of(tcpspec) if not wanted or one["id"] in wanted]
    suite = Suite(tcpspec)
    healthy = suite.verdicts(None, [], jobs)

    def one_fault(one):
        own = suite.with_row(one["row"])
        found = notice(healthy, suite.verdicts(one["id"], own, 1)) if own and not everything else []
        if not found:
            found = notice(healthy, suite.verdicts(one["id"], [], 1))
        own = [name for name in found if name in own]
        print(f"{len(found):5} cases notice {one['id']}, {len(own)} of them by its row {one['row']}", flush=True)
        return found, own

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return dict(zip([one["id"] for one in faults], pool.map(one_fault, faults)))


def fill(tcpspec, wanted, jobs):
    found = survey(tcpspec, wanted, jobs, False)
    noticed, unnoticed, head = read_list()
    taken = collections.Counter(noticed.values())
    for fault, (every, own) in found.items():
        if not every:
            unnoticed[fault] = unnoticed.get(fault, "")
            noticed.pop(fault, None)
            continue
        unnoticed.pop(fault, None)
        if noticed.get(fault) not in every:
            noticed[fault] = min(own or every, key=lambda name: (taken[name], name))
            taken[noticed[fault]] += 1
    order = [one["id"] for one in faults_of(tcpspec)]
    lines = head + ["", *(f"{fault}  {noticed[fault]}" for fault in order if fault in noticed)]
    lines += ["", "unnoticed", *(f"{fault}  {unnoticed[fault]}".rstrip() for fault in order if fault in unnoticed)]
    LIST.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tcpspec")
    parser.add_argument("faults", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--parts", type=int, default=1, help="check one of so many parts, chosen by the commit")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    options = parser.parse_args()
    if options.all:
        survey(options.tcpspec, options.faults, options.jobs, True)
        return 0
    if options.fill:
        fill(options.tcpspec, options.faults, options.jobs)
        return 0
    return check(options.tcpspec, options.jobs, max(options.parts, 1))


sys.exit(main())
