"""A notice for readers about an outage of a website, offered to leads, checked, and posted for all its releases."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from breaches import drafting
from releases import delay_notices, judge, outages, scheduling
from releases.evidence import coverage
from releases.models import DelayNotice, ReleaseEvent
from releases.permissions import NotYours
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, Role
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.support.date_requests import create_head, person
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, rolled_back
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = SEED_DUE + timedelta(minutes=4)
HOST = "www.example.gov.uk"
WORDING = "Our website is not available.\n\nWe will publish these statistics as soon as it is."
CONTACT = {"contact_name": "Statistics team", "contact_email": "team@example.gov.uk"}
DESK = reverse("desk")


def release_of(series, name, *, result="unreachable", reasons=("timeout",), **fields):
    release = ReleaseFactory(
        announced=True, series=series, reference=name, title=f"Known as {name}", url=f"https://{HOST}/{name}", **fields
    )
    for minute in range(4):
        create_observation(release.addresses.get(), result, at=SEED_DUE + timedelta(minutes=minute), reasons=reasons)
    judge.judge_one(release, now=NOW)
    return release


@shared_fixture
def failed():
    """Two releases whose website gave no response."""
    series = SeriesFactory(producer__outage_wording=WORDING)
    coverage.mark_alive("test", at=SEED_DUE - timedelta(hours=1))
    return [release_of(series, name) for name in ("first", "second")]


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    a_watcher_that_is_well(at=NOW)
    return lambda instant: time_machine.move_to(instant, tick=False)


def address_of(release, host=HOST, due="0930"):
    return reverse("releases:outage", args=[release.series.producer.slug, host, due])


def sent(client, release, **changed):
    form = client.get(address_of(release)).context["form"]
    return {"seen": form["seen"].value(), "wording": WORDING, **CONTACT, "checked": "yes"} | changed


def words_of(response):
    return " ".join(response.text.split())


def test_leads_are_offered_a_notice_and_no_one_else(client, clock, failed, subtests):
    address = address_of(failed[0])
    for role in Role:
        client.force_login(person(failed[0], role))
        with subtests.test(role), rolled_back():
            assert (address in client.get(DESK).text) == (role in LEADS)
            assert client.get(address).status_code == (200 if role in LEADS else 404)
            answers = {"wording": WORDING, **CONTACT, "seen": "", "checked": "yes"}
            if role in LEADS:
                answers = sent(client, failed[0])
            assert client.post(address, answers).status_code == (302 if role in LEADS else 404)
            assert DelayNotice.objects.count() == (2 if role in LEADS else 0)


def test_a_lead_of_another_producer_cannot_post_it(client, clock, failed):
    stranger = create_head(ReleaseFactory(reference="elsewhere", title="Elsewhere"))
    client.force_login(stranger)
    assert client.get(address_of(failed[0])).status_code == 404
    outage = outages.find_outage(create_head(failed[0]), failed[0].series.producer, host=HOST, due_at=SEED_DUE, now=NOW)
    notice = outages.OutageNotice(WORDING, **CONTACT)
    with pytest.raises(NotYours):
        outages.post_outage_notice(outage, notice, by=stranger, at=NOW, seen=outages.count_notices(outage))


def test_the_desk_names_the_website_and_the_number_of_releases(client, clock, failed):
    client.force_login(create_head(failed[0]))
    text = words_of(client.get(DESK))
    assert f"No response from {HOST}" in text
    assert "We cannot check 2 releases due at 9:30am. The website may be down." in text
    assert f"No response from {HOST}" not in client.get(DESK, {"large": ""}).text


def test_the_agreed_wording_is_filled_in_checked_and_can_be_changed(client, clock, failed):
    client.force_login(create_head(failed[0]))
    page = client.get(address_of(failed[0]))
    assert page.context["form"]["wording"].value() == WORDING
    assert "Your office agreed this wording in advance." in page.text
    unchecked = sent(client, failed[0])
    del unchecked["checked"]
    check = client.post(address_of(failed[0]), unchecked)
    assert "Check the notice" in check.text
    assert "We will publish these statistics as soon as it is." in check.text
    assert all(release.title in check.text for release in failed)
    assert not DelayNotice.objects.exists()
    change = client.post(address_of(failed[0]), unchecked | {"change": "yes"})
    assert "Check the notice" in change.text
    assert "govuk-error-summary" not in change.text
    assert not DelayNotice.objects.exists()


def test_readers_see_the_notice_on_the_page_of_each_release_and_nothing_observed(client, clock, failed):
    client.force_login(create_head(failed[0]))
    assert client.post(address_of(failed[0]), sent(client, failed[0])).status_code == 302
    client.logout()
    for release in failed:
        text = words_of(client.get(reverse("releases:release", args=[release.reference])))
        assert "Our website is not available." in text
        assert "mailto:team@example.gov.uk" in text
        for observed in ("No response", "no usable response", "unreachable", "timeout"):
            assert observed not in text
    events = ReleaseEvent.objects.filter(kind="delay_notice_posted")
    assert [event.words for event in events] == [WORDING] * 2


def test_an_outage_makes_no_release_late_and_posts_nothing_automatically(client, clock, failed):
    client.force_login(create_head(failed[0]))
    client.get(DESK)
    assert drafting.draft_missing(now=NOW) == []
    assert not DelayNotice.objects.exists()
    client.logout()
    assert "not available" not in client.get(reverse("releases:release", args=["first"])).text


def test_a_notice_without_wording_or_contact_is_refused(client, clock, failed):
    client.force_login(create_head(failed[0]))
    page = client.post(address_of(failed[0]), sent(client, failed[0], wording=" ", checked=""))
    assert "Enter the notice for readers." in page.text
    page = client.post(address_of(failed[0]), sent(client, failed[0], contact_name=""))
    assert "Enter a contact for readers." in page.text
    assert not DelayNotice.objects.exists()


def test_without_an_agreed_wording_the_page_says_where_to_add_one(client, clock, failed):
    producer = failed[0].series.producer
    producer.outage_wording = ""
    producer.save()
    client.force_login(create_head(failed[0]))
    assert "Your office has not agreed a wording." in client.get(address_of(failed[0])).text


def test_a_second_click_or_another_persons_notice_posts_nothing_twice(client, clock, failed):
    client.force_login(create_head(failed[0]))
    answers = sent(client, failed[0])
    assert client.post(address_of(failed[0]), answers).status_code == 302
    again = client.post(address_of(failed[0]), answers)
    assert again.status_code == 409
    assert "another person changed this release" in again.text
    assert DelayNotice.objects.count() == 2
    # The form that is shown again is up to date.
    assert (
        client.post(address_of(failed[0]), answers | {"seen": again.context["form"]["seen"].value()}).status_code == 302
    )
    assert DelayNotice.objects.count() == 4


def test_a_release_that_changed_meanwhile_stops_the_notices_of_all(failed):
    head = create_head(failed[0])
    outage = outages.find_outage(head, failed[0].series.producer, host=HOST, due_at=SEED_DUE, now=NOW)
    seen = outages.count_notices(outage)
    delay_notices.post_notice(failed[1], expected_words="Later", by=head, at=NOW, seen=0, **CONTACT)
    with pytest.raises(ChangedMeanwhile):
        outages.post_outage_notice(outage, outages.OutageNotice(WORDING, **CONTACT), by=head, at=NOW, seen=seen)
    assert DelayNotice.objects.count() == 1


@pytest.mark.parametrize(
    ("result", "reasons"),
    [("observer_fault", ("timeout", "controls_fail")), ("not_live", ("not_found",)), ("unreachable", ("forbidden",))],
)
def test_one_page_that_responds_or_a_fault_of_ours_is_no_outage(client, clock, result, reasons):
    series = SeriesFactory(producer__outage_wording=WORDING)
    coverage.mark_alive("test", at=SEED_DUE - timedelta(hours=1))
    releases = [release_of(series, "first"), release_of(series, "second", result=result, reasons=reasons)]
    client.force_login(create_head(releases[0]))
    assert address_of(releases[0]) not in client.get(DESK).text
    assert f"No outage of {HOST} found" in client.get(address_of(releases[0])).text
    response = client.post(address_of(releases[0]), {"wording": WORDING, **CONTACT, "checked": "yes"})
    assert response.status_code == 409
    for typed in (WORDING, *CONTACT.values()):
        assert typed in response.text


def test_our_own_gap_is_no_outage(client, clock, failed):
    client.force_login(create_head(failed[0]))
    clock(NOW + timedelta(hours=1))
    assert address_of(failed[0]) not in client.get(DESK).text
    assert f"No outage of {HOST} found" in client.get(address_of(failed[0])).text


def test_a_website_that_responds_again_is_no_outage(client, clock, failed):
    for release in failed:
        create_observation(release.addresses.get(), "live", at=NOW + timedelta(minutes=1))
        judge.judge_one(release, now=NOW + timedelta(minutes=2))
    clock(NOW + timedelta(minutes=2))
    a_watcher_that_is_well(at=timezone.now())
    client.force_login(create_head(failed[0]))
    assert address_of(failed[0]) not in client.get(DESK).text
    assert f"No outage of {HOST} found" in client.get(address_of(failed[0])).text


def test_only_announced_releases_that_are_still_to_come_get_the_notice(client, clock, failed):
    head = create_head(failed[0])
    scheduling.cancel_release(failed[1], reason="Stopped", by=head, at=NOW)
    assert outages.find_outage(head, failed[0].series.producer, host=HOST, due_at=SEED_DUE, now=NOW) is None


@pytest.mark.parametrize("due", ["2560", "930", "now", "09300"])
def test_a_time_that_there_is_not_is_not_found(client, clock, failed, due):
    client.force_login(create_head(failed[0]))
    assert client.get(address_of(failed[0], due=due)).status_code == 404
