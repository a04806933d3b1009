#!/usr/bin/env bash
# Trains: bash training/run.sh [--smoke] [--config PATH] [key=value ...]
#
# Checks the keys before anything is installed, builds or reuses .venv for this machine's hardware, and hands
# over to `python -m training`. Works from any folder; `--help` lists every key and installs nothing.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

# A config path is meant from where the caller stands; the run itself stands at the top of the repository.
args=()
while [ $# -gt 0 ]; do
  case $1 in
    --config=[!/]*) args+=("--config=$PWD/${1#--config=}") ;;
    --config) args+=("$1"); if [ $# -gt 1 ]; then shift; case $1 in /*) args+=("$1") ;; *) args+=("$PWD/$1") ;; esac; fi ;;
    *) args+=("$1") ;;
  esac
  shift
done

cd -- "$root"
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"

python=$(bash training/install.sh --python)
case " ${args[*]-} " in
  *" --help "* | *" -h "*) exec "$python" -m training.config --help ;;
esac
hardware=$("$python" -m training.config hardware "${args[@]+"${args[@]}"}")
bash training/install.sh "$hardware"
exec .venv/bin/python -m training "${args[@]+"${args[@]}"}"
