#!/usr/bin/env bash
# What an image of scan2num runs: `score SCAN ...`, `score-cohort LIST ...`, `grand-challenge`,
# `serve-challenge`, or any other command, such as `make train TARGET=fev1fvc COHORT=/cohort`.
# usage: entrypoint.sh [score|score-cohort|grand-challenge|serve-challenge|COMMAND] [ARGUMENT...]
set -eu -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case ${1:-} in
  score) program=tools/score_scan.py ;;
  score-cohort) program=tools/score_cohort.py ;;
  grand-challenge) program=tools/grand_challenge.py ;;
  serve-challenge) program=tools/serve_challenge.py ;;
  '' | -h | --help)
    sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
    exit 2
    ;;
  *) exec "$@" ;;
esac
shift

# weights that were put into the image, unless others are named
inside=(weights/*/best.json)
if [[ -e ${inside[0]} && " $* " != *" --weights "* ]]; then
  set -- "$@" --weights "${inside[@]%/best.json}"
fi
exec .venv/bin/python "$program" "$@"
