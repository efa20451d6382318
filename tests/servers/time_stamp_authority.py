"""A time-stamp authority (RFC 3161) on loopback: an HTTP server around `openssl ts -reply`, with its own CA."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

LOOPBACK = "127.0.0.1"
CONFIGURATION = """\
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/authority.pem
certs = {folder}/root.pem
signer_key = {folder}/authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
EXTENSIONS = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
"""


@dataclass
class Authority:
    """A running authority: its address, its root certificate in PEM, and how often it was asked.

    `answer` replaces what it sends next: status, type and content, which is None for what openssl replies.
    """

    folder: Path
    address: str = ""
    queries: list[bytes] = field(default_factory=list)
    answer: tuple[int, str, bytes | None] = (200, "application/timestamp-reply", None)

    @property
    def certificates(self) -> str:
        return (self.folder / "root.pem").read_text()

    def reply(self, query: bytes) -> bytes:
        """Have openssl reply to a query."""
        (self.folder / "query.tsq").write_bytes(query)
        openssl(self.folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "response.tsr")
        return (self.folder / "response.tsr").read_bytes()


def openssl(folder: Path, *arguments: str) -> str:
    command = ["openssl", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def found_authority(folder: Path) -> Authority:
    """Make the keys and certificates of an authority in an empty folder."""
    folder.mkdir(exist_ok=True)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    (folder / "extensions").write_text(EXTENSIONS)
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    root = ("-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Example Time Stamp Root", "-days", "3650")
    openssl(folder, "req", "-x509", *new_key, *root)
    own = ("-keyout", "authority.key", "-out", "authority.csr", "-subj", "/CN=Example Time Stamp Authority")
    openssl(folder, "req", *new_key, *own)
    signed = ("-CA", "root.pem", "-CAkey", "root.key", "-out", "authority.pem", "-days", "3650")
    openssl(folder, "x509", "-req", "-in", "authority.csr", *signed, "-extfile", "extensions")
    return Authority(folder)


@contextlib.contextmanager
def time_stamp_authority(folder: Path) -> Iterator[Authority]:
    """Run an authority for the time of a `with` block.

    :param folder: for its files; does not exist, or is empty.
    """
    authority = found_authority(folder)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            authority.queries.append(query)
            status, kind, content = authority.answer
            body = authority.reply(query) if content is None else content
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer((LOOPBACK, 0), Answer) as server:
        authority.address = f"http://{LOOPBACK}:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()
