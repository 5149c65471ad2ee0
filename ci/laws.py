#!/usr/bin/env python3
"""The laws of the house (ARCHITECTURE.md), checked over the sources. Prints file:line: law: what; exit 1 if any is broken."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOP = {"CMakeLists.txt", "CMakePresets.json", "README.md", "ARCHITECTURE.md", "LICENSE",
       "harness", "stack", "cases", "fuzz", "corpus", "ci"}
# Law 1: the two adapters that see the stack from the harness, each in one or more files of its name.
ADAPTERS = re.compile(r"harness/(target/reference\w*|sim/peer)\.(cc|h)$")
# Law 3: real-time targets, the scheduler, what reads cases and writes reports, and the mains.
EDGES = re.compile(r"harness/target/(linux|agent|netns|tun|veth|capture|netlink|sysctl|remote/|posix/|wire/)|"
                   r"harness/run/(case_tree|scheduler|worker|jitter|probe|output_file|report_)|harness/library/(gtest_cases|example/)|harness/cli/|fuzz/|stack/base/check\.cc")
WORLD = re.compile(r"\b(std::chrono|clock_gettime|gettimeofday|std::time\b|getenv|std::i?fstream|std::ofstream|fopen|"
                   r"std::random_device|rand\(|getrandom|std::filesystem)|(?<!\w)::(open|socket|fork)\(")
STATE_WRITE = re.compile(r"(\.|->)state\s*=[^=]")
LIMIT_FILE, LIMIT_FUNCTION = 450, 80


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [p for p in out.stdout.splitlines() if (ROOT / p).is_file()]


def is_test(path):
    return path.endswith("_test.cc") or "/testing/" in path


def lines_of(path):
    return (ROOT / path).read_text(errors="replace").splitlines()


def check_includes(path, number, line):
    found = re.match(r'\s*#include "([^"]+)"', line)
    if not found:
        return None
    target = found.group(1)
    if path.startswith("stack/") and target.startswith(("harness/", "fuzz/")):
        return f"law 1: stack/ includes {target}"
    if path.startswith("harness/") and target.startswith("stack/") and not target.startswith("stack/base/"):
        if not ADAPTERS.match(path) and not is_test(path):
            return f"law 1: only harness/target/reference and harness/sim/peer may include {target}"
    if path.startswith("harness/packet/") and target.startswith("harness/") and not target.startswith("harness/packet/"):
        return f"law 2: the packet codec stands alone, but includes {target}"
    return None


def check_source_line(path, line):
    code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
    if WORLD.search(code) and not EDGES.match(path) and not is_test(path):
        return f"law 3: reads the world below the edges: {line.strip()}"
    if path.startswith("harness/run/") and re.search(r"\.name\s*==\s*", code) and "profile" in code:
        return "law 5: behaviour by a target's name"
    if path.startswith("stack/") and not is_test(path) and STATE_WRITE.search(code) and path != "stack/tcp/state.cc":
        # Neighbours have states too (RFC 4861 §7.3.2); a connection's is a Tcb's.
        if "tcb" in code.lower() or (path.startswith("stack/tcp/") and "state_" not in code):
            return "law 6: only enter_state() in stack/tcp/state.cc changes a connection's state"
    if re.search(r"\bthrow\b", code):
        return "style: no exceptions of our own"
    if "operator<(" in code and "seq32" in path:
        return "style: no operator< on sequence numbers"
    return None


def defaults_over_enums(lines):
    """A default: in a switch whose last label is an enumerator of ours: the compiler could no longer name what is missing."""
    label = ""
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        label = (re.findall(r"\bcase ([^:]+(?:::\w+)*):", code) or [label])[-1]
        if re.match(r"\s*default\s*:", code) and re.search(r"[A-Z]\w*::k[A-Z]\w*$", label.strip()):
            yield number, "style: no default: in a switch over our enums"


def check_case_line(line):
    if re.match(r"\s*//@\s*(needs|policy|app|given)\b.*\b(linux|lwip|reference|freebsd)\b", line, re.I):
        return "law 5: a case never asks which target it runs on"
    return None


def long_functions(path, lines):
    """Bodies by indentation, as clang-format lays them out: a definition ends at the first `}` in its column."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"(\w|\[\[|~)[^;=]*\)[^;]*\{$", line) and not re.match(r"(namespace|struct|class|enum)\b", line):
            start = number
        elif start is not None and line.startswith("}"):
            if number - start + 1 > LIMIT_FUNCTION:
                yield start, f"style: a function of {number - start + 1} lines (aim at 60, at most {LIMIT_FUNCTION})"
            start = None


def check_tree(files):
    for path in files:
        top = path.split("/")[0]
        if top not in TOP and not top.startswith("."):
            yield path, 1, f"house: '{top}' does not belong at the top level"


def check_file(path):
    if path.endswith((".cc", ".h")):
        lines = lines_of(path)
        if len(lines) > LIMIT_FILE:
            yield path, len(lines), f"style: {len(lines)} lines (aim at 400, at most {LIMIT_FILE})"
        for number, line in enumerate(lines, 1):
            for what in (check_includes(path, number, line), check_source_line(path, line)):
                if what:
                    yield path, number, what
        for number, what in defaults_over_enums(lines):
            yield path, number, what
        for number, what in ([] if is_test(path) else long_functions(path, lines)):
            yield path, number, what
    elif path.startswith("cases/") and path.endswith(".pkt"):
        for number, line in enumerate(lines_of(path), 1):
            what = check_case_line(line)
            if what:
                yield path, number, what


def main():
    files = tracked()
    found = list(check_tree(files))
    for path in files:
        found.extend(check_file(path))
    for path, number, what in found:
        print(f"{path}:{number}: {what}")
    print(f"{len(files)} files, {len(found)} broken")
    return 1 if found else 0


sys.exit(main())
