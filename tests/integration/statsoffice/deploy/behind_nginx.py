"""The product as an office runs it: gunicorn by its unit, in production, and nginx by its example before it."""

import contextlib
import fcntl
import http.client
import os
import re
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tests.integration.statsoffice.deploy import files
from tests.servers import migrated, programs
from tests.servers.ports import free_port
from tests.servers.process import running
from tests.support.publishers import self_signed

NAME = "releases.example.gov.uk"
INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"
TOKEN = "t" * 32
SEEN = "%(m)s %(U)s for=%({x-forwarded-for}i)s id=%({x-request-id}i)s host=%({host}i)s"
MAIN = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/statsoffice.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """One web machine behind the proxy: its process, where it listens, and what it writes."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path


class Front:
    """The address of nginx, how readers from inside and outside ask it, and the machines that answer behind it."""

    def __init__(
        self, *, plain: int, secure: int, certificate: Path, machines: Sequence[Machine], proxy_log: Path
    ) -> None:
        self.plain, self.secure, self.machines, self.proxy_log = plain, secure, machines, proxy_log
        self._trust = ssl.create_default_context(cafile=certificate)

    def ask(self, path, *, method="GET", body=None, reader=INSIDE, name=NAME, **headers):
        """Ask by https under a name, and return the answer, read."""
        connection = _Named(name, self.secure, context=self._trust, reader=reader)
        return _answer(connection, method, path, body, headers)

    def ask_plainly(self, path):
        """Ask without https."""
        connection = http.client.HTTPConnection(INSIDE, self.plain, timeout=20)
        return _answer(connection, "GET", path, None, {"Host": NAME})

    def seen_by_the_web(self):
        """Read what gunicorn wrote of the requests that came to it, on every machine."""
        return "".join(machine.log.read_text() for machine in self.machines)


class _Named(http.client.HTTPSConnection):
    """A connection to loopback that knows the server by another name, from an address of the reader's own."""

    def __init__(self, name, port, *, context, reader):
        super().__init__(name, port, timeout=20, context=context)
        self._reader = reader

    def connect(self):
        plain = socket.create_connection((INSIDE, self.port), self.timeout, (self._reader, 0))
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def _answer(connection, method, path, body, headers):
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers={"Host": NAME} | headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")
        return answer


def written_for_test(folder, *, webs, plain, secure):
    """Write nginx's example with the ports and the certificate of a test, and return the main file that includes it.

    :param webs: the ports of the web machines.
    """
    text = (files.DEPLOY / "nginx" / "statsoffice.conf").read_text()
    for was, now in {
        "server 127.0.0.1:8000;": " ".join(f"server 127.0.0.1:{web};" for web in webs),
        "/etc/ssl/statsoffice/": f"{folder}/",
        "127.0.0.0/8 1;": f"{INSIDE} 1;",  # so that there is an outside on loopback
    }.items():
        assert was in text
        text = text.replace(was, now)
    # Not every machine speaks IPv6; the first listener of a pair is the same.
    text = re.sub(r"\n\s*listen \[::\].*", "", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{secure} ")
    (folder / "statsoffice.conf").write_text(text)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder))
    return main


def in_production(environment, *, folder):
    """Return the environment of processes in production whose pages are read through the proxy.

    :param environment: of processes that share the tests' database.
    """
    return environment | {
        "STATSOFFICE_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": NAME,
        "STATSOFFICE_ADDRESS": f"https://{NAME}",
        "STATSOFFICE_PROXIES": "1",
        "STATSOFFICE_METRICS_TOKEN": TOKEN,
        "DJANGO_SETTINGS_MODULE": "tests.integration.statsoffice.deploy.settings",
        "TESTS_STATIC_ROOT": str(folder / "static"),
    }


@contextlib.contextmanager
def in_front(environment, *, folder, machines=1, workers=None):
    """Run web and proxy for the time of a `with` block, and yield the front.

    :param environment: of processes in production.
    :param machines: how many web machines there are, each with its own folder.
    :param workers: how many processes each of them has; None for as many as the unit says.
    """
    plain, secure, webs = free_port(), free_port(), [free_port() for _ in range(machines)]
    self_signed(folder, name=NAME)
    main = written_for_test(folder, webs=webs, plain=plain, secure=secure)
    _collect_static_files(environment, folder=folder)
    nginx = [programs.nginx(), "-c", str(main), "-p", str(folder), "-e", "stderr"]
    subprocess.run([*nginx, "-t"], check=True, capture_output=True)
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(_machine(environment, port=web, folder=folder, workers=workers)) for web in webs]
        stack.enter_context(
            running(nginx, answers=lambda: _listens(secure), log=folder / "nginx.log", environment=dict(os.environ))
        )
        yield Front(
            plain=plain,
            secure=secure,
            certificate=folder / "certificate.pem",
            machines=started,
            proxy_log=folder / "access.log",
        )


def _collect_static_files(environment, *, folder):
    """Collect the static files of production, which are compressed for ten seconds, once for a run of `./test`."""
    kept = (migrated.folder() or folder) / "collected"
    kept.mkdir(exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "complete").exists():
            collect = [sys.executable, "manage.py", "collectstatic", "--noinput"]
            into = environment | {"TESTS_STATIC_ROOT": str(kept / "static")}
            subprocess.run(collect, env=into, cwd=settings.BASE_DIR, check=True, capture_output=True)
            (kept / "complete").touch()
    shutil.copytree(kept / "static", environment["TESTS_STATIC_ROOT"])


@contextlib.contextmanager
def _machine(environment, *, port, folder, workers):
    log, var = folder / f"web-{port}.log", folder / f"web-{port}"
    var.mkdir()
    own = {"STATSOFFICE_VAR": str(var), "GUNICORN_CMD_ARGS": f"--access-logfile - --access-logformat '{SEEN}'"}
    command = files.started_command("web", port=port, python=sys.executable)
    with running(
        [*command, *(("--workers", str(workers)) if workers else ())],
        answers=lambda: _listens(port),
        log=log,
        environment=environment | own,
        within_seconds=60,
    ) as process:
        yield Machine(port, process, log)


def _listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection((INSIDE, port), timeout=5).close()
        return True
    return False
