"""Who is notified of problems before a release: the people concerned, once, and only by reference (V17)."""

from datetime import timedelta

import pytest

from releases import preflight
from releases.early_findings import name_contact
from releases.models import PreflightRun, Series
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Channel, Message, Preference
from statsoffice.notifications.recipients import FOR_LEADS_ALONE
from tests.support.factories import ContactFactory, ReleaseFactory, SeriesFactory, UserFactory, create_member
from tests.support.people import create_office
from tests.support.preflight import DAY_BEFORE, DUE

pytestmark = pytest.mark.django_db

NOW = DAY_BEFORE + timedelta(minutes=1)


def found(release, *codes, problems=1, news=None, at=DAY_BEFORE):
    run = preflight.request_preflight(release, by=None, now=at)
    run.done_at, run.problems, run.news = at, problems, problems if news is None else news
    run.findings = [{"code": code, "address": None, "facts": {}} for code in codes]
    run.save()
    return run


def told(now=NOW):
    outbox.create_missing(now=now)
    return {message.recipient: message for message in Message.objects.all()}


def test_the_responsible_statistician_and_the_head_of_profession_are_notified_and_no_one_else():
    release = ReleaseFactory(confirmed=True, due_at=DUE)
    release.series.deputies.add(ContactFactory(producer=release.series.producer))
    found(release, problems=2)
    series = release.series
    assert set(told()) == {series.responsible.email, series.head_of_profession.email}


def test_the_message_names_the_reference_and_the_page_and_nothing_of_what_was_seen():
    release = ReleaseFactory(
        confirmed=True, due_at=DUE, title="Secret title", url="https://www.example.gov.uk/secret-address"
    )
    found(release, problems=2)
    message = next(iter(told().values()))
    assert message.subject == f"Check before release: 2 problems with {release.reference}"
    assert f"/releases/{release.reference}/#preflight" in message.text
    for secret in ("Secret title", "secret-address", release.addresses.get().marker):
        assert secret not in message.text + message.subject


def test_a_problem_causes_one_notification_however_often_it_is_found():
    release = ReleaseFactory(confirmed=True, due_at=DUE)
    found(release)
    told()
    found(release, problems=1, news=0)
    assert len(told()) == Message.objects.count() == 2
    found(release, problems=2, news=1)
    told()
    assert Message.objects.count() == 4


def test_where_nothing_was_found_no_one_is_notified():
    found(ReleaseFactory(confirmed=True, due_at=DUE), problems=0)
    assert told() == {}


def test_once_a_release_is_due_there_is_nothing_left_to_tell():
    found(ReleaseFactory(confirmed=True, due_at=DUE))
    assert told(now=DUE) == {}


def test_of_a_rehearsal_only_those_with_an_account_are_notified_and_the_subject_says_so():
    series = SeriesFactory()
    series.responsible.user = UserFactory()
    series.responsible.save()
    found(ReleaseFactory(confirmed=True, due_at=DUE, series=series, rehearsal=True))
    (message,) = told().values()
    assert message.recipient == series.responsible.email
    assert message.subject.startswith("Rehearsal: Check before release: 1 problem")
    assert message.text.startswith("This is a rehearsal")


def test_where_the_series_names_no_one_its_producers_leads_are_notified_by_their_accounts():
    release = ReleaseFactory(confirmed=True, due_at=DUE)
    Series.objects.update(responsible=None, head_of_profession=None)
    producer = release.series.producer
    head = create_member(Role.HEAD_OF_PROFESSION, producer)
    create_member(Role.STATISTICIAN, producer)
    create_member(Role.DEPUTY, producer, is_active=False)
    found(release)
    assert set(told()) == {head.email}


def test_where_everyone_named_has_left_the_producers_leads_are_notified():
    series = SeriesFactory()
    release = ReleaseFactory(confirmed=True, due_at=DUE, series=series)
    for contact in (series.responsible, series.head_of_profession):
        contact.user = UserFactory(is_active=False)
        contact.save()
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    found(release)
    assert set(told()) == {head.email}


def test_the_plan_and_a_message_come_from_one_run(time_machine):
    found(ReleaseFactory(confirmed=True, due_at=DUE))
    assert outbox.create_missing(now=NOW) == 2
    assert outbox.create_missing(now=NOW) == 0
    assert PreflightRun.objects.count() == 1


class TestAnnouncementLeadsOn:
    """An announcement that redirects before the release: it may have been published early (decision 73)."""

    @pytest.fixture
    def office(self):
        return create_office()

    def test_only_leads_and_the_incident_contact_are_notified(self, office, settings):
        settings.WEBHOOKS = {"room": "https://chat.example.gov.uk/hook"}
        Preference.objects.create(producer=office.producer, channel=Channel.WEBHOOK, webhook="room")
        contact = office.people[Role.PUBLISHING_TEAM]
        name_contact(office.producer, contact, by=office.head, at=DAY_BEFORE, seen=0)
        release = ReleaseFactory(confirmed=True, due_at=DUE, series=SeriesFactory(producer=office.producer))
        found(release, "announcement_leads_on")
        messages = told()
        assert set(messages) == {office.head.email, office.deputy.email, contact.email}
        assert "Check whether the release was published early." in messages[contact.email].text
        assert Message.objects.filter(FOR_LEADS_ALONE).count() == len(messages)
        assert outbox.create_missing(now=NOW) == 0

    def test_of_a_rehearsal_its_leads_are_notified(self, office):
        series = SeriesFactory(producer=office.producer)
        series.responsible.user, series.head_of_profession.user = office.statistician, office.head
        series.responsible.save()
        series.head_of_profession.save()
        found(ReleaseFactory(confirmed=True, due_at=DUE, series=series, rehearsal=True), "announcement_leads_on")
        assert set(told()) == {office.head.email}

    def test_if_the_release_was_live_too_no_one_is_notified_of_the_preflight(self, office):
        release = ReleaseFactory(confirmed=True, due_at=DUE, series=SeriesFactory(producer=office.producer))
        found(release, "live_already", "announcement_leads_on")
        assert told() == {}
