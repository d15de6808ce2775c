#!/usr/bin/env bash
# Builds the image NAME with docker, podman or buildah, whichever is there. Weights of the RUN
# folders, or of folders of runs, go inside, as the scoring image's own.
# usage: [CONTAINER_ENGINE=docker] build_image.sh NAME [OPTION_OF_BUILD ...] [-- RUN ...]
set -eu -o pipefail

if [[ $# -eq 0 || $1 == -h || $1 == --help ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=$1
shift
options=()
while [[ $# -gt 0 && $1 != -- ]]; do
  options+=("$1")
  shift
done
[[ $# -eq 0 ]] || shift

for engine in ${CONTAINER_ENGINE:-docker podman buildah}; do
  if command -v "${engine%% *}" >/dev/null; then break; fi
  engine=
done
if [[ -z $engine ]]; then
  echo "there is no docker, podman or buildah here; on Debian: apt-get install buildah" >&2
  exit 2
fi

rm -rf build/image/weights
mkdir -p build/image/weights
runs=()
for run in "$@"; do
  nested=("$run"/*/best.json)
  if [[ ! -e $run/best.json && -e ${nested[0]} ]]; then
    runs+=("${nested[@]%/best.json}")
  else
    runs+=("$run")
  fi
done
for run in ${runs[@]+"${runs[@]}"}; do
  if [[ ! -e $run/best.json ]]; then
    echo "$run has no best.json: train it first, or leave it out" >&2
    exit 4
  fi
  inside=build/image/weights/$(basename "$run")
  if [[ -e $inside ]]; then
    echo "two of the runs are named $(basename "$run"): put one of them into the image" >&2
    exit 2
  fi
  mkdir -p "$inside"
  cp "$run"/best.json "$run"/best.caffemodel "$run"/deploy.prototxt "$inside"
done

case $engine in
  # --format docker: the other one knows no SHELL
  buildah) build=(buildah build --isolation "${BUILDAH_ISOLATION:-chroot}" --format docker) ;;
  podman) build=(podman build --format docker) ;;
  *) build=("$engine" build) ;;
esac
"${build[@]}" --tag "$name" "${options[@]}" .
echo "image: $name, with the weights of ${runs[*]:-no run} inside"
