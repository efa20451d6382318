"""Pages of changes that wait: asking, agreeing to many at once, refusing each on its own, withdrawing (C5, C12)."""

from datetime import date, timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import date_changes, scheduling
from releases.models import DateChange, DateChangeRequest, Release
from releases.rules.lifecycle import Role
from releases.views import date_changes as views
from tests.support.date_requests import LATER, NOW, create_head, load_request, person, request_date
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, UserFactory, london_slot, rolled_back

pytestmark = pytest.mark.django_db

WAITING = reverse("releases:changes_waiting")
REGISTER = reverse("releases:changes")
NEW_DATE = {"planned_on-day": "14", "planned_on-month": "7", "planned_on-year": "2020", "planned_at": "9:30am"}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
ASKERS = LEADS | {Role.CALENDAR_MANAGER, Role.STATISTICIAN}


@pytest.fixture(autouse=True)
def _later(time_machine):
    time_machine.move_to(LATER, tick=False)


def page_of(release, name="release"):
    return reverse(f"releases:{name}", args=[release.reference])


def decide(name, request):
    return reverse(f"releases:{name}_change", args=[request.pk])


def signed_in(client, release, role):
    someone = person(release, role)
    client.force_login(someone)
    return someone


def send(client, release, **given):
    sent = NEW_DATE | {"seen_version": str(release.schedule_version), "reason": "Late data"} | given
    return client.post(page_of(release, "ask_date_change"), sent)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_asking_is_open_to_those_who_keep_the_calendar_and_the_statistician_alone(client, announced_release, subtests):
    address = page_of(announced_release, "ask_date_change")
    for role in Role:
        signed_in(client, announced_release, role)
        with subtests.test(role), rolled_back():
            expected = role in ASKERS
            # A lead has the change itself, which is one act.
            assert (address in client.get(page_of(announced_release)).text) == (role in ASKERS - LEADS)
            assert client.get(address).status_code == (200 if expected else 404)
            assert send(client, announced_release).status_code == (302 if expected else 404)
            assert DateChangeRequest.objects.exists() == expected


def test_asking_keeps_the_date_and_shows_the_state_on_the_page_of_the_release(client, announced_release):
    asker = signed_in(client, announced_release, Role.STATISTICIAN)
    response = send(client, announced_release, reason="The survey came in late.")
    text = client.get(response.url).text
    for words in ("The date does not change until", "Awaiting agreement", "14 July 2020 9:30am", str(asker)):
        assert words in text
    assert "Withdraw request" in text
    assert Release.objects.get().slot == announced_release.slot
    client.logout()
    public = client.get(response.url).text
    assert "The survey came in late." not in public
    assert "14 July" not in public


def test_a_change_that_no_one_could_agree_to_is_refused_on_its_field(client, announced_release, subtests):
    signed_in(client, announced_release, Role.CALENDAR_MANAGER)
    for case, given, field in (
        ("without a reason", {"reason": "  "}, "reason"),
        ("with two reasons", {"reason": ["Late data", "Other data"]}, "reason"),
        ("for the same date", {"planned_on-day": "30", "planned_on-month": "6"}, "reason"),
        ("for a bank holiday", {"planned_on-day": "31", "planned_on-month": "8"}, "planned_on"),
        ("for another time", {"planned_at": "7am"}, "planned_at"),
    ):
        with subtests.test(case):
            response = send(client, announced_release, **given)
            assert list(response.context["form"].errors) == [field]
            assert f'href="#id_{field}' in response.text
            assert not DateChangeRequest.objects.exists()


def test_two_reasons_for_one_change_of_a_lead_are_refused_too(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    sent = NEW_DATE | {"seen_version": "1", "reason": ["Late data", "Other data"]}
    response = client.post(page_of(announced_release, "change_date"), sent)
    assert "Give one reason" in response.context["form"].errors["reason"][0]
    assert not DateChange.objects.exists()


def test_a_date_that_was_changed_meanwhile_is_shown_and_what_was_typed_can_be_sent_again(client, announced_release):
    signed_in(client, announced_release, Role.CALENDAR_MANAGER)
    to = london_slot(date(2020, 7, 2))
    scheduling.change_date(announced_release, to=to, reason="First change", by=create_head(announced_release), at=NOW)
    response = send(client, announced_release, reason="Second change")
    assert "The date has changed to 2 July 2020 9:30am" in response.text
    assert "Second change" in response.text
    assert send(client, announced_release, seen_version="2").status_code == 302
    assert load_request().was == to


def test_a_second_request_is_refused_while_the_first_waits(client, announced_release):
    request_date(announced_release)
    signed_in(client, announced_release, Role.STATISTICIAN)
    for response in (client.get(page_of(announced_release, "ask_date_change")), send(client, announced_release)):
        assert response.status_code == 409
        assert "It is awaiting agreement" in response.text
    assert page_of(announced_release, "ask_date_change") not in client.get(page_of(announced_release)).text


def test_no_one_asks_for_the_change_of_a_provisional_date(client, provisional_release):
    signed_in(client, provisional_release, Role.CALENDAR_MANAGER)
    assert send(client, provisional_release).status_code == 409


def test_waiting_changes_are_decided_by_the_head_of_profession_or_a_deputy_alone(client, announced_release, subtests):
    request = request_date(announced_release, by=person(announced_release, Role.CALENDAR_MANAGER))
    for role in Role:
        signed_in(client, announced_release, role)
        with subtests.test(role), rolled_back():
            expected = role in LEADS
            assert client.get(WAITING).status_code == (200 if expected else 404)
            assert client.get(decide("refuse", request)).status_code == (200 if expected else 404)
            assert client.post(decide("refuse", request), {"reason": " "}).status_code == (200 if expected else 404)
            assert client.post(WAITING, {"requests": [request.pk]}).status_code == (302 if expected else 404)
            assert (load_request().state == "agreed") == expected
            assert DateChange.objects.exists() == expected


def test_many_are_agreed_to_at_once_and_the_page_says_how_many(client):
    first = ReleaseFactory(announced=True)
    releases = [first, *(ReleaseFactory(announced=True, reference=f"r-{n}", series=first.series) for n in range(2))]
    requests = [request_date(release) for release in releases]
    head = signed_in(client, first, Role.HEAD_OF_PROFESSION)
    text = client.get(WAITING).text
    assert text.count('type="checkbox"') == 3
    response = client.post(WAITING, {"requests": [requests[0].pk, requests[2].pk]})
    assert said(response) == ["2 dates changed."]
    assert list(DateChange.objects.values_list("agreed_by", flat=True)) == [head.pk] * 2
    assert client.get(WAITING).text.count('type="checkbox"') == 1
    requests[1].refresh_from_db()
    assert requests[1].state == "waiting"


def test_of_many_each_is_made_for_itself_and_what_cannot_be_made_is_told(client):
    good = ReleaseFactory(announced=True)
    moved = ReleaseFactory(announced=True, reference="moved", title="Moved meanwhile", series=good.series)
    requests = [request_date(good), request_date(moved)]
    signed_in(client, good, Role.DEPUTY)
    to = london_slot(date(2020, 7, 2))
    scheduling.change_date(moved, to=to, reason="Late data", by=create_head(moved), at=NOW)
    response = client.post(WAITING, {"requests": [request.pk for request in requests]})
    refusal, success = said(response)
    assert refusal.startswith("Moved meanwhile: We did not change moved to 14 July 2020")
    assert success == "1 date changed."
    assert Release.objects.get(reference="moved").slot == to
    assert [request.state for request in DateChangeRequest.objects.order_by("pk")] == ["agreed", "lapsed"]


def test_waiting_changes_have_pages_and_agreeing_stays_on_the_page(client, monkeypatch):
    monkeypatch.setattr(views, "REQUESTS_ON_A_PAGE", 2)
    first = ReleaseFactory(announced=True)
    releases = [first, *(ReleaseFactory(announced=True, reference=f"r-{n}", series=first.series) for n in range(2))]
    requests = [request_date(release) for release in releases]
    signed_in(client, first, Role.DEPUTY)
    pages = {number: client.get(WAITING, {"page": number}) for number in (1, 2)}
    listed = {number: [row["asked"] for row in page.context["rows"]] for number, page in pages.items()}
    assert listed == {1: requests[:2], 2: requests[2:]}
    assert 'aria-label="Page 2"' in pages[1].text
    nothing = client.post(f"{WAITING}?page=2", {})
    assert [row["asked"] for row in nothing.context["rows"]] == requests[2:]
    agreed = client.post(f"{WAITING}?page=2", {"requests": [requests[2].pk]}, follow=True)
    assert agreed.redirect_chain == [(f"{WAITING}?page=2", 302)]
    assert [row["asked"] for row in agreed.context["rows"]] == requests[:2]


def test_waiting_changes_can_be_sorted(client, subtests):
    series = SeriesFactory()
    for day, (reference, title) in enumerate(zip("abc", ("Trade", "Fish", "rail"), strict=True)):
        due = SEED_DUE + timedelta(days=day)
        release = ReleaseFactory(announced=True, reference=reference, title=title, series=series, due_at=due)
        request_date(release, to=london_slot(date(2020, 8, 7 - day)))
    signed_in(client, release, Role.DEPUTY)
    orders = [("", "abc"), ("salt", "abc"), ("-due", "cba"), ("to", "cba"), ("release", "bca"), ("-release", "acb")]
    for sort, order in orders:
        with subtests.test(sort):
            page = client.get(WAITING, {"sort": sort})
            assert "".join(row["asked"].release.reference for row in page.context["rows"]) == order
            assert page.text.count("office-sort--") == 1


def test_a_second_click_changes_nothing_and_is_told(client, announced_release):
    request = request_date(announced_release)
    signed_in(client, announced_release, Role.DEPUTY)
    client.post(WAITING, {"requests": [request.pk]})
    assert "this request is agreed" in said(client.post(WAITING, {"requests": [request.pk]}))[-1]
    assert DateChange.objects.count() == 1


def test_agreeing_to_nothing_is_an_error_that_leads_to_the_first_box(client, announced_release):
    request_date(announced_release)
    signed_in(client, announced_release, Role.DEPUTY)
    response = client.post(WAITING, {})
    assert "Select the changes that you agree to" in response.text
    assert 'href="#id_requests"' in response.text
    assert 'id="id_requests"' in response.text


def test_what_is_not_ones_own_to_decide_is_not_found_and_nothing_of_the_rest_is_done(client, announced_release):
    theirs = ReleaseFactory(announced=True, reference="theirs")
    own, foreign = request_date(announced_release), request_date(theirs)
    signed_in(client, announced_release, Role.HEAD_OF_PROFESSION)
    for sent in (str(foreign.pk), "999999", "x", "9" * 40):
        assert client.post(WAITING, {"requests": [own.pk, sent]}).status_code == 404, sent
        assert not DateChange.objects.exists()
    assert client.post(decide("refuse", foreign), {"reason": "No"}).status_code == 404
    assert client.get(WAITING).text.count('type="checkbox"') == 1
    assert not DateChange.objects.exists()


def test_refusing_needs_a_reason_and_the_person_who_asked_reads_it_on_the_page_of_the_release(
    client, announced_release
):
    request = request_date(announced_release)
    signed_in(client, announced_release, Role.DEPUTY)
    empty = client.post(decide("refuse", request), {"reason": " "})
    assert list(empty.context["form"].errors) == ["reason"]
    assert client.post(decide("refuse", request), {"reason": "It can still be done."}).url == WAITING
    client.force_login(request.requested_by)
    text = client.get(page_of(announced_release)).text
    assert "It can still be done." in text
    assert ">Refused<" in text
    client.logout()
    assert "It can still be done." not in client.get(page_of(announced_release)).text


def test_refusing_what_was_decided_meanwhile_says_so(client, announced_release):
    request = request_date(announced_release)
    date_changes.withdraw_date_change(request, by=request.requested_by, at=NOW)
    signed_in(client, announced_release, Role.DEPUTY)
    response = client.post(decide("refuse", request), {"reason": "It can still be done."})
    assert response.status_code == 409
    assert "It can still be done." in response.text
    response = client.get(decide("refuse", request))
    assert response.status_code == 409
    assert "this request is withdrawn" in response.text


def test_who_asked_withdraws_it_by_a_post_and_everyone_else_finds_nothing(client, announced_release):
    request = request_date(announced_release)
    for other in (
        person(announced_release, Role.CALENDAR_MANAGER),
        create_head(announced_release),
        UserFactory(is_superuser=True),
    ):
        client.force_login(other)
        assert client.get(decide("withdraw", request)).status_code == 404
        assert client.post(decide("withdraw", request)).status_code == 404
        assert "Withdraw request" not in client.get(page_of(announced_release)).text
    client.force_login(request.requested_by)
    assert client.get(decide("withdraw", request)).headers["Location"] == page_of(announced_release)
    assert load_request().state == "waiting"
    assert client.post(decide("withdraw", request)).status_code == 302
    assert load_request().state == "withdrawn"
    assert client.post(decide("withdraw", request)).status_code == 409


def test_who_left_the_producer_withdraws_nothing_any_more(client, announced_release):
    request = request_date(announced_release)
    request.requested_by.memberships.all().delete()
    client.force_login(request.requested_by)
    assert client.post(decide("withdraw", request)).status_code == 404


def test_a_lead_is_led_from_the_release_and_the_changes_to_the_decision_and_told_of_short_notice(
    client, announced_release
):
    request_date(announced_release, to=london_slot(date(2020, 6, 29)))
    signed_in(client, announced_release, Role.HEAD_OF_PROFESSION)
    assert f'href="{WAITING}"' in client.get(page_of(announced_release)).text
    assert f'href="{WAITING}"' in client.get(REGISTER).text
    text = " ".join(client.get(WAITING).text.split())
    assert "The new date gives 28 days’ notice." in text
    assert "This is less than 4 weeks." not in text
    signed_in(client, announced_release, Role.AUDITOR)
    assert f'href="{WAITING}"' not in client.get(REGISTER).text


def test_a_lead_is_warned_of_dates_that_are_probably_mistakes(client, announced_release, django_assert_num_queries):
    series = announced_release.series
    following = ReleaseFactory(series=series, announced=True, reference="july", slot=london_slot(date(2020, 7, 31)))
    request_date(announced_release, to=london_slot(date(2056, 8, 1)))
    signed_in(client, announced_release, Role.HEAD_OF_PROFESSION)
    with CaptureQueriesContext(connection) as one:
        (row,) = client.get(WAITING).context["rows"]
    year, later = row["warnings"]
    assert year == "The new date is 36 years later, so check the year"
    assert later == f"The new date is after the next edition, ‘{following.title}’ (31 July 2020 9:30am)"
    request_date(following, to=london_slot(date(2020, 6, 15)))
    with django_assert_num_queries(len(one)):
        page = client.get(WAITING)
    before = f"The new date is before the previous edition, ‘{announced_release.title}’ (30 June 2020 9:30am)"
    later_too = f"{later}. A change of that edition to 15 June 2020 9:30am is waiting too"
    before_too = f"{before}. A change of that edition to 1 August 2056 9:30am is waiting too"
    assert [row["warnings"] for row in page.context["rows"]] == [[year, later_too], [before_too]]
    assert f"{before_too}." in " ".join(page.text.split())


@pytest.mark.parametrize("address", [WAITING, REGISTER])
def test_no_one_unknown_and_no_one_without_a_role_sees_what_waits_or_was_changed(client, address):
    assert client.get(address).status_code == 302
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(address).status_code == 404
