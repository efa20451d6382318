"""A wording that nobody has confirmed is only suggested: a lead confirms it for a report, or leaves it out."""

from dataclasses import replace

import pytest
from django.urls import reverse

from breaches.completing import editing, wordings
from breaches.core.remarks import Section
from breaches.core.status import ReportStatus
from breaches.deciding import sign_off
from breaches.models import Practice, Report
from breaches.reports import moves, practices
from breaches.reports.versions import content_of
from releases.core.roles import Role
from tests.breaches.forms import send, words
from tests.breaches.people import AT, a_report, an_office, printed
from tests.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

READ = "Accessible, as the Code has it."
KEY = "2.0 V2"


def citing_a_doubtful_one(office):
    """A report that cites, beside its confirmed practice, one that is only suggested."""
    report = a_report(office)
    doubtful = practices.citing(Practice.objects.get(edition__number="2.0", code="V2"))
    assert not doubtful.confirmed
    return editing.save_section(
        report,
        section=Section.CIRCUMSTANCES,
        only=("practices",),
        values={"practices": (*content_of(report).practices, doubtful)},
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    ).report


@shared_fixture
def doubtful(office):
    return citing_a_doubtful_one(office)


@shared_fixture
def submitted_doubtful(doubtful, office):
    return sign_off.submit(doubtful, by=office.statistician, at=AT)


def settle(report, office, text, *, by=None):
    return wordings.settle(report, {KEY: text}, expected_version=report.version, by=by or office.head, at=AT).report


def test_a_report_that_cites_a_doubtful_wording_can_be_submitted_and_not_approved(office, submitted_doubtful):
    with pytest.raises(moves.Incomplete, match=r"Confirm the wording of practice V2 in edition 2\.0") as refused:
        sign_off.approve(submitted_doubtful, by=office.head, at=AT, render=printed)
    assert [remark.field for remark in refused.value.remarks] == ["wording"]


def test_a_lead_confirms_the_wording_for_this_report_alone(office, submitted_doubtful):
    report = settle(submitted_doubtful, office, READ)
    cited = content_of(report).practices[-1]
    assert (cited.code, cited.text, cited.confirmed) == ("V2", READ, True)
    assert not Practice.objects.get(edition__number="2.0", code="V2").confirmed
    assert report.events.get(kind="wording_settled").facts == {"confirmed": [KEY], "left_out": []}
    assert sign_off.approve(report, by=office.head, at=AT, render=printed).report.status == ReportStatus.APPROVED


def test_a_lead_who_confirms_a_wording_has_not_written_the_report_and_may_sign_it_as_another_person():
    strict = an_office(two_person_approval=True)
    report = sign_off.submit(citing_a_doubtful_one(strict), by=strict.statistician, at=AT)
    report = settle(report, strict, READ)
    assert not sign_off.wrote_or_submitted(report, strict.head)
    assert not sign_off.approve(report, by=strict.head, at=AT, render=printed).one_person


def test_a_lead_leaves_it_out_and_has_then_written_of_the_report(office, submitted_doubtful):
    report = settle(submitted_doubtful, office, None)
    assert sign_off.wrote_or_submitted(report, office.head)
    assert [practice.code for practice in content_of(report).practices] == ["T3.6"]
    assert sign_off.approve(report, by=office.head, at=AT, render=printed).report.status == ReportStatus.APPROVED


def test_a_statistician_confirms_nothing(client, office, doubtful):
    with pytest.raises(wordings.NotYoursToConfirm):
        settle(doubtful, office, READ, by=office.statistician)
    client.force_login(office.statistician)
    assert client.get(reverse("breaches:wordings", args=[doubtful.reference])).status_code == 404


def test_a_wording_that_was_confirmed_for_a_report_stays_when_its_section_is_written(client, office, doubtful):
    report = settle(doubtful, office, READ)
    client.force_login(office.statistician)
    send(client, reverse("breaches:section", args=[report.reference, Section.CIRCUMSTANCES]), circumstances="More.")
    assert content_of(Report.objects.get(pk=report.pk)).practices[-1].text == READ


def test_a_cited_practice_stays_as_it_stood_when_the_list_changes_later(draft_report):
    cited = content_of(draft_report).practices
    Practice.objects.filter(edition__number="2.0").update(text="Another wording.")
    assert content_of(Report.objects.get(pk=draft_report.pk)).practices == cited
    assert replace(cited[0], text="Another wording.") != cited[0]


@pytest.mark.parametrize("role", list(Role))
def test_the_page_is_for_leads(client, office, submitted_doubtful, role):
    client.force_login(office.people[role])
    answer = client.get(reverse("breaches:wordings", args=[submitted_doubtful.reference]))
    assert answer.status_code == (200 if role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY} else 404)


def test_the_page_of_the_approval_leads_to_the_confirmation_and_on(client, office, submitted_doubtful):
    client.force_login(office.head)
    approving, page = (
        reverse(f"breaches:{name}", args=[submitted_doubtful.reference]) for name in ("approve", "wordings")
    )
    assert f"{page}#id_text_0" in client.get(approving).text
    empty = send(client, page, text_0=" ", choice_0="confirm")
    assert "Write V2 as the Code has it" in words(empty.text) or "Write V2 as the Code has it" in empty.text
    unchosen = send(client, page, text_0=READ)
    assert "Choose what becomes of V2" in unchosen.text
    assert READ in unchosen.text
    send(client, page, text_0=READ, choice_0="confirm")
    assert content_of(Report.objects.get(pk=submitted_doubtful.pk)).practices[-1].text == READ
    assert page not in client.get(approving).text
