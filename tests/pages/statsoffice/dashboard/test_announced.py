"""Where an announcement differs from our calendar: on the dashboard, the release's page, by message and by command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import announcements, corrections
from releases.detection import govuk as detection_govuk
from releases.detection.govuk import AnnouncedTime, Announcement, AnnouncementState
from releases.models import Comparison, Release
from releases.rules.lifecycle import LEADS, Role
from statsoffice.fake_publisher import govuk
from statsoffice.fake_publisher.scenes import scene
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Channel, Message, Preference
from tests.support.content_api import api_path, document_scene
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member
from tests.support.preflight import DAY_BEFORE, DUE, announce_at

pytestmark = pytest.mark.django_db

URL = "https://www.gov.uk/government/statistics/announcements/"
LATER = DUE + timedelta(days=7)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(DAY_BEFORE, tick=False)


@pytest.fixture
def series():
    return SeriesFactory()


def a_compared_release(series, reference, *, title="", at=DUE, problem="", news=1):
    release = ReleaseFactory(
        confirmed=True,
        series=series,
        reference=reference,
        title=f"Title {reference}",
        due_at=DUE,
        url=f"https://www.gov.uk/{reference}",
    )
    announce_at(release, URL + reference, adapter="govuk")
    said = Announcement(
        title or release.title, AnnouncementState.CONFIRMED, AnnouncedTime(at=at), displayed="8 July 2026 9:30am"
    )
    differs = bool(title) or at != DUE
    Comparison.objects.create(
        address=release.addresses.get(role="announcement"),
        url=URL + reference,
        tried_at=DAY_BEFORE,
        read_at=DAY_BEFORE - timedelta(hours=11),
        said=detection_govuk.announced_to_json(said),
        problem=problem,
        differs=differs,
        news=news if differs else 0,
        news_at=DAY_BEFORE - timedelta(hours=11) if differs else None,
    )
    return release


def page(client, person, address):
    client.force_login(person)
    return client.get(address).text


class TestOnTheDesk:
    def desk(self, client, series):
        return page(client, create_member(Role.STATISTICIAN, series.producer), reverse("desk"))

    def test_differences_are_listed_with_a_link_to_exactly_those_releases(self, client, series):
        a_compared_release(series, "moved", at=LATER)
        a_compared_release(series, "same")
        text = self.desk(client, series)
        assert "Different on GOV.UK" in text
        assert '/releases/moved/#announced"' in text
        assert "The date on GOV.UK is 8 July 2026 9:30am. The date in our calendar is 1 July 2026 9:30am." in text
        assert "/releases/same/#announced" not in text

    def test_where_nothing_differs_nothing_is_said_and_a_corrected_one_disappears(self, client, series):
        release = a_compared_release(series, "renamed", title="Another title")
        assert "/releases/renamed/#announced" in self.desk(client, series)
        corrections.correct_release(release, title="Another title", reference="renamed", by=None, at=DAY_BEFORE)
        assert "Announced otherwise" not in self.desk(client, series)

    def test_only_of_ones_own_producers(self, client, series):
        a_compared_release(SeriesFactory(), "theirs", at=LATER)
        assert "Announced otherwise" not in self.desk(client, series)

    def test_the_number_of_queries_does_not_grow_and_a_long_list_is_cut(self, client, series):
        person = create_member(Role.STATISTICIAN, series.producer)

        def queries():
            with CaptureQueriesContext(connection) as seen:
                text = page(client, person, reverse("desk"))
            return len(seen), text

        for number in range(21):
            a_compared_release(series, f"n{number}", at=LATER)
        queries()
        few, text = queries()
        assert "1 more release is different on GOV.UK and is not listed here." in text
        for number in range(21, 23):
            a_compared_release(series, f"n{number}", at=LATER)
        many, text = queries()
        assert many == few
        assert text.count("#announced") == 20
        assert "3 more releases are different on GOV.UK and are not listed here." in text


class TestOnTheReleasesPage:
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            pytest.param({"at": LATER}, "The announcement is different from this calendar. Last read at", id="differs"),
            pytest.param({}, "The announcement matches this calendar. Last read at", id="the-same"),
            pytest.param({"problem": "unreachable"}, "We could not read the announcement at", id="cannot-tell"),
        ],
    )
    def test_it_says_how_the_release_stands(self, client, series, fields, words):
        release = a_compared_release(series, "one", **fields)
        reader = create_member(Role.AUDITOR, series.producer)
        assert words in page(client, reader, reverse("releases:release", args=[release.reference]))

    def test_a_stranger_and_a_past_release_see_nothing_of_it(self, client, series, time_machine):
        release = a_compared_release(series, "one", at=LATER)
        Release.objects.update(announced_at=DAY_BEFORE)
        address = reverse("releases:release", args=[release.reference])
        assert "Announcement on GOV.UK" not in client.get(address).text
        time_machine.move_to(DUE)
        reader = create_member(Role.AUDITOR, series.producer)
        assert "Announcement on GOV.UK" not in page(client, reader, address)


def a_published_one(series):
    """A release whose announcement leads to published statistics before it is due, without any check of its page."""
    release = a_compared_release(series, "published")
    Comparison.objects.update(
        said={}, missing="published", differs=True, news=1, news_at=DAY_BEFORE - timedelta(hours=11)
    )
    return release


class TestThatLeadsToPublishedStatistics:
    words = "redirects to published statistics"

    @pytest.mark.parametrize("role", sorted(set(Role) - LEADS))
    def test_is_shown_to_no_one_who_may_not_know_of_early_releases(self, client, series, role):
        release = a_published_one(series)
        person = create_member(role, series.producer)
        for address in (reverse("desk"), reverse("releases:release", args=[release.reference])):
            text = page(client, person, address)
            assert self.words not in text
            assert "The announcement matches this calendar." not in text

    def test_is_shown_to_those_who_lead_on_its_page_and_in_no_list(self, client, series):
        release = a_published_one(series)
        head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
        assert self.words in page(client, head, reverse("releases:release", args=[release.reference]))
        assert self.words not in page(client, head, reverse("desk"))

    def test_only_those_who_lead_are_notified_and_see_that_they_were(self, client, series, settings):
        release = a_published_one(series)
        head, statistician = (
            create_member(role, series.producer) for role in (Role.HEAD_OF_PROFESSION, Role.STATISTICIAN)
        )
        settings.WEBHOOKS = {"room": "https://chat.example.gov.uk/hook"}
        Preference.objects.create(producer=series.producer, channel=Channel.WEBHOOK, webhook="room")
        for _again in range(2):
            outbox.create_missing(now=DAY_BEFORE)
        message = Message.objects.get()
        assert message.recipient == head.email
        assert "Check whether the release was published early." in message.text
        assert message.subject in page(client, head, reverse("outbox:sent"))
        assert release.reference not in page(client, statistician, reverse("outbox:sent"))


class TestByMessage:
    def told(self, now=DAY_BEFORE):
        outbox.create_missing(now=now)
        return {message.recipient: message for message in Message.objects.all()}

    def test_those_concerned_are_told_once_by_reference_and_link_alone(self, series):
        release = a_compared_release(series, "moved", at=LATER)
        told = self.told()
        assert set(told) == {series.responsible.email, series.head_of_profession.email}
        assert self.told() == told
        message = next(iter(told.values()))
        assert message.subject == "Announcement on GOV.UK differs: moved"
        assert "/releases/moved/#announced" in message.text
        for secret in (release.title, "8 July", "1 July", release.addresses.get(role="page").url):
            assert secret not in message.subject + message.text

    def test_a_new_difference_is_told_again_and_the_same_one_is_not(self, series):
        a_compared_release(series, "moved", at=LATER)
        self.told()
        Comparison.objects.update(read_at=DAY_BEFORE)
        self.told()
        assert Message.objects.count() == 2
        Comparison.objects.update(news=2, news_at=DAY_BEFORE)
        self.told()
        assert Message.objects.count() == 4

    def test_what_was_corrected_before_it_was_told_is_not_told(self, series):
        release = a_compared_release(series, "renamed", title="Another title")
        corrections.correct_release(release, title="Another title", reference="renamed", by=None, at=DAY_BEFORE)
        assert self.told() == {}

    def test_where_nothing_differs_or_the_release_is_due_no_one_is_told(self, series):
        a_compared_release(series, "same")
        assert self.told() == {}
        a_compared_release(series, "moved", at=LATER)
        assert self.told(now=DUE) == {}


class TestByCommand:
    def run(self, *references):
        said = StringIO()
        call_command("compare_announcements", *references, stdout=said)
        return said.getvalue()

    @pytest.fixture
    def release(self, site, series):
        release = ReleaseFactory(confirmed=True, series=series, reference="one", title="Title one", due_at=DUE)
        announce_at(release, site.url("/one"), adapter="govuk")
        self.say(site, due_at=LATER)
        return release

    def say(self, site, **fields):
        document = govuk.announcement("/one", "Title one", **fields)
        site.publish(api_path("/one"), [document_scene(document)])

    def test_it_prints_in_what_each_release_differs_and_keeps_it(self, release, site):
        said = self.run()
        assert "one: The date on GOV.UK is 8 July 2026 9:30am. The date in our calendar is 1 July 2026 9:30am." in said
        assert said.endswith("Compared: 1. Different: 1.\n")
        assert Comparison.objects.get().differs
        self.say(site, due_at=DUE)
        assert self.run("one") == "one: no difference\nCompared: 1. Different: 0.\n"

    def test_what_is_not_there_is_said_and_what_no_one_can_tell_is_no_difference(self, release, site):
        site.publish(api_path("/one"), [scene(status=503)])
        assert self.run() == ("one: We could not reach GOV.UK, or it had an error.\nCompared: 1. Different: 0.\n")
        site.publish_all({}, replace=True)
        assert "There is no page at the web address of the announcement." in self.run()

    def test_a_reference_that_is_not_known_compares_nothing(self, release):
        with pytest.raises(CommandError, match="There is no release nowhere; nothing was compared"):
            self.run("one", "nowhere")
        assert not Comparison.objects.exists()


def test_compared_is_asked_once_for_all(series, django_assert_num_queries):
    for number in range(3):
        a_compared_release(series, f"n{number}", at=LATER)
    with django_assert_num_queries(1):
        assert len(announcements.find_differences(announcements.announcements_to_come(now=DAY_BEFORE))) == 3
