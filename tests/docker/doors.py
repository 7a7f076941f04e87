"""Which doors open from where this runs. It is sent as text into containers, so it imports nothing of the tests."""

import socket
from concurrent.futures import ThreadPoolExecutor


def resolve(host):
    """The address of `host`, or None: an unknown name is as good as a wall."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        return None


def reach(host, port):
    """Whether a connection opens; a refusal and silence are the same to a thief."""
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def opened(hosts, ports):
    """All that open, tried at once."""
    with ThreadPoolExecutor(40) as threads:
        known = [host for host, address in zip(hosts, threads.map(resolve, hosts), strict=True) if address]
        doors = [(host, port) for host in known for port in ports]
        answers = threads.map(lambda door: reach(*door), doors)
        return [f"{host}:{port}" for (host, port), answer in zip(doors, answers, strict=True) if answer]
