#!/usr/bin/env bash
# Run a step and note its seconds: timed_step.sh FOLDER NAME COMMAND [ARG ...]
# The longest time stays: a step that finds its work done does not overwrite what the work took.
set -euo pipefail

folder=$1 name=$2
shift 2
mkdir -p "$folder"
start=$SECONDS
"$@"
took=$((SECONDS - start))
note=$folder/$name.seconds
if [ ! -f "$note" ] || [ "$took" -gt "$(<"$note")" ]; then
  echo "$took" >"$note"
fi
