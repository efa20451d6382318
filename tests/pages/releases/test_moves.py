"""Each move of the calendar as a page: who finds it, what it refuses and where it says so (C1, C2, C4, C7, C8)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import scheduling
from releases.models import DateChange, Release
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    UserFactory,
    create_member,
    london_slot,
    rolled_back,
)

pytestmark = pytest.mark.django_db

BEFORE = SEED_DUE - timedelta(days=10)
NEW_DATE = {"planned_on-day": "1", "planned_on-month": "7", "planned_on-year": "2020", "planned_at": "9:30am"}
KEEPERS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.CALENDAR_MANAGER}


@pytest.fixture(autouse=True)
def _ten_days_before(time_machine):
    time_machine.move_to(BEFORE, tick=False)


def address(move, release):
    return reverse(f"releases:{move}", args=[release.reference])


def signed_in(client, release, role):
    person = create_member(role, release.series.producer)
    client.force_login(person)
    return person


def change(client, release, **given):
    sent = NEW_DATE | {"seen_version": str(release.schedule_version), "checked": "yes"} | given
    return client.post(address("change_date", release), sent)


def version_on(page):
    """Return the hidden field with the version of the date that a page shows."""
    (field,) = LexborHTMLParser(page.text).css("form[method=post] input[name=seen_version][type=hidden]")
    return {"seen_version": field.attributes["value"]}


def errors(response):
    return response.context["form"].errors


def test_a_confirmed_date_moved_without_a_reason_is_refused_on_the_reason_field(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    response = change(client, announced_release)
    assert list(errors(response)) == ["reason"]
    assert 'href="#id_reason"' in response.text
    assert Release.objects.get().planned_on == date(2020, 6, 30)


def test_a_confirmed_date_moved_with_a_reason_says_so_and_keeps_who_and_why(client, announced_release):
    head = signed_in(client, announced_release, Role.HEAD_OF_PROFESSION)
    response = change(client, announced_release, reason="The survey came in late.")
    assert response.status_code == 302
    kept = DateChange.objects.get()
    assert (str(kept.to), kept.public_reason, kept.agreed_by) == (
        "1 July 2020 9:30am",
        "The survey came in late.",
        head,
    )
    assert "Date changed." in client.get(response.url).text


def test_the_form_for_a_confirmed_date_offers_nothing_vague_and_a_direct_post_of_it_is_ignored(
    client, announced_release
):
    signed_in(client, announced_release, Role.DEPUTY)
    assert 'name="precision"' not in client.get(address("change_date", announced_release)).text
    change(client, announced_release, precision=Precision.MONTH, reason="Late data")
    assert Release.objects.get().precision == Precision.EXACT


def test_a_reason_with_an_unchanged_date_is_refused_on_the_reason_field(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    response = change(
        client, announced_release, **{"planned_on-day": "30", "planned_on-month": "6"}, reason="Late data"
    )
    assert list(errors(response)) == ["reason"]


@pytest.mark.parametrize("move", ["change_date", "cancel"])
def test_what_was_typed_stays_while_a_verdict_is_falling(client, time_machine, move, announced_release):
    time_machine.move_to(SEED_DUE + timedelta(seconds=1), tick=False)
    signed_in(client, announced_release, Role.DEPUTY)
    sent = NEW_DATE | {"seen_version": "1", "reason": "Late data", "checked": "yes"}
    response = client.post(address(move, announced_release), sent)
    assert (response.status_code, list(errors(response))) == (200, ["__all__"])
    assert "We are checking" in response.text
    assert response.context["form"]["reason"].value() == "Late data"
    assert Release.objects.get().status == "confirmed"


def test_a_holiday_is_refused_on_the_date_field_and_named(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    response = change(
        client, announced_release, **{"planned_on-day": "25", "planned_on-month": "12"}, reason="Late data"
    )
    assert "Christmas Day" in errors(response)["planned_on"][0]
    assert 'href="#id_planned_on-day"' in response.text


def test_another_time_than_the_release_time_of_the_series_is_refused_on_the_time_field(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    assert list(errors(change(client, announced_release, planned_at="7am", reason="Late data"))) == ["planned_at"]


def test_the_previous_date_is_shown_and_cannot_be_typed(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    assert "30 June 2020 9:30am" in client.get(address("change_date", announced_release)).text
    change(client, announced_release, reason="Late data", was_on="2020-01-01", previous_date="1 January 2020")
    assert str(DateChange.objects.get().was) == "30 June 2020 9:30am"


def test_a_date_that_someone_else_changed_meanwhile_is_read_again_and_shown(client, announced_release):
    head = signed_in(client, announced_release, Role.HEAD_OF_PROFESSION)
    scheduling.change_date(
        announced_release, to=london_slot(date(2020, 7, 2)), reason="First change", by=head, at=BEFORE
    )
    response = change(client, announced_release, reason="Second change")
    assert "The date has changed to 2 July 2020 9:30am" in response.text
    assert "Second change" in response.text
    assert DateChange.objects.count() == 1
    again = {field.html_name: field.value() for field in response.context["form"] if field.name == "seen_version"}
    assert change(client, announced_release, reason="Second change", **again).status_code == 302
    assert [str(kept.was) for kept in DateChange.objects.order_by("schedule_version")] == [
        "30 June 2020 9:30am",
        "2 July 2020 9:30am",
    ]


@pytest.mark.parametrize("move", ["confirm", "announce"])
def test_a_date_that_someone_else_changed_after_the_page_was_opened_is_neither_confirmed_nor_announced(
    client, move, provisional_release
):
    signed_in(client, provisional_release, Role.CALENDAR_MANAGER)
    page = client.get(address(move, provisional_release))
    answers = version_on(page) | {"reason": "The survey came in late."}
    assert answers["seen_version"] == "1"
    other = create_member(Role.DEPUTY, provisional_release.series.producer)
    scheduling.change_date(provisional_release, to=london_slot(date(2020, 7, 7)), by=other, at=BEFORE)
    response = client.post(address(move, provisional_release), answers)
    assert response.status_code == 409
    assert "The date has changed to 7 July 2020 9:30am since you read it." in response.text
    release = Release.objects.get()
    assert (release.status, release.confirmed_at, release.announced_at) == ("provisional", None, None)
    # The new page has the new date, and its answers are accepted.
    page = client.get(address(move, provisional_release))
    assert "7 July 2020 9:30am" in page.text
    assert version_on(page) == {"seen_version": "2"}
    assert client.post(address(move, provisional_release), answers | version_on(page)).status_code == 302
    release = Release.objects.get()
    assert (release.confirmed_at if move == "confirm" else release.announced_at) == BEFORE


@pytest.mark.parametrize("move", ["confirm", "announce"])
def test_a_page_that_was_not_sent_by_our_form_is_shown_again(client, move, provisional_release):
    signed_in(client, provisional_release, Role.CALENDAR_MANAGER)
    response = client.post(
        address(move, provisional_release), {"seen_version": "first", "reason": "The survey came in late."}
    )
    assert (response.status_code, list(errors(response))) == (200, ["seen_version"])
    assert (Release.objects.get().status, Release.objects.get().announced_at) == ("provisional", None)


def test_a_provisional_date_moves_to_a_month_without_a_reason(client, provisional_release):
    signed_in(client, provisional_release, Role.CALENDAR_MANAGER)
    assert change(client, provisional_release, precision=Precision.MONTH).status_code == 302
    assert str(Release.objects.get().slot) == "July 2020"


def test_a_vague_date_cannot_be_confirmed_by_a_direct_post_either(client):
    release = ReleaseFactory(slot=Slot(on=date(2020, 7, 1), at=None, precision=Precision.MONTH))
    signed_in(client, release, Role.DEPUTY)
    assert "You can only confirm an exact date" in client.get(address("confirm", release)).text
    assert client.post(address("confirm", release)).status_code == 409
    assert Release.objects.get().status == "provisional"


def test_a_release_is_announced_once_and_a_rehearsal_never(client):
    release = ReleaseFactory(confirmed=True)
    signed_in(client, release, Role.CALENDAR_MANAGER)
    client.post(address("announce", release))
    announced_at = Release.objects.get().announced_at
    assert announced_at == BEFORE
    rehearsal = ReleaseFactory(confirmed=True, series=release.series, reference="rehearsed", rehearsal=True)
    assert client.post(address("announce", rehearsal)).status_code == 409
    assert Release.objects.get(reference="rehearsed").announced_at is None


def test_cancelling_without_a_reason_is_refused_on_the_reason_field(client, announced_release):
    signed_in(client, announced_release, Role.CALENDAR_MANAGER)
    response = client.post(address("cancel", announced_release), {"reason": "  "})
    assert list(errors(response)) == ["reason"]
    assert Release.objects.get().status == "confirmed"


def test_a_cancelled_release_cannot_be_moved_by_any_direct_post(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    client.post(address("cancel", announced_release), {"reason": "The survey was stopped.", "checked": "yes"})
    for move in ("cancel", "confirm", "announce", "change_date"):
        response = client.post(
            address(move, announced_release), NEW_DATE | {"seen_version": "1", "reason": "Another reason"}
        )
        assert response.status_code == 409
        assert "We made no change" in response.text
    announced_release.refresh_from_db()
    assert (announced_release.status, announced_release.cancellation_reason) == ("cancelled", "The survey was stopped.")


def typed_texts(response):
    """The texts that a refusal page shows again, by their labels."""
    content = LexborHTMLParser(response.text).css_first("main")
    labels, texts = content.css("h3"), content.css(".office-typed-text")
    return {label.text(): text.text() for label, text in zip(labels, texts, strict=True)}


def test_a_refused_form_shows_the_texts_that_the_person_typed_and_nothing_else_that_was_sent(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    scheduling.cancel_release(announced_release, reason="Stopped", by=None, at=BEFORE)
    typed = "The source was late.\n\n<script>alert(1)</script>"
    sent = {"reason": typed, "osr_reference": "", "planned_at": "9:30am", "precision": "exact", "unknown": "Any words"}
    response = change(client, announced_release, csrfmiddlewaretoken="secret token", **sent)
    assert response.status_code == 409
    assert typed_texts(response) == {"Reason": typed, "Planned at": "9:30am"}
    assert "<script>alert(1)</script>" not in response.text
    assert "secret token" not in response.text


def test_a_refused_button_shows_no_answers(client):
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    signed_in(client, release, Role.CALENDAR_MANAGER)
    response = client.post(address("announce", release))
    assert response.status_code == 409
    assert "Your answers" not in response.text


def test_a_confirmed_release_cannot_be_confirmed_again(client, announced_release):
    signed_in(client, announced_release, Role.DEPUTY)
    assert client.post(address("confirm", announced_release)).status_code == 409


def test_a_move_of_a_provisional_release_is_offered_and_open_to_the_tables_roles_alone(
    client, provisional_release, subtests
):
    before = Release.objects.values().get()
    sent = NEW_DATE | {"seen_version": "1", "precision": "exact", "reason": "A reason"}
    for role in Role:
        signed_in(client, provisional_release, role)
        text = client.get(address("release", provisional_release)).text
        expected = role in KEEPERS
        for move in ("confirm", "announce", "cancel", "change_date"):
            page = address(move, provisional_release)
            with subtests.test(f"{move} by {role}"), rolled_back():
                assert (page in text) == expected
                assert client.get(page).status_code == (200 if expected else 404)
                assert client.post(page, sent).status_code == (302 if expected else 404)
                assert (Release.objects.values().get() != before) == expected


def test_a_confirmed_date_is_moved_by_the_head_of_profession_or_a_deputy_alone(client, announced_release, subtests):
    for role in Role:
        signed_in(client, announced_release, role)
        expected = role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
        with subtests.test(role), rolled_back():
            response = change(client, announced_release, reason="Late data")
            assert response.status_code == (302 if expected else 404)
            assert DateChange.objects.exists() == expected


def test_a_stranger_finds_no_move_and_no_one_unknown_gets_past_the_log_in(client, provisional_release):
    moves = [
        address(move, provisional_release) for move in ("confirm", "announce", "cancel", "change_date", "was_live")
    ]
    for move in moves:
        assert client.get(move).status_code == 302, move
        assert client.post(move).status_code == 302, move
    client.force_login(UserFactory(is_superuser=True))
    for move in moves:
        assert client.get(move).status_code == 404, move
        assert client.post(move).status_code == 404, move


def test_a_colleague_of_another_producer_finds_nothing(client):
    release, other = ReleaseFactory(confirmed=True), ReleaseFactory(reference="of-another-office")
    signed_in(client, other, Role.HEAD_OF_PROFESSION)
    assert client.get(address("release", release)).status_code == 404
    assert client.post(address("cancel", release), {"reason": "Not mine"}).status_code == 404
    assert Release.objects.get(pk=release.pk).status == "confirmed"
