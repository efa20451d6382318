"""What the tests of importing share: a series, and a way to run the command on rows."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, SeriesFactory, create_member
from tests.support.import_files import csv_of
from tests.support.shared_rows import shared_fixture


@shared_fixture
def series():
    """The series of which the files speak."""
    return SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain")


@shared_fixture
def keeper(series):
    """The person who keeps the calendar of the series' producer."""
    return create_member(Role.CALENDAR_MANAGER, series.producer)


@pytest.fixture
def run(tmp_path):
    """Import a file of rows, and return both outputs, the errors last."""

    def run(*rows, create=False, dry_run=False, skip=False, **how):
        file = tmp_path / "calendar.csv"
        file.write_bytes(csv_of(*rows, **how))
        out, err = StringIO(), StringIO()
        try:
            options = {"create": create, "dry_run": dry_run, "skip_refused": skip}
            call_command("import_calendar", str(file), **options, stdout=out, stderr=err)
        except CommandError as error:
            return out.getvalue(), f"{err.getvalue()}{error}"
        return out.getvalue(), err.getvalue()

    return run
