"""The index by which PostgreSQL finds titles by parts of words, and a database that does not allow it."""

import logging
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from releases.models import Release
from releases.public.calendar import CalendarQuery, filter_releases
from tests.support.factories import ReleaseFactory

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def answers(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def plan():
    answers("SET LOCAL enable_seqscan = off")
    return Release.objects.filter(title__icontains="inspections").order_by().explain()


def test_titles_are_found_by_the_index():
    ReleaseFactory(announced=True)
    assert filter_releases(CalendarQuery(words="inspections")).count() == 1
    if connection.vendor == "postgresql":
        assert "release_by_title_words" in plan()


def test_where_the_extension_is_not_allowed_titles_are_found_anyway(caplog):
    ReleaseFactory(announced=True)
    if connection.vendor == "postgresql":
        answers("DROP EXTENSION pg_trgm CASCADE")
        answers("CREATE ROLE nobody_much")
        answers("SET LOCAL ROLE nobody_much")
        with caplog.at_level(logging.WARNING):
            import_module("releases.migrations.0001_schema").index_title_words(apps, connection.schema_editor())
        answers("RESET ROLE")
        assert "searched without an index" in caplog.text
        assert "release_by_title_words" not in plan()
    assert filter_releases(CalendarQuery(words="inspections")).count() == 1
