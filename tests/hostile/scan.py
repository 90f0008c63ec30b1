"""A port scan: what an attacker in a container runs to find the containers of others."""

from __future__ import annotations

_ANSWER = """\
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import product

def answer(where):
    try:
        with socket.create_connection(where, timeout=1) as line:
            line.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            return b"".join(iter(lambda: line.recv(4096), b""))
    except OSError:
        return b""

def answers():
    # the networks that it is on, those which engines take first, and what they and students publish at
    own = socket.gethostbyname(socket.gethostname())
    networks = {own.rpartition(".")[0], *(f"172.{number}.0" for number in range(17, 22))}
    hosts = [f"{network}.{last}" for network in networks for last in range(1, 17) if f"{network}.{last}" != own]
    ports = [80, 2375, 3306, 5000, 8000, *range(32768, 32784)]
    with ThreadPoolExecutor(200) as pool:
        return b" ".join(pool.map(answer, product([*hosts, *{more}], ports)))
"""


def printing(more: tuple[str, ...] = ()) -> str:
    """Return Python that scans, also the addresses in `more`, and prints all that answered."""
    return f"{_ANSWER.replace('{more}', repr(more))}\nprint(answers())\n"


def dying_of(secret: str) -> str:
    """Return Python for an app: as long as it lives it scans, and it ends when `secret` is among the answers."""
    return f"""{_ANSWER.replace("{more}", "()")}
import os, threading, time
def scan():
    while {secret.encode()!r} not in answers():
        time.sleep(1)
    os._exit(1)
threading.Thread(target=scan, daemon=True).start()
"""
