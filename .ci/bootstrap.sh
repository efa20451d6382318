# Makes a checkout ready to run or to test. Sourced by run and test, which have gone to the checkout's folder.
# Written for bash 3.2 and later, because that is what macOS has.

PYTHON_CANDIDATES="python3.14 python3.13 python3.12 python3 /usr/bin/python3"
LIBRARIES="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
LOGS="${STATSOFFICE_VAR:-$PWD/var}/log"
current=""

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

stop() {
  if [ -n "$current" ]; then
    kill -TERM -- "-$current" 2>/dev/null || true
    wait "$current" 2>/dev/null || true
  fi
  printf '\nStopped.\n' >&2
  exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM HUP

# attend COMMAND ...: runs a command as a process group of its own, so that Ctrl-C ends all of it at once.
attend() {
  local status=0
  set -m
  "$@" </dev/null &
  current=$!
  set +m
  wait "$current" || status=$?
  current=""
  return "$status"
}

# into LOG COMMAND ...: runs a command with all that it prints in a file.
into() {
  local log=$1
  shift
  "$@" >"$log" 2>&1
}

# step TITLE COMMAND ...: shows that something is under way, and the end of what it printed if it fails.
step() {
  local title=$1 began=$SECONDS log="$LOGS/setup.log"
  shift
  mkdir -p "$LOGS"
  printf '%s ... ' "$title"
  if attend into "$log" "$@"; then
    printf 'done in %s s\n' "$((SECONDS - began))"
  else
    printf 'failed. The end of %s:\n' "$log"
    tail -n 15 "$log" | sed 's/^/  /' >&2
    exit 1
  fi
}

is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# install_system_packages NAME ...: installs what is missing of them, or tells what to type.
install_system_packages() {
  local package missing=""
  is_debian || return 0
  for package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    fail "These system packages are missing:$missing
Type this, then start again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
  fi
  # shellcheck disable=SC2086 # one word per package
  step "Installing system packages ($(set -- $missing; echo $#))" apt_install $missing
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }
}

# why_unfit PYTHON: prints why a Python will not do, and nothing where it will; a name on PATH may be a shim
# that starts nothing, so each is really run.
why_unfit() {
  local version
  command -v "$1" >/dev/null || { echo "is not there"; return; }
  version=$("$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || { echo "does not start"; return; }
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "is $version, too old"; return; }
  "$1" -c 'import venv, ensurepip, ssl, sqlite3' 2>/dev/null || echo "is $version, but lacks venv, ensurepip, ssl or sqlite3"
}

find_python() {
  local candidate why
  found="" tried=""
  for candidate in $PYTHON_CANDIDATES; do
    why=$(why_unfit "$candidate")
    [ -n "$why" ] || { found=$candidate; return 0; }
    tried="$tried
  $candidate $why"
  done
  return 1
}

# A folder that was copied or moved, or whose Python has gone, is no working environment.
environment_works() {
  .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && grep -qF "$PWD/.venv/bin/" .venv/bin/pip
}

make_environment() {
  local candidate
  ! environment_works || return 0
  find_python || { is_debian && install_system_packages python3 python3-venv && find_python; } ||
    fail "Python 3.12 or newer is needed, with venv. Tried:$tried
Install it, then start again:
  Debian 13, Ubuntu 24.04 or newer:  sudo apt-get install -y python3 python3-venv
  macOS:                             brew install python@3.13 pango"
  # Where it is a link, clearing would empty somebody else's folder.
  [ ! -L .venv ] || rm .venv
  step "Making .venv with $found" "$found" -m venv --clear .venv
}

# install_python_packages LOCK: installs exactly what the lock names, only when the lock has changed.
install_python_packages() {
  local installed=".venv/installed-$1"
  ! cmp -s "$1" "$installed" || return 0
  step "Installing the packages of $1 (first time: about a minute)" \
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$1"
  cp "$1" "$installed"
}

fingerprint() { find "$@" -type f ! -path 'static/built/*' | LC_ALL=C sort | while read -r file; do cksum "$file"; done; }

# The npm of requirements-build.txt, which brings its own Node: none is needed on the system.
npm_run() { PATH="$PWD/.venv/bin:$PATH" npm --no-audit --no-fund --no-update-notifier "$@"; }

install_npm_packages() {
  local installed=node_modules/.installed-lock
  ! cmp -s package-lock.json "$installed" || return 0
  install_python_packages requirements-build.txt
  # npm empties what a link leads to, which is somebody else's folder.
  [ ! -L node_modules ] || rm node_modules
  step "Installing GOV.UK Frontend and Sass" npm_run ci
  cp package-lock.json "$installed"
}

# build_styles: compiles the styles if they are out of date; nothing else installs Node.
build_styles() {
  local inputs built=static/built/.inputs
  inputs=$(fingerprint package.json package-lock.json static)
  [ "$inputs" != "$(cat "$built" 2>/dev/null)" ] || return 0
  install_npm_packages
  install_python_packages requirements-build.txt
  step "Compiling the styles" npm_run run build
  printf '%s\n' "$inputs" >"$built"
}

check_pango() {
  if [ -d /opt/homebrew/lib ]; then # where a Python that is not Homebrew's does not look
    export DYLD_FALLBACK_LIBRARY_PATH="/opt/homebrew/lib:${DYLD_FALLBACK_LIBRARY_PATH:-/usr/local/lib:/usr/lib}"
  fi
  .venv/bin/python -c 'import weasyprint' >/dev/null 2>"$LOGS/pango.log" ||
    fail "Pango, which draws the reports as PDF, cannot be used ($(tail -n 1 "$LOGS/pango.log")).
Install it, then start again:
  Debian, Ubuntu:  sudo apt-get install -y --no-install-recommends $LIBRARIES
  macOS:           brew install pango
  Fedora:          sudo dnf install pango"
}

# prepare_python LOCK: the packages and libraries that the product runs on.
prepare_python() {
  mkdir -p "$LOGS"
  install_system_packages $LIBRARIES
  make_environment
  install_python_packages "$1"
  check_pango
}

# bootstrap LOCK: everything that both running and testing need.
bootstrap() {
  prepare_python "$1"
  build_styles
  # Tests compare our templates with GOV.UK Frontend's own examples.
  [ "$1" != requirements-test.txt ] || install_npm_packages
}
