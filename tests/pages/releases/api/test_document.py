"""The OpenAPI document: valid, complete, with examples that are true, and enough for a client to be made from it."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.factories import ReleaseFactory

pytestmark = pytest.mark.django_db

DOCUMENT = "/api/v1/openapi.json"
LISTED = """
import sys
from release_calendar_client import Client
from release_calendar_client.api.default import producers, release, releases, series
client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
print([one.reference for one in releases.sync(client=client).releases])
print([one.slug for one in producers.sync(client=client).producers])
print([one.slug for one in series.sync(client=client).series])
print(release.sync("a", client=client).title)
"""


@pytest.fixture
def document(client, settled):
    return client.get(DOCUMENT).json()


def test_it_is_valid_openapi(document):
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_it_names_the_server_the_licence_and_the_page_for_people(document):
    assert document["servers"] == [{"url": "https://calendar.example.gov.uk"}]
    assert document["info"]["license"]["name"] == "Open Government Licence v3.0"
    assert document["externalDocs"]["url"] == "https://calendar.example.gov.uk/api/v1/"


def test_every_address_documents_that_it_limits_the_number_of_requests(document):
    for path, methods in document["paths"].items():
        limited = methods["get"]["responses"]["429"]
        assert limited["headers"]["Retry-After"]["schema"] == {"type": "integer", "minimum": 1}, path


def test_every_answer_and_every_parameter_has_an_example_that_matches_its_schema(document):
    shown = [
        *((content["example"], content["schema"]) for content in contents(document)),
        *((parameter["example"], parameter["schema"]) for parameter in parameters(document)),
    ]
    assert len(shown) > 20
    for example, schema in shown:
        validator = OAS31Validator({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(example)] == []


def contents(document):
    for methods in document["paths"].values():
        for response in methods["get"]["responses"].values():
            yield from response["content"].values()


def parameters(document):
    for methods in document["paths"].values():
        yield from methods["get"]["parameters"]


@pytest.mark.full
def test_redocly_finds_nothing_to_improve(document, tmp_path):
    written = tmp_path / "openapi.json"
    written.write_text(json.dumps(document))
    command = [django_settings.BASE_DIR / "node_modules/.bin/redocly", "lint", "--extends=recommended-strict", written]
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    beside = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    linted = subprocess.run(
        command, env=os.environ | quiet | {"PATH": beside}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_a_client_made_from_it_lists_releases(live_server, settings, tmp_path):
    settings.ADDRESS = live_server.url
    release = ReleaseFactory(announced=True, reference="a")
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    module = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta=none"]
    output = ["--config=config.yaml", "--output-path=release_calendar_client"]
    subprocess.run([*module, f"--url={live_server.url}{DOCUMENT}", *output], cwd=tmp_path, check=True)
    listed = subprocess.run(
        [sys.executable, "-c", LISTED, live_server.url], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    series = release.series
    told = ["['a']", f"['{series.producer.slug}']", f"['{series.slug}']", release.title]
    assert listed.stdout.splitlines() == told, listed.stderr
