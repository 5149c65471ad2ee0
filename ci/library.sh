#!/usr/bin/env bash
# ci/library.sh BUILD: installs a build tree, moves the prefix, and uses it as a stranger does: the example in
# harness/library/example, with both compilers, against libslirp. BUILD has no sanitizers: build/release. Ends with
# the seconds to the first verdicts.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/packages.sh
build=${1:?usage: ci/library.sh BUILD}
need_packages cmake g++ clang libfmt-dev libgtest-dev libslirp-dev || exit 5

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() {
  echo "ci/library.sh: $1" >&2
  shift
  for file in "$@"; do tail -n 40 "$file" >&2; done
  exit 1
}
seconds() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }'; }

# In a network namespace of its own where that is permitted; the example only talks to itself on 127.0.0.1.
alone() {
  if unshare -rn ip link set lo up 2>/dev/null; then
    unshare -rn sh -c 'ip link set lo up && exec "$@"' sh "$@"
  else
    "$@"
  fi
}

# configure COMPILER DIRECTORY OPTION…
configure() {
  cmake -S "$prefix/share/doc/tcpspec/example" -B "$2" -DCMAKE_CXX_COMPILER="$1" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror' "${@:3}" >"$2.log" 2>&1
}

began=$(date +%s.%N)
cmake --install "$build" --prefix "$work/first" >"$work/install.log" || die "cannot install $build" "$work/install.log"
installed=$(seconds "$began")
mv "$work/first" "$work/prefix"
prefix=$work/prefix

first=
for compiler in g++ clang++; do
  at=$work/$compiler
  configure "$compiler" "$at" || die "cannot configure with $compiler" "$at.log"
  cmake --build "$at" >>"$at.log" 2>&1 || die "cannot build with $compiler" "$at.log"
  [ -n "$first" ] || built=$(seconds "$began")
  code=0
  # Also that the cases come from the prefix and from nowhere else.
  mkdir "$at.run"
  (cd "$at.run" && env -u TCPSPEC_CASES bash -c "$(declare -f alone); alone \"\$@\"" - "$at/slirp_test" lost-final-ack refused \
    "--gtest_output=xml:$at.xml") >"$at.out" 2>&1 || code=$?
  [ -n "$first" ] || first=$(seconds "$began")
  [ "$code" -eq 1 ] || die "$compiler: exit status $code; libslirp has deviations, so 1 was expected" "$at.out"
  for text in '[       OK ] RFC' '[  FAILED  ] RFC' ': Skipped' 'allowed   ' 'differs   ' "again     '$at/slirp_test'" \
    'fail  refused/' "$prefix/share/tcpspec/cases/"; do
    grep -qF -- "$text" "$at.out" || die "$compiler: nothing says \"$text\"" "$at.out"
  done
  grep -q 'name="id" value="refused/' "$at.xml" || die "$compiler: the XML has no ids" "$at.xml"
done

# What is missing is named, with its Debian package.
configure g++ "$work/no-fmt" -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON && die "found fmt where there is none"
grep -q 'libfmt-dev' "$work/no-fmt.log" || die "a missing fmt is not named" "$work/no-fmt.log"
configure g++ "$work/no-gtest" -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON && die "found GoogleTest where there is none"
grep -q 'libgtest-dev' "$work/no-gtest.log" || die "a missing GoogleTest is not named" "$work/no-gtest.log"

# The archive, all of it, needs nothing but fmt; headers define no macro and take no path but tcpspec's.
echo 'int main() {}' >"$work/main.cc"
g++ "$work/main.cc" -Wl,--whole-archive "$(find "$prefix" -name libtcpspec.a)" -Wl,--no-whole-archive -lfmt \
  -o "$work/main" 2>"$work/link.log" || die "the archive needs more than fmt" "$work/link.log"
if grep -rhoE '^#define \w+|^#include "[^"]+"' "$prefix/include/tcpspec" "$prefix/share/tcpspec/gtest_cases.cc" | grep -viE '^#(define |include ")tcpspec'; then
  die "a header says a name that is not tcpspec's"
fi
echo "library: $first s to the first verdicts (installed after $installed s, built after $built s); g++ and clang++: $(grep -c '^\[       OK' "$work/g++.out") cases passed," \
  "$(grep -cE '^\[  FAILED  \].* ms\)$' "$work/g++.out") failed"
