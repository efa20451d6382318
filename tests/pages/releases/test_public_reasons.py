"""A public reason put right by a further row: the first stays, and readers see both (C1, C6)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from releases import corrections, scheduling
from releases.corrections import NothingPublic, ReasonRefused
from releases.models import DateChange, ReasonCorrection, Release, ReleaseEvent
from releases.models.append_only import AppendOnlyRow
from releases.permissions import NotYours
from releases.rules.lifecycle import ChangedMeanwhile, Role
from tests.support.date_requests import LATER, NOW, create_head, person
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    london_slot,
    rolled_back,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

FIRST, RIGHT = "Two school sent there figures late.", "Two schools sent their figures late."
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def a_change(release, *, reason=FIRST):
    scheduling.change_date(release, to=london_slot(date(2020, 7, 14)), reason=reason, by=create_head(release), at=NOW)
    return DateChange.objects.get()


@shared_fixture
def change(announced_release):
    return a_change(announced_release)


def correct(change, *, reason=RIGHT, role=Role.DEPUTY, seen=0):
    return corrections.correct_public_reason(
        change, reason=reason, by=person(change.release, role), at=LATER, seen=seen
    )


def page_of(release):
    return reverse("releases:release", args=[release.reference])


def form_of(change):
    return reverse("releases:correct_reason", args=[change.release.reference, change.schedule_version])


def test_the_first_reason_stays_and_the_correction_stands_next_to_it_with_who_agreed(change):
    correction = correct(change)
    assert DateChange.objects.get().public_reason == FIRST
    assert (correction.public_reason, correction.number, correction.agreed_at) == (RIGHT, 1, LATER)
    assert corrections.current_reason(DateChange.objects.get()) == RIGHT
    event = ReleaseEvent.in_order().last()
    assert (event.kind, event.actor, event.words) == ("reason_corrected", correction.agreed_by, RIGHT)


def test_only_the_head_of_profession_or_a_deputy_puts_a_public_reason_right(client, change, subtests):
    for role in Role:
        client.force_login(person(change.release, role))
        with subtests.test(role), rolled_back():
            expected = role in LEADS
            assert (form_of(change) in client.get(page_of(change.release)).text) == expected
            assert client.get(form_of(change)).status_code == (200 if expected else 404)
            sent = {"reason": RIGHT, "seen": "0"}
            assert client.post(form_of(change), sent).status_code == (302 if expected else 404)
            assert ReasonCorrection.objects.exists() == expected
            if not expected:
                with pytest.raises(NotYours):
                    correct(change, role=role)


def test_readers_see_the_corrected_reason_when_it_was_corrected_and_the_first_one(client, change):
    correct(change)
    text = client.get(page_of(change.release)).text
    before, _, first = text.partition("Reason as first published")
    assert RIGHT in before
    assert FIRST not in before
    assert FIRST in first
    assert "This reason was corrected at" in before
    assert "6pm on 1 June 2020" in before
    assert ReasonCorrection.objects.get().agreed_by.name not in text


def test_a_correction_is_corrected_by_a_further_one_and_the_last_counts(client, change):
    correct(change)
    correct(DateChange.objects.get(), reason="Three schools sent their figures late.", seen=1)
    assert list(ReasonCorrection.objects.values_list("number", flat=True)) == [1, 2]
    assert "Three schools" in client.get(page_of(change.release)).text


def test_the_register_shows_the_corrected_reason_and_says_so(client, change):
    correct(change)
    client.force_login(person(change.release, Role.AUDITOR))
    text = client.get(reverse("releases:changes")).text
    assert RIGHT in text
    assert ">Corrected<" in text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        pytest.param("  ", "Enter the public reason", id="nothing"),
        pytest.param(f" {FIRST} ", "This is the current one", id="what-stands-there"),
    ],
)
def test_a_correction_into_nothing_or_into_the_same_words_is_refused_on_its_field(client, reason, words, change):
    with pytest.raises(ReasonRefused, match=words):
        correct(change, reason=reason)
    client.force_login(create_head(change.release))
    response = client.post(form_of(change), {"reason": reason, "seen": "0"})
    assert words in response.context["form"].errors["reason"][0]
    assert not ReasonCorrection.objects.exists()


def test_of_two_who_correct_at_once_the_second_is_told_and_changes_nothing(client, change):
    correct(change)
    with pytest.raises(ChangedMeanwhile):
        correct(change, reason="Other words")
    client.force_login(create_head(change.release))
    response = client.post(form_of(change), {"reason": "Other words", "seen": "0"})
    assert response.status_code == 409
    assert "We did not save your changes, because another person changed this release." in response.text
    assert ReasonCorrection.objects.count() == 1


@pytest.mark.parametrize("kind", ["provisional", "not-announced"])
def test_a_reason_that_no_one_outside_has_read_is_not_corrected(client, kind):
    made = {
        "provisional": lambda: scheduling.announce_release(ReleaseFactory(), by=None, at=NOW),
        "not-announced": lambda: ReleaseFactory(confirmed=True),
    }
    release = made[kind]()
    change = a_change(release)
    with pytest.raises(NothingPublic):
        correct(change)
    client.force_login(create_head(release))
    assert client.post(form_of(change), {"reason": RIGHT, "seen": "0"}).status_code == 409
    assert form_of(change) not in client.get(page_of(release)).text


def test_a_change_that_is_not_of_this_release_is_not_found(client, change):
    other = ReleaseFactory(announced=True, reference="other", series=change.release.series)
    client.force_login(create_head(other))
    assert client.get(reverse("releases:correct_reason", args=[other.reference, 2])).status_code == 404


def test_corrections_are_only_added(change):
    correction = correct(change)
    correction.public_reason = "Forged"
    for attempt in (
        correction.save,
        correction.delete,
        lambda: ReasonCorrection.objects.update(public_reason="Forged"),
        lambda: ReasonCorrection.objects.all().delete(),
    ):
        with pytest.raises(AppendOnlyRow):
            attempt()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReasonCorrection.objects.create(
            change=correction.change, number=1, public_reason="B", agreed_by=correction.agreed_by, agreed_at=LATER
        )


def test_a_correction_is_no_change_of_date_and_leaves_the_schedule_as_it_is(change):
    correct(change)
    release = Release.objects.get()
    assert release.schedule_version == 2
    assert release.due_at == SEED_DUE + timedelta(days=14)
