# What comes back from addresses of the class: to plain HTTP, to TLS without a certificate, and with this part's own.
# It is sent as text into a container, so it imports nothing of the tests.
import json
import os
import socket
import ssl
import urllib.request


def strangers():
    """TLS of somebody who has no certificate and asks for none."""
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def own():
    """TLS of the part that this runs in; it checks the other side by its name."""
    tls = ssl.create_default_context(cafile=os.environ["JUPYTERHUB_SSL_CLIENT_CA"])
    tls.load_cert_chain(os.environ["JUPYTERHUB_SSL_CERTFILE"], os.environ["JUPYTERHUB_SSL_KEYFILE"])
    return tls


def answer(host, port, path, tls):
    """The beginning of the answer; empty where there is none."""
    try:
        with socket.create_connection((host, port), 30) as plain:
            link = tls.wrap_socket(plain, server_hostname=host) if tls else plain
            link.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return link.recv(8).decode(errors="replace")
    except OSError:
        return ""


def failing(url):
    """What a service says of its own work that fails."""
    with urllib.request.urlopen(url, timeout=60, context=own()) as told:
        return json.load(told)["failing"]


def answers(doors):
    """For each of `doors`, host, port and path, what the three get."""
    return {f"{door[0]}:{door[1]}": [answer(*door, tls) for tls in (None, strangers(), own())] for door in doors}
