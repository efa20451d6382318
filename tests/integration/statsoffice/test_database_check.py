"""An office is warned before it opens that its database is SQLite."""

import pytest
from django.core.checks import run_checks
from django.db import connection


@pytest.mark.both_databases
@pytest.mark.django_db
def test_check_deploy_warns_of_sqlite_and_names_the_setting():
    found = {message.id: message for message in run_checks(include_deployment_checks=True)}
    assert ("statsoffice.W002" in found) == (connection.vendor == "sqlite")
    if "statsoffice.W002" in found:
        assert "DATABASE_URL to a PostgreSQL database" in found["statsoffice.W002"].hint
