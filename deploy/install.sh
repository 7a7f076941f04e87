#!/bin/sh
# Makes .venv and installs what the lock files pin. `install.sh course` for running, `install.sh dev` for testing too.
# Can be run again after any failure; one line says what is wrong.
set -u
what=$1
log=.venv/install.log

fail() {
    echo "make: $1" >&2
    exit 1
}

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        supported "$candidate" && { echo "$candidate"; return; }
    done
    fail "Python 3.11, 3.12 or 3.13 is needed, found $(python3 --version 2>&1 | head -n 1); install one and name it: make PYTHON=python3.12 ... (nothing was changed)"
}

pip_install() {
    .venv/bin/python -m pip install --disable-pip-version-check "$@" >>"$log" 2>&1 && return
    reason=$(grep -E 'No space left|Temporary failure|Failed to establish|ERROR:' "$log" | grep -v 'pip.s dependency resolver' | tail -n 1 | cut -c 1-160)
    fail "Python packages could not be installed: ${reason:-see the log}; check network and disk, then run it again (log: $log, what is installed is kept)"
}

if [ ! -x .venv/bin/python ] || ! supported .venv/bin/python; then
    python=$(find_python) || exit 1
    echo "making .venv with $($python --version 2>&1)"
    rm -rf .venv
    message=$("$python" -m venv .venv 2>&1) || {
        rm -rf .venv
        fail "no virtual environment could be made ($(echo "$message" | tail -n 1 | cut -c 1-120)); on Debian: apt install python3-venv (nothing was changed)"
    }
fi
: >"$log" 2>/dev/null || fail "$log cannot be written; check the disk and who owns .venv"
case $what in
course)
    echo "installing the course's packages (a few minutes the first time)"
    pip_install -r requirements.lock
    ;;
dev)
    echo "installing the test tools"
    pip_install -r requirements-dev.lock
    ;;
*) fail "install.sh course|dev" ;;
esac
pip_install --no-deps --no-build-isolation -e .
touch ".venv/$what.stamp"
