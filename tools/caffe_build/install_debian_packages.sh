#!/usr/bin/env bash
# Installs the Debian packages named in the given list files, if any is missing.
# usage: install_debian_packages.sh [--optional] LIST...
# A list has one package a line; # starts a comment. --optional: it is no error when it cannot be
# done; who can do without the packages says so.
set -eu -o pipefail

if [[ $# -eq 0 || $1 == -h || $1 == --help ]]; then
  sed -n '2,5s/^# //p' "$0"
  exit 2
fi

if [[ $1 == --optional ]]; then
  shift
  "${BASH_SOURCE[0]}" "$@" 2>/dev/null || true
  exit 0
fi
mapfile -t wanted < <(sed 's/#.*//' "$@" | tr -s ' \t' '\n\n' | sed '/^$/d')

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "error: Debian packages are missing and this user may not install them (neither root nor" \
      "sudo): ask someone who may to run \`apt-get install ${missing[*]}\`" >&2
    exit 2
  fi
  as_root=(sudo)
fi

echo "setup: installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$log" 2>&1; }
failed() {
  tail -n 30 "$log" >&2
  echo "error: apt-get failed; the end of its output is above. Try by hand:" >&2
  echo "  apt-get update && apt-get install ${missing[*]}" >&2
  exit 1
}
apt update || failed
# only now is it known which Python would come; its note has been read before
"$(dirname "${BASH_SOURCE[0]}")/check_system.sh" >/dev/null
apt install -y --no-install-recommends "${missing[@]}" || failed
