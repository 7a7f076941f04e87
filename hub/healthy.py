"""A service's health check: `python -m hub.healthy URL` ends with 0 when the address answers well."""

import os
import ssl
import sys
import urllib.request

tls = None
key = os.environ.get("JUPYTERHUB_SSL_KEYFILE")
if key:  # internal TLS: each part trusts its own kind too
    tls = ssl.create_default_context(cafile=os.environ["JUPYTERHUB_SSL_CLIENT_CA"])
    tls.load_cert_chain(os.environ["JUPYTERHUB_SSL_CERTFILE"], key)
urllib.request.urlopen(sys.argv[1], timeout=4, context=tls).close()
