"""Each change made by SQL to the record of an office is named by verify_evidence."""

from datetime import timedelta

import pytest

from breaches.core.status import ReportStatus
from releases.calendar import scheduling
from releases.core.dates.calendar import slot_at
from releases.models import ReleaseRowRecord, Verification
from releases.record import coverage
from statsoffice import anchoring
from statsoffice.accounts.models import User
from statsoffice.messages import outbox
from tests.breaches.people import Office, a_report, an_office, brought
from tests.factories import SEED_DUE, SeriesFactory, a_confirmed_release, rolled_back
from tests.releases import brought as bodies
from tests.shared_rows import shared_fixture
from tests.tampering.changes import CHANGES, Change
from tests.tampering.verifying import apply, verify

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@shared_fixture
def office() -> Office:
    """An approved report, a release with stored bodies, a changed date, messages, coverage and anchors."""
    office = an_office()
    report = brought(a_report(office), office, ReportStatus.APPROVED)
    decided_at = report.decided_at
    outbox.create_missing(now=decided_at + timedelta(minutes=1))
    series = SeriesFactory(producer=office.producer)
    address = a_confirmed_release(series=series, reference="with-bodies").addresses.get()
    bodies.keep(bodies.brought(address, "not_live", b"not yet", at=-5))
    bodies.keep(bodies.brought(address, "live", b"what was seen", at=1))
    moved = a_confirmed_release(series=series, reference="moved", due_at=SEED_DUE + timedelta(days=100))
    to = slot_at(SEED_DUE + timedelta(days=101))
    scheduling.change_date(moved, to=to, reason="A source was late.", by=office.head, at=SEED_DUE)
    for day in range(2):
        anchoring.make_due(now=SEED_DUE + timedelta(days=day))
    coverage.mark_alive("office-1", at=SEED_DUE + timedelta(hours=3))
    coverage.mark_alive("office-1", at=SEED_DUE + timedelta(hours=3, seconds=5))
    User.objects.create_superuser("administrator@example.gov.uk", name="Administrator")
    return office


def test_the_record_of_the_office_holds(office):
    assert verify() == ("", False)


def test_a_verdict_that_was_changed_together_with_its_digest_is_computed_again(office):
    with rolled_back():
        late = Verification.objects.filter(outcome="late")
        late.update(outcome="on_time")
        ReleaseRowRecord.record({Verification: list(Verification.objects.values_list("pk", flat=True))})
        found, _failed = verify()
    assert "is not the verdict that the checks give" in found


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_by_sql_is_named(office: Office, change: Change):
    with rolled_back():
        apply(change)
        found, failed = verify()
    assert failed
    assert change.found_in in found
