#!/bin/sh
# A staff server: the course folder is laid out in its volume (running it again keeps everything), then Jupyter starts.
set -eu
python -c 'from pathlib import Path; from tito.workspace import lay_out_course
lay_out_course(Path.home() / "course", Path("/opt/tinytorch"))'
exec jupyterhub-singleuser "$@"
