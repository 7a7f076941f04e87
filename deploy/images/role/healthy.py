"""A server's health check: does it answer on its own address?"""

import os
import socket
import ssl
import sys
import urllib.request
from contextlib import suppress

HANDSHAKE = b"\x16"
"""How TLS begins a record of a handshake; that of a refusal begins otherwise."""

if os.environ.get("JUPYTERHUB_SSL_KEYFILE"):
    # With internal TLS it answers the hub and the proxy alone, and its log tells of everybody else. That it returns a
    # greeting shows that it is there.
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(coming, going, server_hostname="127.0.0.1").do_handshake()
    with socket.create_connection(("127.0.0.1", 8888), 8) as link:
        link.sendall(going.read())
        if link.recv(1) != HANDSHAKE:
            sys.exit("it does not speak TLS")
else:
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
    urllib.request.urlopen(f"http://127.0.0.1:8888{prefix}api", timeout=8).close()
