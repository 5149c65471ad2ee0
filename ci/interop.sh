#!/usr/bin/env bash
# The proof of the reference stack at full size, from the release build: whole conversations with the kernel, lwIP and
# itself over bad links, and 10,000 seeded ones in virtual time. About half an hour; ci/test does the same at a small scale.
#   ci/interop.sh [FOLDER for the reports, default build/report]
set -uo pipefail
cd "$(dirname "$0")/.."
report=${1:-build/report}
tcpspec=build/release/harness/cli/tcpspec
[ -x "$tcpspec" ] || { echo "build first: ./ci/run" >&2; exit 2; }
mkdir -p "$report"
worst=0
conversations() {  # NAME ARGUMENTS…
  local name=$1 code=0
  shift
  echo "== $name"
  "$tcpspec" interop "$@" --json "$report/interop-$name.json" --pcap "$report/interop-$name" || code=$?
  [ "$code" -gt "$worst" ] && worst=$code
}
conversations linux --target linux
"$tcpspec" smoke --target lwip >/dev/null && conversations lwip --target lwip
conversations reference --target reference
conversations chaos --target reference --chaos 10000
exit "$worst"
