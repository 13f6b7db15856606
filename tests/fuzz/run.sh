#!/usr/bin/env bash
# Builds the fuzzers and runs each for SECONDS (60 by default) from an empty corpus kept under build/fuzz/corpus.
#
#   bash tests/fuzz/run.sh [SECONDS] [NAME]...
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
(($#)) || set -- safetensors policy graph_text samples ranges weights outliers
for name in "$@"; do
  mkdir -p "build/fuzz/corpus/$name"
  echo "== $name"
  log=build/fuzz/$name.log
  "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" >"$log" 2>&1 || { tail -40 "$log"; exit 1; }
  grep '^stat::number_of_executed_units' "$log"
done
