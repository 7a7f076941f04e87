#!/bin/sh
# Inside the build of the student's image: takes what only staff need out of nbgrader.
set -eu
cd /opt/course/lib/python3*/site-packages/nbgrader/server_extensions
rm -r formgrader course_list
for name in formgrader course_list; do
    mkdir $name
    cat >$name/__init__.py <<'PYTHON'
def load_jupyter_server_extension(nbapp):
    raise RuntimeError("this is for staff and not part of a student's server")
PYTHON
done
# The role's configuration names the extensions that start.
rm -f /opt/course/etc/jupyter/jupyter_server_config.d/nbgrader.json
# Jupytext's part of JupyterLab's page asks a part of the server that does not run (role/jupyter_server_config.d).
rm -r /opt/course/share/jupyter/labextensions/jupyterlab-jupytext
