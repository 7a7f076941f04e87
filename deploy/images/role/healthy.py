"""A server's health check: does it answer on its own address?"""

import os
import urllib.request

prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
urllib.request.urlopen(f"http://127.0.0.1:8888{prefix}api", timeout=8).close()
