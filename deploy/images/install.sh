#!/bin/sh
# Inside a build: installs into /opt/course with the lock file's versions, drops tests, compiles to byte code.
set -eu
[ ! -f /run/secrets/certificates ] || export PIP_CERT=/run/secrets/certificates
[ ! -f /run/secrets/pip ] || export PIP_CONFIG_FILE=/run/secrets/pip
if [ "$1" = --tools ]; then # what builds the course's wheel, into pip's own folder
    exec /opt/pip/bin/pip install --quiet --disable-pip-version-check --no-cache-dir \
        -c /opt/pip/lock/requirements-docker.lock setuptools
fi
begin=$(mktemp)
/opt/pip/bin/pip --python /opt/course/bin/python install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
    -c /opt/pip/lock/requirements-docker.lock "$@"
cd /opt/course/lib/python3*/site-packages
# numpy.testing imports from numpy's own tests; nobody imports these.
rm -rf matplotlib/tests mpl_toolkits/*/tests nbgrader/docs nbgrader/tests jedi/third_party/django-stubs
# An image's files never change: Python need not look at the sources' dates when it imports one.
# Files that no Python could compile (templates, old syntax) are left as they are.
find . -name '*.py' -newer "$begin" >"$begin.files"
/opt/course/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash -i "$begin.files" >/dev/null || true
rm "$begin" "$begin.files"
