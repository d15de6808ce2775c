#!/usr/bin/env bash
# Makes stand-ins for NVIDIA's images where no registry can be reached: DEVEL and RUNTIME, an Ubuntu
# 24.04 with the pinned CUDA 12 and cuDNN where those have theirs, whole or the libraries alone.
# usage: make_cuda_base.sh BASE DEVEL RUNTIME    (BASE: of make_base.sh noble)
set -eu -o pipefail

if [[ $# -ne 3 ]]; then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
  exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
base=$1 devel=$2 runtime=$3
if buildah inspect --type image "$devel" >/dev/null 2>&1 &&
  buildah inspect --type image "$runtime" >/dev/null 2>&1; then
  exit 0
fi
toolkit=$(.venv/bin/python -c 'from tools.caffe_build import cache_key
from tools.caffe_build.cuda import pinned_toolkit
print(pinned_toolkit.ensure(cache_key.cache_folder(), "12").root)' | tail -n 1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
system=usr/lib/x86_64-linux-gnu

# commit NAME: what lies in $scratch/tree, on top of BASE
commit() {
  local container
  container=$(buildah from "$base")
  buildah add --quiet "$container" "$scratch/tree" / >/dev/null
  buildah run "$container" -- ldconfig
  buildah config --env CUDA_VERSION=12.4 --env NVIDIA_VISIBLE_DEVICES=all \
    --env NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    --env PATH=/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "$container"
  buildah commit --quiet --rm "$container" "$1" >/dev/null
  rm -rf "$scratch/tree"
}

# start: what both have; NVIDIA puts cuDNN among the system's libraries
start() {
  mkdir -p "$scratch/tree"/{usr/local/cuda/lib,etc/ld.so.conf.d,usr/include,$system}
  ln -s lib "$scratch/tree/usr/local/cuda/lib64"
  echo /usr/local/cuda/lib64 > "$scratch/tree/etc/ld.so.conf.d/cuda.conf"
  cp -P "$toolkit"/lib/libcudnn*.so.* "$scratch/tree/$system"
}

start
cp -P "$toolkit"/lib/lib{cudart,cublas,cublasLt,curand}.so.* "$scratch/tree/usr/local/cuda/lib"
commit "$runtime"

start
cp -a "$toolkit/." "$scratch/tree/usr/local/cuda"
mv "$scratch/tree/usr/local/cuda/include"/cudnn*.h "$scratch/tree/usr/include"
rm "$scratch/tree/usr/local/cuda/lib"/libcudnn*
ln -s "$(basename "$toolkit"/lib/libcudnn.so.*)" "$scratch/tree/$system/libcudnn.so"
commit "$devel"
