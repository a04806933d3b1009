#!/usr/bin/env bash
# Builds .venv at the top of the repository, or reuses it when it already holds what is asked for.
#
#   bash training/install.sh cpu [dev]   what a run on a CPU needs (and the test and check tools)
#   bash training/install.sh gpu [dev]   the same for a machine with an NVIDIA GPU
#   bash training/install.sh --python    print a Python that runs: .venv's, else the one to build it with
#
# The lists of packages stand in pyproject.toml only. pip keeps the user's own index settings. A stamp for each
# list is written last, so an installation that was killed goes on at the next call; a lock that the kernel
# frees lets only one work at a time. PYTHON=... chooses the interpreter of a new .venv.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python

say() { printf 'install: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Prints why "$1" cannot be used; prints nothing when it can. A name on PATH proves little: version managers
# put stand-ins there that fail when they are run.
refusal() {
  local answer
  if answer=$("$1" -E -s -c '
import sys
if not (3, 11) <= sys.version_info[:2] < (3, 13):
    sys.exit("is Python %d.%d" % sys.version_info[:2])
try:
    import ensurepip, venv
except ImportError:
    sys.exit("lacks the venv module (on Debian and Ubuntu: the package python3-venv)")
' 2>&1 </dev/null); then
    return 0
  fi
  answer=${answer##*$'\n'}
  case $answer in is\ Python* | lacks*) ;; *) answer="does not run" ;; esac
  printf '%s' "$answer"
}

# Prints the first Python that works, as a full path.
find_python() {
  local name path reason seen="" names=(python3.11 python3.12 python3)
  [ -z "${PYTHON:-}" ] || names=("$PYTHON")
  for name in "${names[@]}"; do
    while IFS= read -r path; do
      reason=$(refusal "$path")
      if [ -z "$reason" ]; then
        "$path" -E -s -c 'import sys; print(sys.executable)'
        return 0
      fi
      seen+="${seen:+; }$path $reason"
    done < <(type -aP -- "$name" || true)
  done
  die "needs Python 3.11 or 3.12, but found ${seen:-none on PATH}. Install one, or name it: PYTHON=/path/to/python3.11."
}

need_compiler() {
  local name
  for name in ${CC:-} cc gcc clang; do
    if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then return 0; fi
  done
  die "needs a C compiler, but none of cc, gcc and clang runs. Install one (on Debian and Ubuntu: the package gcc)."
}

# Reads pyproject.toml: `lists hash cpu dev` prints a stamp for each list, `lists torch|bare|all cpu dev` packages.
lists() {
  "$python" -I -S - "$root/pyproject.toml" "$@" <<'PY'
import hashlib, pathlib, sys, tomllib

path, what, *names = sys.argv[1:]
pyproject = tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8"))
project, bare = pyproject["project"], pyproject["tool"]["callforge"]["no-deps"]


def expand(name):
    """Packages of an extra, with references to our own extras followed."""
    for entry in project["optional-dependencies"][name]:
        own = entry.removeprefix(project["name"])
        yield from expand(own[1:-1]) if own != entry else [entry]


if what == "hash":
    for name in names:
        asked = [*sys.version_info[:2], *project["dependencies"], *bare, *expand(name)]
        print(name, hashlib.sha256(repr(asked).encode()).hexdigest())
elif what == "bare":
    print(*bare, sep="\n")
else:
    every = [*project["dependencies"], *(entry for name in names for entry in expand(name))]
    print(*(entry for entry in every if what == "all" or entry.startswith("torch==")), sep="\n")
PY
}

# True when .venv is whole enough to install into.
runs() {
  "$python" -I -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null
}

# True when .venv runs and every asked list is stamped as it stands in pyproject.toml now.
ready() {
  local hashes name hash
  [ -x "$python" ] && hashes=$(lists hash "$@" 2>/dev/null) || return 1
  while read -r name hash; do
    [ "$(cat -- "$venv/installed-$name" 2>/dev/null)" = "$hash" ] || return 1
  done <<<"$hashes"
}

# Holds descriptor 9 until this script and every pip it started have ended, however they end.
lock() {
  exec 9>>"$root/.venv.lock"
  "$1" -I -S - <<'PY'
import fcntl, sys

try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("install: another installation is at work here; waiting for it.", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)
PY
}

# Forgets packages that a killed pip left half written (pip writes INSTALLER after the files), so that they are
# installed again.
forget_half_installed() {
  "$python" -I -S - "$venv" <<'PY'
import pathlib, shutil, sys

for site in pathlib.Path(sys.argv[1]).glob("lib/python*/site-packages"):
    for info in site.glob("*.dist-info"):
        if not (info / "INSTALLER").exists() or not (info / "RECORD").exists():
            shutil.rmtree(info)
    for left in site.glob("~*"):
        shutil.rmtree(left, ignore_errors=True)
PY
}

# Runs pip over the packages named on stdin; "$1" says what is being installed, the rest are pip's options.
pip_install() {
  local what=$1 packages began=$SECONDS
  shift
  mapfile -t packages
  say "$what ..."
  if ! "$python" -m pip install --disable-pip-version-check --no-input "$@" "${packages[@]}" \
    >>"$venv/install.log" 2>&1; then
    tail -n 15 "$venv/install.log" >&2
    die "pip could not finish '$what' (its last lines are above, all of it in .venv/install.log). Check the network and pip's index settings, then start again: it goes on from here."
  fi
  say "$what: done in $((SECONDS - began)) s"
}

build() {
  local base=$1 name hash
  shift
  if ! runs; then
    say "building .venv with $base"
    "$base" -m venv --clear "$venv" || die "$base could not build .venv (its message is above)."
  fi
  # All stamps go, not only the asked ones: cpu and gpu hold different builds of torch.
  rm -f -- "$venv"/installed-*
  forget_half_installed
  say "about 3 minutes the first time, and 2 GB (6 GB where pip finds the CUDA build of PyTorch); later starts reuse .venv"
  pip_install "PyTorch" < <(lists torch "$@")
  pip_install "SkyRL (without its own dependencies)" --no-deps < <(lists bare)
  pip_install "everything else ($*)" < <(lists all "$@")
  while read -r name hash; do
    printf '%s\n' "$hash" >"$venv/installed-$name"
  done < <(lists hash "$@")
  say "ready"
}

main() {
  local base kinds=0 name
  if [ "${1:-}" = --python ]; then
    if runs; then printf '%s\n' "$python"; else find_python; fi
    return
  fi
  for name in "$@"; do
    case $name in
      cpu | gpu) kinds=$((kinds + 1)) ;;
      dev) ;;
      *) die "does not know '$name'; expected cpu or gpu, and perhaps dev." ;;
    esac
  done
  [ "$kinds" = 1 ] || die "expected exactly one of cpu and gpu, got '$*'."
  if ready "$@"; then return 0; fi
  base=$(find_python)
  need_compiler
  lock "$base"
  if ready "$@"; then return 0; fi
  build "$base" "$@"
}

main "$@"
