#!/usr/bin/env bash
# Runs README's two commands on a bare Debian 12: a chroot from debootstrap that holds a clone of HEAD and nothing
# else. Needs root and debootstrap; slow (it installs and compiles everything), so it is not part of tests/run.sh.
#
#   bash tests/fresh_machine.sh DIR [demo|tests]...     DIR is made, kept, and refilled with HEAD on the next run
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
root=${1:?usage: tests/fresh_machine.sh DIR [demo|tests]...}
shift
(($#)) || set -- demo tests

if [[ ! -e $root/etc/debian_version ]]; then
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
  # The same package sources as here: security updates are not in debootstrap's own list.
  cp -r /etc/apt/sources.list* "$root/etc/apt/"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/proc" "$root/dev" "$root/src"
# Read-only folders that hold a machine's wheels, and the certificates it trusts, are lent to the chroot.
mounts=(proc dev)
for lent in ${OCTAVO_LEND:-}; do
  mkdir -p "$root$lent"
  mounts+=("${lent#/}")
done
release() {
  for ((i = ${#mounts[@]} - 1; i >= 0; --i)); do umount -l "$root/${mounts[i]}" 2>/dev/null || true; done
}
trap release EXIT
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
for lent in ${OCTAVO_LEND:-}; do mount --bind "$lent" "$root$lent"; done

rm -rf "$root/src/octavo"
git clone --quiet "$repository" "$root/src/octavo"
for job in "$@"; do
  case $job in
    demo) command="bash models/demo.sh" ;;
    tests) command="bash tests/run.sh" ;;
    *) echo "unknown job '$job'" >&2; exit 2 ;;
  esac
  echo "== $command"
  # The environment is the caller's: a proxy or a wheel folder set there works inside too.
  chroot "$root" /bin/bash -c "cd /src/octavo && export HOME=/root && $command"
done
