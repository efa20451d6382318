"""What a report can be about: every kind of breach seen in published reports, and which of them the record suspects."""

import pytest
from django.db import IntegrityError, transaction

from breaches import text
from breaches.drafting import SUSPECTED_OUTCOMES
from breaches.models import Report
from breaches.rules.lifecycle import SUSPECTED, ReportKind
from releases.verdict.address import Outcome
from tests.support.factories import ProducerFactory, create_bare_report
from tests.support.report_evidence import DUE

pytestmark = pytest.mark.django_db

WORDS = {
    "late": "Late",
    "early": "Early",
    "partial": "Incomplete",
    "not_live": "Not live at all",
    "wrong_content": "Wrong content",
    "pra": "Pre-release access",
    "access": "Access before release",
    "leak": "Leak",
    "not_announced": "Not announced",
    "late_announcement": "Announcement late or missing",
    "used_in_public": "Unpublished figures used in public",
    "unequal_access": "Unequal access",
    "other": "Another kind of breach",
}


@pytest.mark.parametrize("kind", list(ReportKind))
def test_a_report_of_every_kind_is_kept_and_has_words(kind):
    report = create_bare_report(reference="one", producer=ProducerFactory(), kind=kind, drafted_at=DUE)
    unset = ["decided_at", "submitted_by", "available_at", "person_dealing", "dealing_since"]
    report.full_clean(exclude=["machine", *unset])
    assert report.get_kind_display() == text.KINDS[kind] == WORDS[kind]


def test_a_kind_that_no_one_knows_is_kept_nowhere():
    number = {"number_year": 2020, "number_position": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(reference="one", producer=ProducerFactory(), kind="odd", drafted_at=DUE, **number)


def test_the_record_suspects_three_kinds_and_a_release_that_was_not_seen_is_suspected_as_late():
    assert set(SUSPECTED) == set(SUSPECTED_OUTCOMES) == {ReportKind.LATE, ReportKind.EARLY, ReportKind.PARTIAL}
    assert Outcome.NOT_SEEN in SUSPECTED_OUTCOMES[ReportKind.LATE]
