"""A Sentry gets only the kind and place of an error: a real report, read by a server of the test's own."""

import gzip
import http.server
import json
import threading

import brotli
import pytest

from tests.integration.statsoffice.test_settings import load_settings

READ = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
FAILING = """
import logging
import django; django.setup()
from django.test import Client
from django.urls import path
from statsoffice import urls

def failing(request, reference):
    person = "Hidden Person"
    try:
        int("hidden.person@example.gov.uk")
    except ValueError:
        logging.getLogger("releases.monitoring.sweep").exception("cannot judge %s", "hidden-release")
    logging.getLogger("other").error(f"hidden words of {person}")
    raise LookupError(f"hidden-release of {person}")

urls.urlpatterns.insert(0, path("failing/<reference>/", failing))
client = Client(headers={"host": "localhost", "cookie": "sessionid=hidden"}, raise_request_exception=False)
assert client.post("/failing/hidden-release/?words=hidden", {"text": "hidden"}).status_code == 500
import sentry_sdk; sentry_sdk.flush()
"""


@pytest.fixture
def sentry():
    """Listen as a Sentry does, and yield its address and the reports it got."""
    told = []

    class Told(http.server.BaseHTTPRequestHandler):
        def do_POST(self):  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append(READ[self.headers["Content-Encoding"]](body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", told
        server.shutdown()


@pytest.mark.full
def test_errors_are_described_by_kind_and_place_and_nothing_of_people_or_releases(sentry, tmp_path):
    dsn, told = sentry
    ran = load_settings(tmp_path, script=FAILING, STATSOFFICE_SENTRY_DSN=dsn)
    assert ran.returncode == 0, ran.stderr
    everything = b"\n".join(told).decode()
    assert "hidden" not in everything.lower().replace("<reference>", "")
    events = [json.loads(line) for line in everything.splitlines() if '"exception"' in line or '"logentry"' in line]
    errors = [error for event in events for error in event.get("exception", {"values": []})["values"]]
    assert {error["type"] for error in errors} == {"ValueError", "LookupError"}
    assert {"message": "cannot judge %s"} in [event.get("logentry") for event in events]
    assert "failing" in {frame["function"] for error in errors for frame in error["stacktrace"]["frames"]}


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param("import sys; sys.modules['sentry_sdk'] = None; ", "sentry-sdk is not installed", id="no package"),
        pytest.param("", "is not a valid Sentry DSN", id="no address"),
    ],
)
def test_a_sentry_that_cannot_be_determined_refuses_to_start(tmp_path, script, sentence):
    loaded = load_settings(
        tmp_path, script=f"{script}from django.conf import settings; settings.MODE", STATSOFFICE_SENTRY_DSN="nonsense"
    )
    assert sentence in loaded.stderr.strip().splitlines()[-1]


def test_nothing_of_it_is_loaded_unless_it_is_set(tmp_path):
    script = "import sys, django; django.setup(); print('sentry_sdk' in sys.modules)"
    assert load_settings(tmp_path, script=script).stdout.strip() == "False"
