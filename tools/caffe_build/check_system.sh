#!/usr/bin/env bash
# Stops with one sentence where set-up cannot work, before anything is installed. On a system that is
# not tested but like those that are, it says so and goes on.
# usage: check_system.sh [OS_RELEASE [PYTHON]]    (default: /etc/os-release /usr/bin/python3)
set -eu -o pipefail

os_release=${1:-/etc/os-release} python=${2:-/usr/bin/python3}
if [[ $os_release == -* ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
oldest=11 newest=14 # of Python 3: those that every pinned package of requirements.txt has a wheel for
tested="Debian 12, Debian 13 or Ubuntu 24.04"
image="or build a container image with \`make image-cpu\` (docker, podman or buildah)"

# field NAME: a value of os-release, empty where it has none
field() {
  # shellcheck disable=SC1090
  (unset "$1" && . "$os_release" 2>/dev/null && printf %s "${!1:-}") || true
}
stop() {
  echo "error: $*" >&2
  exit 2
}
# python_version: of the system's Python, else of the one that apt-get would install; empty where
# neither is known, before the first `apt-get update`
python_version() {
  if [[ -x $python ]]; then
    "$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
  else
    { apt-cache policy python3 2>/dev/null || true; } |
      sed -nE 's/^ *Candidate: ([0-9]+\.[0-9]+).*/\1/p'
  fi
}

name=$(field PRETTY_NAME)
name=${name:-$(uname -s)}
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  stop "set-up installs packages with apt-get, which $name does not have: use $tested, $image"
fi
architecture=$(dpkg --print-architecture)
if [[ $architecture != amd64 ]]; then
  stop "set-up needs an x86-64 system and this one is $architecture: use an x86-64 machine with $tested"
fi
version=$(python_version)
minor=${version#3.}
if [[ -n $version ]] && [[ $minor == "$version" || $minor -lt $oldest || $minor -gt $newest ]]; then
  stop "the pinned Python packages need Python 3.$oldest to 3.$newest and $name has $version:" \
    "use $tested, $image"
fi
case $(field ID):$(field VERSION_ID) in
  debian:12 | debian:13 | ubuntu:24.04) ;;
  *) echo "setup: $name is not tested (${tested/ or /, } are); going on" ;;
esac
