"""What occurred before February 2018 is under the Code of 2009, whose wording was not checked for this product."""

from datetime import date
from uuid import uuid4

import pytest

from breaches import code_of_practice, drafting
from breaches.drafting import ReportSubject
from breaches.models import Edition
from breaches.rules.lifecycle import ReportKind
from breaches.versions import content_of
from tests.support.code_editions import citing, sentences
from tests.support.people import AT

pytestmark = pytest.mark.django_db

OCCURRED = date(2015, 6, 30)


def a_report_of_2015(office):
    """A report on something late in 2015, started by hand."""
    about = ReportSubject(office.producer)
    report, _is_new = drafting.start_report(
        about, kind=ReportKind.LATE, occurred_on=(OCCURRED,), by=office.head, at=AT, form_key=uuid4()
    )
    return report


@pytest.mark.parametrize(
    ("on", "number"),
    [(date(2008, 12, 31), None), (date(2009, 1, 31), "1.0"), (date(2018, 1, 31), "1.0"), (date(2018, 2, 1), "2.0")],
    ids=["before it", "its first month", "its last day", "the next edition"],
)
def test_the_edition_of_2009_is_in_force_until_the_next_one(on, number):
    edition = Edition.objects.in_force_on(on)
    assert (edition and edition.number) == number


def test_a_report_on_2015_is_offered_the_edition_of_2009_and_cites_nothing_of_itself(office):
    report = a_report_of_2015(office)
    offered = code_of_practice.offer_practices(report, content_of(report))
    assert [(one.cited.edition, one.cited.code, one.cited.confirmed, one.row.summary) for one in offered] == [
        ("1.0", "Protocol 2, Practice 4", False, "Statistics are released at 9.30am on a weekday."),
        ("1.0", "Protocol 2, Practice 8", False, "Accidental or wrongful release."),
    ]
    assert content_of(report).practices == ()


def test_a_report_on_2015_that_cites_a_later_edition_is_warned_of_it(office):
    report = citing(a_report_of_2015(office), ("2.0", "T3.6"), by=office.head)
    assert sentences(report) == [
        "Edition 2.0 of the Code is cited, but edition 1.0 was in force on 30 June 2015.",
    ]


@pytest.mark.parametrize(
    ("on", "is_in_doubt"),
    [
        (date(2009, 1, 15), True),
        (date(2015, 6, 30), False),
        (date(2018, 2, 10), True),
        (date(2022, 5, 5), False),
        (date(2025, 11, 10), True),
        (date(2026, 6, 30), False),
    ],
)
def test_soon_after_an_edition_whose_day_is_not_known_people_are_asked_to_check_which_was_in_force(on, is_in_doubt):
    assert Edition.objects.in_force_on(on).is_in_doubt_on(on) is is_in_doubt
