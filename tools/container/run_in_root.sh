#!/usr/bin/env bash
# Runs COMMAND by a shell inside the root TREE, in /opt/scan2num, with /proc, /sys and /dev and next
# to no environment: proxies and pip's variables alone go along.
# usage: run_in_root.sh TREE COMMAND
# To be called in a mount namespace of its own (try_bare_roots.sh does), with which its mounts end.
set -eu -o pipefail

if [[ $# -ne 2 || $1 == -* ]]; then
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
tree=$1 command=$2
if [[ $(readlink /proc/self/ns/mnt) == "${HOST_MOUNTS:?to be called by try_bare_roots.sh}" ]]; then
  echo "run_in_root.sh: this is the machine's own mount namespace; nothing was mounted" >&2
  exit 2
fi

mount -t proc proc "$tree/proc"
mount --rbind /sys "$tree/sys"
mount --rbind /dev "$tree/dev"
for file in /etc/resolv.conf /etc/hosts; do
  if [[ -e $file ]]; then cp --dereference "$file" "$tree$file"; fi
done

environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
while IFS= read -r -d '' setting; do
  if [[ ${setting%%=*} =~ ^(PIP_.*|(http|https|no)_proxy|(HTTP|HTTPS|NO)_PROXY)$ ]]; then
    environment+=("$setting")
  fi
done < <(env --null)
if [[ -e $tree/etc/host-certificates.crt ]]; then
  environment+=(PIP_CERT=/etc/host-certificates.crt)
fi
# shellcheck disable=SC2016
exec env -i "${environment[@]}" chroot "$tree" bash -c 'cd /opt/scan2num && eval "$1"' bash "$command"
