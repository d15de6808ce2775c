#!/usr/bin/env bash
# Makes the wheel of Caffe in a bare root of each SUITE, and tries it in another one that has python3-venv
# and nothing else. The wheels come into dist/; TRY_ONLY=1 tries those that are there.
# usage: wheels_in_roots.sh SUITE...    (as root, with debootstrap; bookworm, trixie, noble)
# The roots lie in ROOTS_FOLDER (/var/tmp) while they last. LOGS_FOLDER (default: build/wheels-in-roots)
# gets two logs of each. The exit code is 1 when something failed.
set -eu -o pipefail

if [[ $# -eq 0 || $1 == -* ]]; then
  sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
container=tools/container here=tools/caffe_build/wheel
logs=${LOGS_FOLDER:-build/wheels-in-roots}
scratch=$(mktemp -d --tmpdir="${ROOTS_FOLDER:-/var/tmp}" scan2num-wheels-XXXXXX)
trap 'rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir -p "$logs" dist

# make_wheel SUITE: into dist/
make_wheel() {
  local made=$scratch/making
  mkdir "$made"
  ROOTS_FOLDER=$made LOGS_FOLDER=$logs/make KEEP_ROOTS=1 \
    $container/try_bare_roots.sh "make caffe-wheel" "$1" || return 1
  cp "$made"/*/"$1"/opt/scan2num/dist/*.whl dist
  rm -rf --one-file-system "$made"
}

# What is mounted for the root ends with these namespaces, as in try_bare_roots.sh.
# shellcheck disable=SC2016
steps='set -eu
  "$1/make_root.sh" "$3" "$4" python3-venv
  mkdir -p "$4/opt/scan2num"
  cp -R dist/scan2num_caffe-*.whl "$2/check_wheel.py" "$2/check" "$4/opt/scan2num"
  "$1/run_in_root.sh" "$4" "$5"'
# shellcheck disable=SC2016
check='python3 check_wheel.py *-$(python3 -c "import sys; print(\"cp%d%d\" % sys.version_info[:2])")-*.whl'
HOST_MOUNTS=$(readlink /proc/self/ns/mnt)
export HOST_MOUNTS

# try_wheel SUITE: the one in dist/ for its Python
try_wheel() {
  unshare --mount --pid --fork --kill-child --mount-proc \
    bash -c "$steps" bash "$container" "$here" "$1" "$scratch/$1" "$check" </dev/null >"$logs/$1.log" 2>&1 ||
    { tail -n 20 "$logs/$1.log" >&2; return 1; }
  tail -n 1 "$logs/$1.log"
  rm -rf --one-file-system "${scratch:?}/$1"
}

failed=0
for suite in "$@"; do
  if [[ -z ${TRY_ONLY:-} ]] && ! make_wheel "$suite"; then
    failed=1
    continue
  fi
  echo "caffe-wheels: $(date +%T) $suite, with python3-venv alone; log: $logs/$suite.log"
  if ! try_wheel "$suite"; then
    echo "caffe-wheels: $suite: FAILED"
    failed=1
  fi
done
exit "$failed"
