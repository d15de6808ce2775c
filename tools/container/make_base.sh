#!/usr/bin/env bash
# Makes the image NAME, a bare Debian 12, where no registry can be reached: by debootstrap.
# A machine's own certificates and pip settings go along, or its network may not be usable inside.
# usage: make_base.sh NAME
set -eu -o pipefail

if [[ $# -ne 1 || $1 == -h || $1 == --help ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
if buildah inspect --type image "$1" >/dev/null 2>&1; then
  exit 0
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root" >"$root.log" || { tail "$root.log" >&2; exit 1; }
rm -f "$root.log"
certificates=/etc/ssl/certs/ca-certificates.crt
environment=()
if [[ -e $certificates ]]; then
  # under another name: the package ca-certificates writes its own
  cp "$certificates" "$root/etc/host-certificates.crt"
  environment+=(--env PIP_CERT=/etc/host-certificates.crt)
fi
for settings in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
  if [[ -e $settings ]]; then cp "$settings" "$root/etc/pip.conf"; fi
done
container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / >/dev/null
buildah config "${environment[@]}" --cmd bash "$container"
buildah commit --quiet --rm "$container" "$1" >/dev/null
