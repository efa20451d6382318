"""Someone of the producer's people says that they are dealing with a suspected breach."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import editing
from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.text import event_title
from breaches.versions import content_of
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused, Role
from tests.support.factories import ContactFactory
from tests.support.people import AT, create_joint_report, create_office, move_report
from tests.support.report_forms import filled_in, section_address, send, words

pytestmark = pytest.mark.django_db

DEALS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM}


def page_of(report, name="dealing"):
    return reverse(f"breaches:{name}", args=[report.reference])


def fresh(report):
    return Report.objects.select_related("producer", "person_dealing").get(pk=report.pk)


def put_down(report, person, *, by=None, at=AT):
    return editing.assign_report(fresh(report), person=person, by=by or person, at=at)


def test_the_person_dealing_is_put_down_once_and_each_change_is_an_event(office, draft_report):
    for _ in range(2):
        put_down(draft_report, office.statistician)
    put_down(draft_report, office.deputy, by=office.statistician, at=AT + timedelta(minutes=5))
    moved = fresh(draft_report)
    assert (moved.person_dealing, moved.dealing_since) == (office.deputy, AT + timedelta(minutes=5))
    events = draft_report.events.filter(kind__startswith="dealing").order_by("position")
    assert [(event.kind, event.actor, event.facts["was"], event.facts["person"]) for event in events] == [
        ("dealing_taken", office.statistician, None, office.statistician.pk),
        ("dealing_changed", office.statistician, office.statistician.pk, office.deputy.pk),
    ]
    assert event_title(events[0]) == "Took on the report"


def test_of_two_who_take_it_at_once_one_does(office, draft_report):
    first, second = fresh(draft_report), fresh(draft_report)
    editing.assign_report(first, person=office.statistician, by=office.statistician, at=AT)
    with pytest.raises(ChangedMeanwhile, match="Another person assigned"):
        editing.assign_report(second, person=office.deputy, by=office.deputy, at=AT)
    assert fresh(draft_report).person_dealing == office.statistician


def test_only_the_producers_people_can_be_put_down(office, draft_report):
    for outsider in (create_office().head, office.people[Role.AUDITOR]):
        with pytest.raises(MoveRefused, match="no role"):
            put_down(draft_report, outsider, by=office.head)
    assert set(editing.people_to_assign(draft_report)) == {office.people[role] for role in DEALS}


@pytest.mark.parametrize("status", [ReportStatus.DISMISSED, ReportStatus.APPROVED])
def test_no_one_deals_with_what_is_decided(office, status, draft_report):
    report = move_report(draft_report, office, status)
    with pytest.raises(MoveRefused, match="decided"):
        put_down(report, office.head)


@pytest.mark.parametrize("status", [ReportStatus.JOINED, ReportStatus.PARTED])
def test_the_person_who_deals_with_what_goes_on_elsewhere_says_so_there(client, office, status, draft_report):
    report = move_report(draft_report, office, status)
    with pytest.raises(MoveRefused, match="This report was combined or separated"):
        put_down(report, office.head)
    client.force_login(office.head)
    assert "Assign to me" not in words(client.get(page_of(report, "report")).text)
    answer = client.get(page_of(report), follow=True)
    assert "This report was combined or separated. Assign the report that replaced it." in words(answer.text)


def test_the_person_who_says_so_of_a_draft_that_was_joined_since_they_read_it_is_told(office, draft_report):
    joint = create_joint_report(office, draft_report)
    with pytest.raises(ChangedMeanwhile):
        editing.assign_report(draft_report, person=office.head, by=office.head, at=AT)
    assert (fresh(draft_report).person_dealing, fresh(joint).person_dealing) == (None, None)


@pytest.mark.parametrize("role", list(Role))
def test_those_who_write_reports_and_the_publishing_team_take_it_on_the_reports_page(
    client, office, role, draft_report
):
    report, person = draft_report, office.people[role]
    client.force_login(person)
    shown = client.get(page_of(report, "report"))
    assert (role in DEALS) is (shown.status_code == 200 and "Assign to me" in words(shown.text))
    answer = client.post(page_of(report), {"was": "", "person": person.pk})
    assert answer.status_code == (302 if role in DEALS else 404)
    assert fresh(report).person_dealing == (person if role in DEALS else None)


def test_the_person_who_read_the_page_before_someone_took_it_is_told(client, office, draft_report):
    client.force_login(office.deputy)
    opened = client.get(page_of(draft_report)).text
    put_down(draft_report, office.statistician)
    answer = client.post(page_of(draft_report), filled_in(opened) | {"person": office.deputy.pk}, follow=True)
    assert "Statistician. We did not change the assignment." in words(answer.text)
    assert fresh(draft_report).person_dealing == office.statistician


def test_the_person_dealing_is_offered_for_the_report_and_enters_by_a_persons_act(client, office, draft_report):
    ContactFactory(
        producer=office.producer, user=office.statistician, name="Duty statistician", email="duty@example.gov.uk"
    )
    before = content_of(draft_report).dealing
    put_down(draft_report, office.statistician)
    assert content_of(fresh(draft_report)).dealing == before
    client.force_login(office.head)
    address = section_address(draft_report, ReportSection.CORE_INFORMATION)
    assert "Duty statistician (duty@example.gov.uk) owns this report." in words(client.get(address).text)
    taken = send(client, address, take="dealing").text
    assert content_of(fresh(draft_report)).dealing == before
    assert before.name in words(taken)
    client.post(address, filled_in(taken))
    assert content_of(fresh(draft_report)).dealing.name == "Duty statistician"
    assert "has said that they are dealing" not in words(client.get(address).text)


def test_what_someone_wrote_about_the_person_dealing_is_never_overwritten(client, office, draft_report):
    client.force_login(office.head)
    address = section_address(draft_report, ReportSection.CORE_INFORMATION)
    send(client, address, dealing_name="Somebody else", dealing_email="else@example.gov.uk")
    put_down(draft_report, office.statistician)
    assert content_of(fresh(draft_report)).dealing.name == "Somebody else"
