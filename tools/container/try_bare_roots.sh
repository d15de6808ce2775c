#!/usr/bin/env bash
# Runs COMMAND in a clone of HEAD inside bare roots of the given suites, one after the other: a
# debootstrap with make and git, nothing cached. Says of each whether it was ok and the minutes it took.
# usage: try_bare_roots.sh COMMAND SUITE...    (as root, with debootstrap)
# LOGS_FOLDER (default: build/bare-roots) gets a log of each. The roots lie in ROOTS_FOLDER (/var/tmp)
# until they are done; KEEP_ROOTS=1 keeps them. The exit code is 1 when one failed or, unless
# SKIP_MISSING=1, could not be tried since no mirror has it.
set -eu -o pipefail

if [[ $# -lt 2 || $1 == -* ]]; then
  sed -n '2,7s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
cd "$here/../.."
command=$1
shift
if [[ $(id -u) -ne 0 ]]; then
  echo "bare roots are made and entered by root alone: sudo make bare-roots" >&2
  exit 2
fi
logs=${LOGS_FOLDER:-build/bare-roots}
mkdir -p "$logs"
scratch=$(mktemp -d --tmpdir="${ROOTS_FOLDER:-/var/tmp}" scan2num-roots-XXXXXX)
HOST_MOUNTS=$(readlink /proc/self/ns/mnt)
export HOST_MOUNTS

# All that is mounted and started for a root lives in namespaces of its own and ends with them,
# even by SIGKILL: what is removed here never has anything mounted in it.
child=
finish() {
  if [[ -n $child ]] && kill -KILL "$child" 2>/dev/null; then
    wait "$child" 2>/dev/null || true
  fi
  if [[ -n ${KEEP_ROOTS:-} ]]; then
    echo "bare-roots: kept in $scratch"
  else
    rm -rf --one-file-system "$scratch"
  fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# try SUITE: the steps, inside the namespaces
# shellcheck disable=SC2016
steps='set -eu
  "$1/make_root.sh" "$2" "$3" make,git,ca-certificates
  git clone --quiet --no-local . "$3/opt/scan2num"
  "$1/run_in_root.sh" "$3" "$4" || exit 1'  # so that 3 is of make_root.sh alone
try() {
  unshare --mount --pid --fork --kill-child --mount-proc \
    bash -c "$steps" bash "$here" "$1" "$scratch/$1" "$command" \
    </dev/null >"$logs/$1.log" 2>&1 &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

if [[ -n $(git status --porcelain) ]]; then
  echo "bare-roots: what is not committed here is left out"
fi
failed=0 tried=0
for suite in "$@"; do
  echo "bare-roots: $(date +%T) $suite: $command; log: $logs/$suite.log"
  start=$SECONDS status=0
  try "$suite" || status=$?
  minutes=$(awk -v seconds=$((SECONDS - start)) 'BEGIN {printf "%.1f", seconds / 60}')
  case $status in
    0) echo "bare-roots: $suite: ok, $minutes minutes" && tried=$((tried + 1)) ;;
    3)
      echo "bare-roots: $suite: not tried: $(tail -n 1 "$logs/$suite.log")"
      [[ -n ${SKIP_MISSING:-} ]] || failed=1
      ;;
    *)
      tail -n 20 "$logs/$suite.log" >&2
      echo "bare-roots: $suite: FAILED with exit code $status, $minutes minutes"
      failed=1 tried=$((tried + 1))
      ;;
  esac
  [[ -n ${KEEP_ROOTS:-} ]] || rm -rf --one-file-system "${scratch:?}/$suite"
done
[[ $tried -gt 0 ]] || failed=1
exit "$failed"
