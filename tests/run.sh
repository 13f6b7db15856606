#!/usr/bin/env bash
# Installs what is missing, builds everything and runs the fast tests.
#
#   bash tests/run.sh                 all but the label `slow`
#   bash tests/run.sh -L runtime      any options of ctest
set -euo pipefail
cd "$(dirname "$0")/.."
bash cmake/bootstrap.sh tests

build=${OCTAVO_BUILD:-build/release}
# All rooms, whatever an earlier configuration chose. Warnings are errors where the compiler is known: in CI.
mkdir -p "$build"
cmake --preset release -B "$build" -U OCTAVO_ROOMS -DOCTAVO_WERROR="${CI:+ON}" >"$build/configure.log" 2>&1 ||
  { cat "$build/configure.log"; exit 1; }
cmake --build "$build"
if (($# == 0)); then
  set -- -LE slow
fi
ctest --test-dir "$build" --output-on-failure "$@"
