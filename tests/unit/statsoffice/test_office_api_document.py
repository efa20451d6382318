"""The page of the API for the office's own systems names every operation with its scope, and every status."""

import re

from django.conf import settings

from releases.verdict.address import Outcome
from statsoffice.office_api import api
from statsoffice.office_api.changes import ChangeOutcome
from statsoffice.office_api.models import Scope

PAGE = (settings.BASE_DIR / "docs" / "reference" / "office-api.md").read_text()


def test_it_names_every_operation_with_its_scope():
    rows = re.findall(r"^\| (`(?:GET|POST).*`) \| (?:`(\w+)`|any) \|$", PAGE, re.MULTILINE)
    named = {operation: scope for cell, scope in rows for operation in re.findall(r"`(\w+ [^`]+)`", cell)}
    paths = api.api.get_openapi_schema()["paths"]
    operations = {
        f"{method.upper()} /{path.removeprefix(api.PATH)}": str(api.SCOPES[operation["operationId"]] or "")
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert named == operations


def test_it_describes_every_scope_and_every_status():
    assert re.findall(r"^\| `(\w+)` \| ", PAGE, re.MULTILINE) == list(Scope.values)
    assert re.findall(r"^\| (4\d\d) \| ", PAGE, re.MULTILINE) == [str(status) for status in sorted(api.CHANGE_ERRORS)]
    assert f"more than {api.MOST_REQUESTS} requests" in PAGE


def test_a_result_and_a_change_have_their_own_outcomes():
    """Classes of the same name would share one schema in the document."""
    schemas = api.api.get_openapi_schema()["components"]["schemas"]
    assert schemas["Outcome"]["enum"] == list(Outcome)
    assert schemas["ChangeOutcome"]["enum"] == list(ChangeOutcome)
