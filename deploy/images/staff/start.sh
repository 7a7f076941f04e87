#!/bin/sh
# A staff server, or with --run another program: the course folder is laid out in its volume (running it again keeps
# everything), then it starts.
set -eu
python -c 'from pathlib import Path; from tito.workspace import lay_out_course
lay_out_course(Path.home() / "course", Path("/opt/tinytorch"))'
if [ "${1:-}" = --run ]; then
    shift
    exec "$@"
fi
exec python -P -m tito.server "$@"
