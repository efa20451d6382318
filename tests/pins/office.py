"""An office whose rows are the same in every run: keys, salts, identifiers, names and instants are fixed."""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import morning_summary, scheduling
from releases.evidence import coverage
from releases.rules.calendar import slot_at
from statsoffice import anchors
from statsoffice.notifications import outbox
from tests.support import stored_checks as bodies
from tests.support.cancelled_releases import cancel_release
from tests.support.factories import (
    SEED_DUE,
    ContactFactory,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
)
from tests.support.people import AT, Office, create_office, create_report

NOW = AT + timedelta(hours=2)
PASSWORD = "correct horse battery"


def an_office_with_a_record() -> Office:
    """Run a producer with a report in each state, and with releases that were moved, published and cancelled."""
    with fixed_rows(), time_machine.travel(AT, tick=False) as clock:
        office = create_office(name="Office for Invented Numbers", slug="office")
        for status in ReportStatus:
            create_report(office, status, reference=f"{status}-report".replace("_", "-"))
        clock.move_to(NOW)
        keep_a_calendar(office)
        coverage.mark_alive("office-1", at=NOW)
        coverage.mark_alive("office-1", at=NOW + timedelta(seconds=10))
        morning_summary.record_missing_summaries(now=NOW)
        outbox.create_missing(now=NOW)
        anchors.make_due(now=NOW)
        use_pages(office)
        anchors.make_due(now=NOW + timedelta(days=1))
    return office


def keep_a_calendar(office: Office) -> None:
    """Move, publish and cancel releases of one series, and store what two checks of one of them brought."""
    series = SeriesFactory(producer=office.producer, slug="prices", title="Prices of invented goods")
    calendar = {"by": office.head, "at": SEED_DUE - timedelta(days=10)}
    ahead = SEED_DUE + timedelta(days=100)
    moved = ReleaseFactory(announced=True, series=series, reference="moved", title="Prices in May", due_at=ahead)
    scheduling.change_date(moved, to=slot_at(ahead + timedelta(days=1)), reason="A source was late.", **calendar)
    cancel_release(
        ReleaseFactory(announced=True, series=series, reference="cancelled", title="Prices in June", due_at=ahead)
    )
    published = ReleaseFactory(announced=True, series=series, reference="published", title="Prices in April")
    bodies.store_checks(bodies.make_check(published.addresses.get(), "not_live", b"not yet", at=-5))
    bodies.store_checks(bodies.make_check(published.addresses.get(), "live", b"what was seen", at=1))
    scheduling.publish(published, by=None, at=SEED_DUE + timedelta(days=1), published_at=SEED_DUE)
    ReleaseFactory(confirmed=True, series=series, reference="unannounced", title="Prices in July", due_at=ahead)


def use_pages(office: Office) -> None:
    """Sign in, fail to sign in, and download an approved document and the register."""
    client = Client()
    login = {"login": office.head.email, "password": PASSWORD}
    client.post(reverse("account_login"), login | {"password": "not this one"})
    assert client.post(reverse("account_login"), login).status_code == 302
    report = Report.objects.get(status=ReportStatus.APPROVED)
    assert client.get(f"/reports/{report.reference}/download/{report.version}.pdf").status_code == 200
    assert client.post("/reports/register/export/", {"kind": "csv"}).status_code == 200
    client.post(reverse("account_logout"))


@contextlib.contextmanager
def fixed_rows() -> Iterator[None]:
    """Number rows from one, and set the salt and identifier of each in a fixed way."""
    for made in (UserFactory, ProducerFactory, ContactFactory, SeriesFactory):
        made.reset_sequence(1, force=True)
    number_from_one()
    with contextlib.ExitStack() as changed:
        for model in apps.get_models():
            for field in model._meta.local_concrete_fields:
                if field.default is uuid.uuid4:
                    identifiers = count(1)
                    changed.enter_context(default_of(field, lambda numbers=identifiers: uuid.UUID(int=next(numbers))))
                elif isinstance(field.default, partial) and "salt" in field.name:
                    changed.enter_context(default_of(field, lambda: "5a" * 16))
        yield


@contextlib.contextmanager
def default_of(field: Any, give: Any) -> Iterator[None]:
    """Change a field's default within the block; Django remembers what calls it."""
    before = field._get_default
    field._get_default = give
    try:
        yield
    finally:
        field._get_default = before


def number_from_one() -> None:
    """Let the next row of each empty table have the key 1, whatever other tests have written and rolled back."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = 0")
            return
        for model in apps.get_models(include_auto_created=True):
            if model._meta.auto_field and not model._base_manager.exists():
                table, column = model._meta.db_table, model._meta.auto_field.column
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), 1, false)", [f'"{table}"', column])
