"""An NTP server on loopback, which sends the time of this machine or another one."""

import contextlib
import socketserver
import struct
import threading
import time
from collections.abc import Iterator

SINCE_1900 = 2_208_988_800  # seconds between the beginnings of NTP's time and of Unix's
LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def time_server(*, ahead: float = 0.0, leap: int = 0) -> Iterator[str]:
    """Run a time server for the time of a `with` block, and yield its host and port. Source: RFC 5905, section 7.3.

    :param ahead: seconds by which its clock is ahead of the machine's.
    :param leap: its leap indicator; 3 says that it keeps no time.
    """

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, line = self.request
            now = time.time() + SINCE_1900 + ahead
            stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
            begin = struct.pack("!BBbb", leap << 6 | 4 << 3 | 4, 1, 6, -20)
            root = struct.pack("!II4s", int(0.01 * 2**16), int(0.005 * 2**16), b"GPS\0")
            line.sendto(begin + root + stamp + question[40:48] + stamp + stamp, self.client_address)

    with socketserver.UDPServer((LOOPBACK, 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
