"""What occurred before February 2018 is under the Code of 2009, whose wording nobody has read for this product."""

from datetime import date
from uuid import uuid4

import pytest

from breaches.completing import editing, wordings
from breaches.core.remarks import Section
from breaches.core.status import Kind
from breaches.deciding import sign_off
from breaches.drafts import starting
from breaches.drafts.starting import About
from breaches.models import Edition, Practice
from breaches.reports import moves, practices
from breaches.reports.versions import content_of
from tests.breaches.people import AT, printed

pytestmark = pytest.mark.django_db

OCCURRED = date(2015, 6, 30)
CODE = "Protocol 2, Practice 8"
READ = "The practice as somebody has read it in the Code of 2009."


def a_report_of_2015(office):
    """A report on something late in 2015, started by hand."""
    about = About(office.producer)
    started = starting.start(about, kind=Kind.LATE, occurred_on=(OCCURRED,), by=office.head, at=AT, form_key=uuid4())
    return started.report


def missing(report, office):
    """What keeps a report from being approved, by field."""
    with pytest.raises(moves.Incomplete) as refused:
        sign_off.approve(report, by=office.head, at=AT, render=printed)
    return {remark.field: remark.sentence for remark in refused.value.remarks}


def citing(report, office, *cited):
    return editing.save_section(
        report,
        section=Section.CIRCUMSTANCES,
        only=("practices",),
        values={"practices": cited},
        expected_version=report.version,
        by=office.head,
        at=AT,
    ).report


@pytest.mark.parametrize(
    ("on", "number"),
    [(date(2008, 12, 31), None), (date(2009, 1, 31), "1.0"), (date(2018, 1, 31), "1.0"), (date(2018, 2, 1), "2.0")],
    ids=["before it", "its first month", "its last day", "the next edition"],
)
def test_the_edition_of_2009_is_in_force_until_the_next_one(on, number):
    edition = Edition.objects.in_force_on(on)
    assert (edition and edition.number) == number


def test_a_report_on_2015_is_offered_the_edition_of_2009_and_no_other(office):
    report = a_report_of_2015(office)
    offered = practices.offered_for(content_of(report), machine=content_of(report))
    assert {(one.edition, one.code, one.confirmed) for one in offered} == {("1.0", CODE, False)}
    assert content_of(report).practices == ()


def test_a_report_on_2015_that_cites_a_later_edition_is_warned_of_it(office):
    later = practices.citing(Practice.objects.get(edition__number="2.0", code="T3.6"))
    report = citing(a_report_of_2015(office), office, later)
    (remark,) = practices.of_another_edition(content_of(report))
    assert remark.sentence == "Edition 2.0 of the Code is cited, but edition 1.0 was in force on 30 June 2015."


def test_approval_asks_for_its_wording_until_a_lead_has_confirmed_it_for_the_report(office):
    suggested = practices.citing(Practice.objects.get(code=CODE))
    report = citing(a_report_of_2015(office), office, suggested)
    assert f"Confirm the wording of practice {CODE} in edition 1.0" in missing(report, office)["wording"]
    report = wordings.settle(
        report, {f"1.0 {CODE}": READ}, expected_version=report.version, by=office.head, at=AT
    ).report
    assert "wording" not in missing(report, office)
    (cited,) = content_of(report).practices
    assert (cited.edition, cited.code, cited.text, cited.confirmed) == ("1.0", CODE, READ, True)
    assert not list(practices.of_another_edition(content_of(report)))


def test_once_an_administrator_has_confirmed_it_the_machine_cites_it(office):
    Practice.objects.filter(code=CODE).update(text=READ, confirmed=True)
    (cited,) = content_of(a_report_of_2015(office)).practices
    assert (cited.edition, cited.name, cited.text) == ("1.0", CODE, READ)
