#!/usr/bin/env bash
# Names the distribution's packages whose libraries Caffe in .venv is linked to, one a line: what an
# image without compilers needs. CUDA's are left out: an image for GPUs starts from one with them.
# usage: runtime_packages.sh
set -eu -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mapfile -t linked < <(find .venv/bin/caffe .venv/lib -type f \
  '(' -name caffe -o -name 'libcaffe*.so*' -o -name '_caffe*.so' ')' -exec ldd {} + |
  awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u)
for library in "${linked[@]}"; do
  case $(realpath "$library") in
    "$PWD"/*) continue ;;  # our own
    /usr/local/cuda* | */libcudnn*) continue ;;
  esac
  # with merged /usr a package may own the file under either name
  for name in "$library" "$(realpath "$library")" "/usr$library" "${library#/usr}"; do
    if owner=$(dpkg-query -S "$name" 2>/dev/null); then
      echo "${owner%%:*}"
      break
    fi
  done
done | sort -u
