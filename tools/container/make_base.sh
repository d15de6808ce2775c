#!/usr/bin/env bash
# Makes the image NAME where no registry can be reached: a bare Debian 12 (bookworm) or Ubuntu 24.04
# (noble) by make_root.sh.
# usage: make_base.sh bookworm|noble NAME
set -eu -o pipefail

if [[ $# -ne 2 || $1 != @(bookworm|noble) ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
suite=$1 name=$2
if buildah inspect --type image "$name" >/dev/null 2>&1; then
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree

"$(dirname "${BASH_SOURCE[0]}")/make_root.sh" "$suite" "$tree"
environment=()
if [[ -e $tree/etc/host-certificates.crt ]]; then
  environment+=(--env PIP_CERT=/etc/host-certificates.crt)
fi
container=$(buildah from scratch)
buildah add --quiet "$container" "$tree" / >/dev/null
buildah config "${environment[@]}" --cmd bash "$container"
buildah commit --quiet --rm "$container" "$name" >/dev/null
