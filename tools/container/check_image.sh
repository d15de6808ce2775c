#!/usr/bin/env bash
# Runs an image as an engine would, without one, by buildah: quick tests, a training, the end of one
# by SIGTERM, scores, a Grand Challenge job and a server. Results must be those of the host, which
# test_image.sh has put into build/image; TOLERANCE is relative, 0 for byte for byte.
# usage: check_image.sh IMAGE TOLERANCE
set -eu -o pipefail

if [[ $# -ne 2 ]]; then
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
image=$1 tolerance=$2
export BUILDAH_ISOLATION=chroot
made=$PWD/build/image inside=/opt/scan2num
work=$made/checked
step() { echo "test-image: $(date +%T) ${image##*/}: $*"; }

container=$(buildah from "$image")
trap 'buildah rm "$container" >/dev/null' EXIT
# Of two mounts on one folder, a declared volume and --volume's, buildah 1.28 puts either on top.
buildah config --volume /cohort- --volume "$inside/runs-" "$container"
rm -rf "$work"
mkdir -p "$work"/{runs,output}
chown -R 10001:10001 "$work"
# in_image COMMAND...: with the image's own user and folder
in_image() {
  buildah run --user 10001 --volume "$made/cohort:/cohort:ro" --volume "$work/runs:$inside/runs" \
    --volume "$made/input:/input:ro" --volume "$work/output:/output" \
    --volume "$made/phantoms/scans:/scans:ro" "$container" -- "$@"
}
# config KEY: the image's own ENTRYPOINT or CMD, one word a line
config() {
  buildah inspect --type image --format "{{range .OCIv1.Config.$1}}{{println .}}{{end}}" "$image"
}
mapfile -t entry < <(config Entrypoint)
mapfile -t command < <(config Cmd)
entry=(env TINI_SUBREAPER=yes "${entry[@]}")  # for tini, which is not the first process here
train=(make train COHORT=/cohort SCHEDULE=demo SLICES=4 BATCH=2)

step "the quick part of make test"
# without what needs a compiler, or the sample of a real CT
in_image "${entry[@]}" .venv/bin/python -m pytest -q -p no:cacheprovider -m "not slow" \
  --ignore tests/caffe_build/test_cuda_build.py --ignore tests/scoring/test_lidc_sample.py

step "two iterations of training"
in_image "${entry[@]}" "${train[@]}" TARGET=fev1fvc \
  TRAIN_OPTIONS='--iterations 2 --interval 2 --quiet'

step "SIGTERM, as of docker stop, ends a training with a snapshot"
# shellcheck disable=SC2016
in_image bash -c '"$@" & tini=$!
  for second in {1..300}; do
    if grep -qs "Iteration 2 " runs/cohort/ve/train.log; then kill -TERM $tini; break; fi
    [[ $second -lt 300 ]] || { echo "no second iteration in 300 s" >&2; kill -KILL $tini; exit 1; }
    sleep 1
  done
  wait $tini && { echo "the training ended by itself" >&2; exit 1; }
  ls runs/cohort/ve/snapshots/*.solverstate' bash \
  "${entry[@]}" "${train[@]}" TARGET=ve TRAIN_OPTIONS='--iterations 20000 --interval 10000 --quiet'

step "scores, and a Grand Challenge job without a command"
in_image "${entry[@]}" score /scans/phantom_0008.mhd --json - --quiet > "$work/score.json"
in_image "${entry[@]}" "${command[@]}"
compare() {
  .venv/bin/python tools/container/compare_results.py "$made/host" "$work" --tolerance "$tolerance"
}
compare

step "the same case by a server, which SIGTERM ends"
# shellcheck disable=SC2016
in_image bash -c '"$@" & tini=$!
  status=0
  .venv/bin/python tools/container/call_invoke.py || status=$?
  kill -TERM $tini
  wait $tini || [[ $? -eq 143 ]] || { echo "it ended otherwise" >&2; exit 1; }
  exit $status' bash "${entry[@]}" serve-challenge
compare

step "a scan that is not there is refused"
status=0
in_image "${entry[@]}" score /scans/none.mhd 2>"$work/refusal" || status=$?
[[ $status -eq 3 ]] || { cat "$work/refusal" >&2; exit 1; }
