"""“No answer” on the page of a release and on Today's releases: who to call next, the undo, and who may record it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import judge
from releases.models import ReleaseEvent, RotaEntry
from releases.permissions import TABLE, Action
from releases.rules.lifecycle import Role
from tests.support.date_requests import person
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, create_member, rolled_back
from tests.support.observations import create_observations
from tests.support.shared_rows import shared_fixture

AFTER = SEED_DUE + timedelta(minutes=3)
DESK = reverse("desk")

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(time_machine):
    def to(instant):
        time_machine.move_to(instant, tick=False)

    to(AFTER)
    return to


@shared_fixture
def release():
    """A release that is due, whose rota has Ann and then Bob."""
    release = ReleaseFactory(announced=True)
    for order, name in enumerate(("Ann Lee", "Bob Roy"), start=1):
        contact = ContactFactory(producer=release.series.producer, name=name, telephone=f"020 7946 000{order}")
        RotaEntry.objects.create(series=release.series, contact=contact, order=order)
    return release


def address_of(release, name="no_answer"):
    return reverse(f"releases:{name}", args=[release.reference])


def key_of(release, name):
    return release.series.producer.contacts.get(name=name).pk


def words(node):
    return " ".join(node.text().split())


def actions_of(client, release):
    """The actions of the release on Today's releases, in order."""
    row = LexborHTMLParser(client.get(DESK).text).css_first(f"#today-{release.pk}-actions")
    return [words(action) for action in row.css(".office-strips__action")]


def phone_order_of(client, release):
    page = LexborHTMLParser(client.get(reverse("releases:release", args=[release.reference])).text)
    return [words(line) for line in page.css("#calls li")]


def test_todays_releases_offer_the_first_contact_and_move_on_after_no_answer(client, clock, release):
    sam = person(release, Role.STATISTICIAN, name="Sam Hill")
    client.force_login(sam)
    title, ann = release.title, key_of(release, "Ann Lee")
    assert actions_of(client, release)[1:] == [f"Call Ann Lee: {title}", f"No answer: Ann Lee, {title}"]
    done = client.post(address_of(release), {"contact": ann, "desk": "yes"})
    assert done.url == f"{DESK}#today-{release.pk}"
    expected = [
        f"Call Bob Roy: {title}",
        f"No answer: Bob Roy, {title}",
        "No answer from Ann Lee at 9:33am",
        f"Undo: no answer from Ann Lee, {title}",
    ]
    assert actions_of(client, release)[1:] == expected
    # A second click changes nothing.
    client.post(address_of(release), {"contact": ann, "desk": "yes"})
    assert actions_of(client, release)[1:] == expected
    assert ReleaseEvent.objects.filter(kind="no_answer").count() == 1
    client.post(address_of(release), {"contact": key_of(release, "Bob Roy"), "desk": "yes"})
    assert "None of the contacts answered" in actions_of(client, release)
    client.post(address_of(release, "undo_no_answer"), {"contact": ann, "desk": "yes"})
    assert f"Call Ann Lee: {title}" in actions_of(client, release)


def test_a_button_of_the_list_is_sent_with_a_form_outside_of_it(client, clock, release):
    client.force_login(person(release, Role.STATISTICIAN))
    page = LexborHTMLParser(client.get(DESK).text)
    (button,) = page.css(f"#today-{release.pk}-actions button")
    form = page.css_first(f"form#{button.attributes['form']}")
    assert form.css_first("input[name=csrfmiddlewaretoken]")
    assert button.attributes["formaction"] == address_of(release)
    assert not page.css("#desk-today form")


def test_the_task_of_the_publishing_team_names_the_next_contact(client, clock, release):
    clock(SEED_DUE + timedelta(minutes=5))
    _make_late(release)
    client.force_login(person(release, Role.PUBLISHING_TEAM))
    waiting = LexborHTMLParser(client.get(DESK).text).css_first("#desk-waiting")
    assert "Call Ann Lee before you publish." in words(waiting)
    client.post(address_of(release), {"contact": key_of(release, "Ann Lee")})
    waiting = LexborHTMLParser(client.get(DESK).text).css_first("#desk-waiting")
    assert "Call Bob Roy before you publish." in words(waiting)


def _make_late(release):
    create_observations(release, *["not_live"] * 27, start=SEED_DUE, every=timedelta(seconds=5))
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=3))


def test_the_page_of_the_release_shows_the_phone_order_and_who_did_not_answer(client, clock, release):
    client.force_login(person(release, Role.STATISTICIAN, name="Sam Hill"))
    first, second = phone_order_of(client, release)
    assert first.startswith("Ann Lee, Lead statistician Call Ann Lee, 020 7946 0001")
    assert second.startswith("Bob Roy")
    done = client.post(address_of(release), {"contact": key_of(release, "Ann Lee")})
    assert done.url == f"{reverse('releases:release', args=[release.reference])}#calls"
    first, second = phone_order_of(client, release)
    assert "No answer at 9:33am, recorded by Sam Hill Undo: no answer from Ann Lee" in first
    assert "No answer: Bob Roy" in second


def test_the_phone_order_is_shown_on_other_days_without_buttons(client, clock, release):
    clock(SEED_DUE - timedelta(days=3))
    client.force_login(person(release, Role.STATISTICIAN))
    assert [line.partition(",")[0] for line in phone_order_of(client, release)] == ["Ann Lee", "Bob Roy"]
    assert "No answer" not in "".join(phone_order_of(client, release))


def test_only_those_who_may_record_calls_do_and_no_one_else_sees_the_phone_order(client, clock, release, subtests):
    sent = {"contact": key_of(release, "Ann Lee")}
    for role in Role:
        client.force_login(person(release, role))
        may = role in TABLE[Action.RECORD_CALL]
        with subtests.test(role), rolled_back():
            assert ("No answer" in "".join(phone_order_of(client, release))) == may
            assert client.post(address_of(release), sent).status_code == (302 if may else 404)
            assert client.post(address_of(release, "undo_no_answer"), sent).status_code == (302 if may else 404)
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, ReleaseFactory(reference="other").series.producer))
    assert phone_order_of(client, release) == []
    assert client.post(address_of(release), sent).status_code == 404
    client.logout()
    assert "020 7946 0001" not in client.get(reverse("releases:release", args=[release.reference])).text


def test_a_call_that_cannot_be_recorded_is_explained(client, clock, release):
    client.force_login(person(release, Role.STATISTICIAN))
    for sent in ({}, {"contact": "Ann"}, {"contact": "1" * 12}):
        assert client.post(address_of(release), sent).status_code == 404
    other = client.post(address_of(release), {"contact": release.series.responsible.pk})
    assert other.status_code == 409
    assert "This contact is no longer in the phone order of the release." in other.text
    assert client.get(address_of(release)).url == reverse("releases:release", args=[release.reference])
