"""A release is filled in from its announcement at a real site, checked by a person, and recorded only then."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from releases import scheduling
from releases.imports.govuk import record_from_announcement
from releases.models import Address, Observation, Release, ReleaseEvent
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from statsoffice.fake_publisher import govuk
from statsoffice.fake_publisher.scenes import scene
from tests.support.content_api import api_path, document_scene, gone_document
from tests.support.factories import ProducerFactory, ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.pasted_addresses import DUE, PATH, TITLE, error, read, record

pytestmark = pytest.mark.django_db


def test_an_announcement_fills_the_release_in_and_nothing_is_recorded_until_it_is_checked(client, keeper, announced):
    answer = read(client, announced() + "?utm_source=mail#contents")
    for words in ("Announcement on GOV.UK", "Office for RAIN", "1 July 2098 9:30am", "Confirmed"):
        assert words in answer.text
    assert "None of these organisations" not in answer.text
    assert not Release.objects.exists()
    assert not Observation.objects.exists()
    done = record(client, answer)
    assert "Release added." in done.text
    release = Release.objects.get()
    assert (release.title, release.reference) == (TITLE, "monthly-rain-june-2098")
    assert (release.due_at, release.status) == (DUE, "confirmed")
    assert (release.series.title, release.announced_at is not None) == ("Monthly rain", True)
    (address,) = release.addresses.values_list("url", "role", "adapter", "required")
    assert address == (announced(), "announcement", "govuk", False)
    assert set(ReleaseEvent.objects.values_list("actor", flat=True)) == {keeper.pk}


def test_what_a_person_changes_is_what_is_recorded(client, keeper, announced):
    answer = read(client, announced())
    changes = {"title": "Rain", "reference": "rain", "status": "provisional", "planned_on-day": "2"}
    record(client, answer, **changes, page="https://www.gov.uk/government/statistics/rain", marker="June 2098")
    release = Release.objects.get()
    assert (release.reference, release.title, str(release.slot)) == ("rain", "Rain", "2 July 2098 9:30am")
    assert (release.status, release.announced_at) == ("provisional", None)
    page = release.addresses.get(role="page")
    assert (page.url, page.marker, page.adapter) == (
        "https://www.gov.uk/government/statistics/rain", "June 2098", "govuk"
    )  # fmt: skip


def test_what_was_confirmed_less_than_four_weeks_ahead_needs_a_reason_which_is_kept(
    client, keeper, announced, time_machine
):
    time_machine.move_to(DUE - timedelta(days=11), tick=False)
    client.force_login(keeper)
    asked = record(client, read(client, announced()))
    (why,) = asked.context["form"].errors["reason"]
    assert why == "Enter the reason for less than 4 weeks’ notice. This date gives 11 days’ notice."
    assert 'href="#id_reason"' in asked.text
    assert not Release.objects.exists()
    record(client, asked, reason="The law was changed.")
    release = Release.objects.get()
    assert (release.status, release.short_notice_reason) == ("confirmed", "The law was changed.")


@pytest.mark.parametrize(
    ("displayed", "slot", "precision"),
    [
        pytest.param("July 2098", "July 2098", "month", id="month"),
        pytest.param("July to August 2098", "July to August 2098", "two_months", id="two-months"),
    ],
)
def test_a_vague_date_is_recorded_as_vague_as_it_is_announced(client, keeper, announced, displayed, slot, precision):
    vague = govuk.announcement(PATH, TITLE, display_date=displayed, state="provisional")
    record(client, read(client, announced(vague)))
    release = Release.objects.get()
    assert (str(release.slot), release.precision, release.status) == (slot, precision, "provisional")


def test_where_the_announcement_names_no_time_no_one_invents_one(client, keeper, announced):
    answer = read(client, announced(govuk.announcement(PATH, TITLE, display_date="1 July 2098", state="provisional")))
    assert answer.context["form"].initial["planned_on"] == date(2098, 7, 1)
    refused = record(client, answer)
    assert list(refused.context["form"].errors) == ["planned_at"]
    assert "Announcement on GOV.UK" in refused.text
    assert record(client, refused, planned_at="9:30am").status_code == 200
    assert Release.objects.get().due_at == DUE


def test_the_calendars_own_rules_hold_and_what_was_typed_stays(client, keeper, announced):
    sunday = govuk.announcement(PATH, TITLE, due_at=DUE.replace(day=6))
    refused = record(client, read(client, announced(sunday)), title="Typed")
    assert "Sunday 6 July 2098 is not a weekday" in str(refused.context["form"].errors["planned_on"])
    assert 'value="Typed"' in refused.text
    assert not Release.objects.exists()


def test_a_change_note_and_the_date_before_are_shown(client, keeper, announced):
    moved = govuk.announcement(
        PATH, TITLE, due_at=DUE, latest_change_note="More <b>time</b>.", previous_display_date="30 June 2098 9:30am"
    )
    answer = read(client, announced(moved))
    assert "More time ." in answer.text
    assert "30 June 2098 9:30am" in answer.text


def test_the_longest_series_that_the_title_names_is_offered_and_only_ones_own(client, keeper, announced, series):
    longer = SeriesFactory(producer=series.producer, title="Monthly rain: June")
    theirs = SeriesFactory(title="Monthly rain: June 2098")
    form = read(client, announced()).context["form"]
    assert form.initial["series"] == longer
    assert theirs not in form.fields["series"].queryset
    refused = record(client, read(client, announced()), series=theirs.pk)
    assert list(refused.context["form"].errors) == ["series"]
    assert theirs.title not in refused.text.replace(TITLE, "")


def test_an_organisation_that_is_not_theirs_is_said_to_be_none_whether_it_is_known_here_or_not(
    client, keeper, announced
):
    ProducerFactory(name="Office for Snow")
    for organisation in ("Office for Snow", "Office for Nothing"):
        document = govuk.announcement(PATH, TITLE, due_at=DUE, organisations=[organisation])
        assert "None of these organisations matches a producer" in read(client, announced(document)).text


def test_an_announcement_that_is_recorded_already_leads_to_its_release_and_others_are_not_told_of(
    client, keeper, announced, series
):
    release = ReleaseFactory(series=series, slot=london_slot(date(2098, 7, 1)))
    planned = PlannedAddress(announced(), Address.Role.ANNOUNCEMENT)
    scheduling.add_address(release, planned, at=release.recorded_at)
    assert read(client, announced())["Location"] == reverse("releases:release", args=[release.reference])
    client.force_login(create_member(Role.DEPUTY, SeriesFactory().producer))
    assert "Check this release" in read(client, announced()).text


def test_a_reference_that_is_taken_is_said_at_its_field(client, keeper, announced):
    ReleaseFactory(reference="taken", slot=london_slot(date(2098, 7, 1)))
    refused = record(client, read(client, announced()), reference="taken")
    assert refused.context["form"].errors["reference"] == ["“taken” is already in use. Choose another reference."]
    assert Release.objects.count() == 1


def test_the_address_of_the_announcement_is_not_the_page_of_the_release(client, keeper, announced):
    url = announced()
    refused = record(client, read(client, url), page=f" {url}#top")
    sentence = "Enter the web address of the release, not of its announcement."
    assert refused.context["form"].errors == {"page": [sentence]}
    assert not Release.objects.exists()
    assert record(client, refused, page=f"{url}/figures").status_code == 200
    assert set(Address.objects.values_list("role", "url")) == {("announcement", url), ("page", f"{url}/figures")}


def test_a_free_reference_is_not_called_taken(keeper, series, monkeypatch):
    def refuse(*arguments, **more):
        raise IntegrityError("another constraint")

    monkeypatch.setattr(scheduling, "record_release", refuse)
    fields = {"title": TITLE, "slot": london_slot(date(2098, 7, 1)), "page": "", "marker": "", "reason": ""}
    fields |= {"announcement": "https://www.gov.uk/a", "confirmed": False, "by": keeper, "at": timezone.now()}
    with pytest.raises(IntegrityError, match="another constraint"):
        record_from_announcement(series, reference="free", **fields)


def test_what_was_read_cannot_be_made_up_or_kept_for_ever(client, keeper, announced, time_machine):
    answer = read(client, announced())
    for seen in ("", "made:up:text"):
        assert "Enter its web address again" in record(client, answer, seen=seen).text
    time_machine.move_to(timezone.now() + timedelta(days=2))
    client.force_login(keeper)
    assert "Enter its web address again" in record(client, answer).text
    assert not Release.objects.exists()


class TestNothingToRecord:
    @pytest.mark.parametrize(
        ("scene_of", "why"),
        [
            pytest.param(lambda: gone_document(PATH), "The announcement has been removed.", id="gone"),
            pytest.param(
                lambda: govuk.publication(PATH, TITLE, published_at=DUE),
                "This web address redirects to published statistics. It is no longer an announcement.",
                id="published",
            ),
            pytest.param(
                lambda: govuk.publication(PATH, TITLE, published_at=DUE, kind="guidance"),
                "The page at this web address is not an announcement of statistics.",
                id="something-else",
            ),
            pytest.param(
                lambda: govuk.announcement(PATH, TITLE, state="odd"),
                "We cannot read this page.",
                id="unknown-shape",
            ),
            pytest.param(
                lambda: govuk.announcement(
                    PATH, TITLE, due_at=DUE, state="cancelled", cancellation_reason="The survey was stopped."
                ),
                "This announcement has been cancelled, so we did not add a release. Reason: The survey was stopped.",
                id="cancelled",
            ),
        ],
    )
    def test_each_is_said_in_one_sentence(self, client, keeper, announced, scene_of, why):
        assert error(read(client, announced(scene_of()))) == why

    def test_no_page(self, client, keeper, site):
        assert error(read(client, site.url(PATH))) == "There is no page at this web address."

    def test_a_fault_of_the_site_and_a_plain_page(self, client, keeper, site):
        for answer, why in (
            (scene(status=503), "could not reach GOV.UK"),
            (scene("<h1>Rain</h1>"), "We cannot read this page."),
        ):
            site.publish(api_path(PATH), [answer])
            assert why in error(read(client, site.url(PATH)))

    def test_a_redirect_to_what_was_published_is_followed(self, client, keeper, announced, site):
        out = "/government/statistics/rain"
        site.publish(api_path(out), [document_scene(govuk.publication(out, TITLE, published_at=DUE))])
        assert "redirects to published statistics" in error(read(client, announced(govuk.redirect(PATH, out))))

    def test_a_redirect_to_another_host_is_not_followed(self, client, keeper, announced):
        assert "another website" in error(read(client, announced(govuk.redirect(PATH, "https://www.example.com/"))))

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            pytest.param("", "Enter the web address", id="nothing"),
            pytest.param("https://www.example.com/x", "Enter the web address of an announcement", id="another-site"),
            pytest.param("http://127.0.0.1:1/x", "Enter the web address of an announcement", id="our-own-machine"),
            pytest.param("https://www.gov.uk@evil.example/x", "user name", id="a-user-name"),
            pytest.param("ftp://www.gov.uk/x", "does not start with http", id="another-scheme"),
            pytest.param(
                "https://assets.publishing.service.gov.uk/x",
                "Enter the web address of an announcement",
                id="a-neighbour",
            ),
        ],
    )
    def test_an_address_that_is_none_is_never_asked(self, client, keeper, site, url, why):
        site.forget_arrivals()
        assert why in error(read(client, url))
        assert site.arrivals() == []
