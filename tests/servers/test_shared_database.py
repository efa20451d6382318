"""Processes of the tests are never given a database that is not the tests' own."""

import pytest
from django.db import connection

from tests.support.shared_database import environment_of_processes

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("name", ["/office/var/statsoffice.sqlite3", "statsoffice"], ids=["sqlite", "postgresql"])
def test_a_database_that_is_not_the_tests_own_is_refused(monkeypatch, name):
    monkeypatch.setitem(connection.settings_dict, "NAME", name)
    with pytest.raises(RuntimeError, match="no database of the tests"):
        environment_of_processes(redis_url="redis://nowhere")
