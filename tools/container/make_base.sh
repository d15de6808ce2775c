#!/usr/bin/env bash
# Makes the image NAME where no registry can be reached, by debootstrap: a bare Debian 12 (bookworm)
# or Ubuntu 24.04 (noble). This machine's own certificates and pip settings go along, or its network
# may not be usable inside.
# usage: make_base.sh bookworm|noble NAME
set -eu -o pipefail

if [[ $# -ne 2 || $1 != @(bookworm|noble) ]]; then
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
suite=$1 name=$2
if buildah inspect --type image "$name" >/dev/null 2>&1; then
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree

source=(bookworm "$tree")
if [[ $suite == noble ]]; then
  # Ubuntu's keys, which Debian 12 does not know; debootstrap then checks all else with them
  mirror=http://archive.ubuntu.com/ubuntu
  keyring=ubuntu-keyring_2023.11.28.1_all.deb
  /usr/bin/python3 -c 'import sys, urllib.request as u; u.urlretrieve(*sys.argv[1:])' \
    "$mirror/pool/main/u/ubuntu-keyring/$keyring" "$scratch/$keyring"
  echo "36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8 $scratch/$keyring" |
    sha256sum --check --quiet
  dpkg -x "$scratch/$keyring" "$scratch/keys"
  # Debian 12's debootstrap knows of noble only that it is like its predecessors
  source=("--components=main,universe" noble "$tree" "$mirror" /usr/share/debootstrap/scripts/gutsy)
  source=(--keyring="$scratch/keys/usr/share/keyrings/ubuntu-archive-keyring.gpg" "${source[@]}")
fi
debootstrap --variant=minbase "${source[@]}" >"$scratch/log" || { tail "$scratch/log" >&2; exit 1; }
rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*  # published images have none

certificates=/etc/ssl/certs/ca-certificates.crt
environment=()
if [[ -e $certificates ]]; then
  # under another name: the package ca-certificates writes its own
  cp "$certificates" "$tree/etc/host-certificates.crt"
  environment+=(--env PIP_CERT=/etc/host-certificates.crt)
fi
for settings in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
  if [[ -e $settings ]]; then cp "$settings" "$tree/etc/pip.conf"; fi
done
container=$(buildah from scratch)
buildah add --quiet "$container" "$tree" / >/dev/null
buildah config "${environment[@]}" --cmd bash "$container"
buildah commit --quiet --rm "$container" "$name" >/dev/null
