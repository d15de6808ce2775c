#!/usr/bin/env bash
# Installs the Debian packages named in the given list files, if any is missing.
# usage: install_debian_packages.sh LIST...    (a list: one package a line, # starts a comment)
set -eu -o pipefail

if [[ $# -eq 0 || $1 == -h || $1 == --help ]]; then
  sed -n '2,3s/^# //p' "$0"
  exit 2
fi

mapfile -t wanted < <(sed 's/#.*//' "$@" | tr -s ' \t' '\n\n' | sed '/^$/d')

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "scan2num sets itself up on Debian 12. Here, install by hand what corresponds to:" >&2
  echo "  ${wanted[*]}" >&2
  exit 2
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "Debian packages are missing and this user may not install them (neither root nor sudo)." >&2
    echo "Ask someone who may to run:  apt-get install ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi

echo "setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$log" 2>&1; }
if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; }; then
  tail -n 30 "$log" >&2
  echo "apt-get could not install the packages above; its last words are shown. Try by hand:" >&2
  echo "  apt-get update && apt-get install ${missing[*]}" >&2
  exit 1
fi
