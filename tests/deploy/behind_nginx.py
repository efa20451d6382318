"""The product as an office runs it: gunicorn by its unit, in production, and nginx by its example before it."""

import contextlib
import http.client
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.deploy import files
from tests.morning import free_port
from tests.releases.probe.publishers import self_signed
from tests.servers import programs
from tests.servers.process import running

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


class Front:
    """The address of nginx, and how readers from inside and outside ask it."""

    def __init__(self, *, plain: int, secure: int, certificate: Path, web_log: Path, proxy_log: Path) -> None:
        self.plain, self.secure, self.web_log, self.proxy_log = plain, secure, web_log, proxy_log
        self._trust = ssl.create_default_context(cafile=certificate)

    def ask(self, path, *, method="GET", body=None, reader=INSIDE, name=NAME, **headers):
        """Ask by https under a name; gives the answer, read."""
        connection = _Named(name, self.secure, context=self._trust, reader=reader)
        return _answer(connection, method, path, body, headers)

    def ask_plainly(self, path):
        """Ask without https."""
        connection = http.client.HTTPConnection(INSIDE, self.plain, timeout=20)
        return _answer(connection, "GET", path, None, {"Host": NAME})

    def seen_by_the_web(self):
        """Read what gunicorn wrote of the requests that came to it."""
        return self.web_log.read_text()


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


def written_for_test(folder, *, web, plain, secure):
    """Write nginx's example with the ports and the certificate of a test; gives the main file that includes it."""
    text = (files.DEPLOY / "nginx" / "statsoffice.conf").read_text()
    for was, now in {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{web};",
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


@contextlib.contextmanager
def in_front(environment, *, folder):
    """Run web and proxy for the time of a `with` block; gives the front.

    :param environment: of processes that share the tests' database.
    """
    plain, secure, web = free_port(), free_port(), free_port()
    self_signed(folder, name=NAME)
    main = written_for_test(folder, web=web, plain=plain, secure=secure)
    in_production = environment | {
        "STATSOFFICE_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": NAME,
        "STATSOFFICE_ADDRESS": f"https://{NAME}",
        "STATSOFFICE_PROXIES": "1",
        "STATSOFFICE_METRICS_TOKEN": TOKEN,
        "DJANGO_SETTINGS_MODULE": "tests.deploy.settings",
        "TESTS_STATIC_ROOT": str(folder / "static"),
        "GUNICORN_CMD_ARGS": f"--access-logfile - --access-logformat '{SEEN}'",
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput"]
    subprocess.run(collect, env=in_production, cwd=settings.BASE_DIR, check=True, capture_output=True)
    nginx = [programs.nginx(), "-c", str(main), "-p", str(folder), "-e", "stderr"]
    subprocess.run([*nginx, "-t"], check=True, capture_output=True)
    web_log = folder / "web.log"
    with (
        running(
            files.started_command("web", port=web, python=sys.executable),
            answers=lambda: _listens(web),
            log=web_log,
            environment=in_production,
            within_seconds=60,
        ),
        running(nginx, answers=lambda: _listens(secure), log=folder / "nginx.log", environment=dict(os.environ)),
    ):
        yield Front(
            plain=plain,
            secure=secure,
            certificate=folder / "certificate.pem",
            web_log=web_log,
            proxy_log=folder / "access.log",
        )


def _listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection((INSIDE, port), timeout=5).close()
        return True
    return False
