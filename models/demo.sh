#!/usr/bin/env bash
# From C++ source to an answer: installs what is missing, shows what Octavo changes in models/bert.cpp, compiles it
# with the weights of all-MiniLM-L6-v2, searches a text file with it, and measures it beside LibTorch.
#
#   bash models/demo.sh [TEXTFILE]      default: models/sentences.txt
set -euo pipefail
text=$(realpath "${1:-$(dirname "$0")/sentences.txt}")
[[ -r $text ]] || { echo "demo: $text cannot be read" >&2; exit 2; }
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "Set-up"
bash cmake/bootstrap.sh build
build=${OCTAVO_BUILD:-build/release}
if [[ ! -f $build/CMakeCache.txt ]]; then
  # A fresh build holds what the demo needs; tests/run.sh widens it.
  cmake --preset release -B "$build" >/dev/null \
    -DOCTAVO_ROOMS="base;runtime;rewriter;graph;calibrate;passes;emit;compile;observe;cli;text;models"
fi
began=$SECONDS
cmake --build "$build" --target octavo

step "Compile the model: patch, trace, calibrate, compile, link"
cmake --build "$build" --target search tokenize minilm_shared

step "What changed in models/bert.cpp"
cat "$build/models/minilm.diff"

step "Search $text"
queries=("how do I bake bread?" "the weather tomorrow" "a bug in the software" "animals in the woods")
"$build/models/search" "$text" "${queries[@]}"

step "Measured now"
"$build/models/tokenize" "$(sed -n 's/^OCTAVO_MINILM:PATH=//p' "$build/CMakeCache.txt")" "$text" "$build/demo.jsonl" 128
python3 models/demo_table.py "$build/octavo" "$build/models/minilm" \
  "$(sed -n 's/^OCTAVO_MINILM:PATH=//p' "$build/CMakeCache.txt")" "$build/demo.jsonl"
printf '\nDone in %d s after set-up. Ask more: %s %s\n' $((SECONDS - began)) "$build/models/search" "$text"
