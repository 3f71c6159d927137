"""What the experiment measures: a round trip of a few bytes, by a connection of its own."""

import socket
import time


def round_trip_ms(port, times=3):
    """The quickest of some round trips, in milliseconds: a machine that is busy for a moment is not the proxy."""
    taken = []
    with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(times):
            start = time.perf_counter()
            sock.sendall(b"ping")
            heard = b""
            while len(heard) < 4:
                chunk = sock.recv(4 - len(heard))
                assert chunk, "the connection was closed"
                heard += chunk
            taken.append((time.perf_counter() - start) * 1000)
    return min(taken)


def is_refused(port):
    """Whether nobody listens."""
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=10).close()
    except ConnectionRefusedError:
        return True
    return False
