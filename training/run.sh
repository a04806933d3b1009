#!/usr/bin/env bash
# Trains: bash training/run.sh [--smoke] [--config PATH] [key=value ...]
#
# Checks the keys before anything is installed, builds or reuses .venv for this machine's hardware, and hands
# over to `python -m training`. Works from any folder; `--help` lists every key and installs nothing.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# Ray's workers find our packages by this too; -P keeps folders of the caller's from being taken for ours.
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"

python=$(bash "$root/training/install.sh" --python)
for argument in "$@"; do
  case $argument in --help | -h) exec "$python" -P -m training.config --help ;; esac
done
hardware=$("$python" -P -m training.config hardware "$@")
bash "$root/training/install.sh" "$hardware"
exec "$root/.venv/bin/python" -P -m training "$@"
