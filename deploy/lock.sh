#!/bin/sh
# Resolves pyproject.toml into the lock files, one version of everything for Python 3.11 to 3.13, without addresses.
set -eu
compile() {
    .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest \
        --no-annotate --no-header --no-emit-index-url --quiet --upgrade "$@"
}
compile -o requirements.lock
compile --extra docker --extra kubernetes --extra farm -c requirements.lock -o requirements-docker.lock
compile --extra dev --extra docker --extra kubernetes -c requirements-docker.lock -o requirements-dev.lock
echo "wrote requirements.lock, requirements-docker.lock and requirements-dev.lock"
