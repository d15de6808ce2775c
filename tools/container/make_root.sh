#!/usr/bin/env bash
# Makes a bare root of a Debian or Ubuntu SUITE in the folder TREE by debootstrap, with this machine's
# proxy, certificates and pip settings, or its network may not be usable inside.
# usage: make_root.sh SUITE TREE [PACKAGE,PACKAGE...]    (as root; bookworm, trixie, noble ...)
# Mirrors: DEBIAN_MIRROR (default: debootstrap's), UBUNTU_MIRROR. Exit code 3: no mirror has this suite.
set -eu -o pipefail

if [[ $# -lt 2 || $# -gt 3 || $1 == -* ]]; then
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
suite=$1 tree=$2 packages=${3:-}
debian=${DEBIAN_MIRROR:-$(sed -n 's/^DEF_MIRROR="\(.*\)"$/\1/p' "$(command -v debootstrap)")}
ubuntu=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
scripts=/usr/share/debootstrap/scripts
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [[ -z ${http_proxy:-} ]]; then
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
  export http_proxy
fi

# has MIRROR: whether it has the suite
has() { wget --quiet --tries 2 --timeout 60 --output-document /dev/null "$1/dists/$suite/Release"; }

# ubuntu_keys: the file of Ubuntu's keys, which Debian 12 does not have; they sign all the rest
ubuntu_keys() {
  local system=/usr/share/keyrings/ubuntu-archive-keyring.gpg
  local package=ubuntu-keyring_2023.11.28.1_all.deb
  if [[ -e $system ]]; then
    echo "$system"
    return
  fi
  wget --quiet --output-document "$scratch/$package" "$ubuntu/pool/main/u/ubuntu-keyring/$package"
  echo "36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8 $scratch/$package" |
    sha256sum --check --quiet
  dpkg -x "$scratch/$package" "$scratch/keys"
  echo "$scratch/keys$system"
}

options=(--variant=minbase ${packages:+"--include=$packages"})
if has "$debian"; then
  source=("$suite" "$tree" "$debian")
  like=sid
elif has "$ubuntu"; then
  keys=$(ubuntu_keys)
  options+=("--components=main,universe" "--keyring=$keys")
  source=("$suite" "$tree" "$ubuntu")
  like=gutsy
else
  echo "neither $debian nor $ubuntu has the suite $suite, or neither can be reached" >&2
  exit 3
fi
# an older debootstrap knows later suites only as being like their predecessors
[[ -e $scripts/$suite ]] || source+=("$scripts/$like")
debootstrap "${options[@]}" "${source[@]}" >"$scratch/log" || { tail "$scratch/log" >&2; exit 1; }
rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*  # published images have none

apt-config dump Acquire | grep -E '^Acquire::(https?|Check-|Retries|ForceIPv)' \
  >"$tree/etc/apt/apt.conf.d/99host" || true
certificates=/etc/ssl/certs/ca-certificates.crt
if [[ -e $certificates ]]; then
  # under a name of its own too: the package ca-certificates, installed later, writes its own bundle
  cp "$certificates" "$tree/etc/host-certificates.crt"
  [[ ! -e $tree$certificates ]] || cp "$certificates" "$tree$certificates"
fi
for settings in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
  if [[ -e $settings ]]; then cp "$settings" "$tree/etc/pip.conf"; fi
done
