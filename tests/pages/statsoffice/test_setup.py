"""An administrator of an empty installation is led from its name to a rehearsed morning, and can stop at any step."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from releases import judge
from releases.models import CalendarImport, Contact, Membership, Producer, Release, Series
from releases.permissions import NotYours
from releases.rules.calendar import Nation
from releases.rules.lifecycle import Role
from statsoffice.accounts.invitations import accept
from statsoffice.accounts.models import Invitation, User
from statsoffice.setup import steps
from statsoffice.setup.steps import Step, StepStatus, office_of
from tests.support.factories import ProducerFactory, UserFactory, create_member
from tests.support.import_files import csv_of
from tests.support.observations import create_observations
from tests.support.stored_imports import confirm_page, turn

pytestmark = pytest.mark.django_db

OVERVIEW = reverse("setting_up:overview")
HEAD = {"name": "Helen Ward", "post": "Head of Profession", "email": "Head@example.gov.uk", "telephone": ""}
RAIN = {
    "title": "Monthly rain",
    "designation": "official",
    "team": "Rain statistics",
    "email": "rain@example.gov.uk",
    "telephone": "020 7946 0000",
}
PAGE = {"url": "https://www.example.gov.uk/test", "marker": "Rehearsal of Tuesday", "minutes": "5"}


def page(step):
    return reverse(f"setting_up:{step.name.lower()}")


@pytest.fixture
def administrator(client):
    """Sign the first person of a new installation in."""
    person = User.objects.create_superuser("first@example.gov.uk", name="First")
    client.force_login(person)
    return person


def standings(person):
    return [standing.value for standing in office_of(person).standings.values()]


def links(client):
    return [link.attributes["href"] for link in LexborHTMLParser(client.get(OVERVIEW).text).css("main li a")]


def test_an_empty_office_is_led_to_a_rehearsed_morning_step_by_step(client, administrator, settings):
    assert standings(administrator) == ["to_do", "to_do", "waits", "waits", "waits", "waits"]
    assert links(client) == [page(Step.NAME), page(Step.PRODUCER)]

    settings.OFFICE_NAME = "Office for Rain"
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales", "hosts": "www.example.gov.uk"})
    producer = Producer.objects.get()
    assert (producer.slug, producer.nation) == ("office-for-rain", "wales")
    assert Membership.objects.get().role == Role.CALENDAR_MANAGER
    assert standings(administrator) == ["done", "done", "to_do", "waits", "to_do", "waits"]

    client.post(page(Step.HEAD), HEAD)
    contact = Contact.objects.get()
    assert standings(administrator)[2] == "under_way"
    assert not User.objects.filter(email=contact.email).exists()
    person = accept(Invitation.objects.get(), password="correct horse battery", at=timezone.now())
    contact.refresh_from_db()
    assert contact.user == person
    assert Membership.objects.filter(user=person, role=Role.HEAD_OF_PROFESSION, producer=producer).exists()

    client.post(page(Step.SERIES), RAIN)
    series = Series.objects.get()
    assert (series.head_of_profession, series.responsible.name) == (contact, "Rain statistics")
    assert standings(administrator) == ["done", "done", "done", "done", "to_do", "to_do"]

    assert reverse("exchange:imports") in client.get(page(Step.CALENDAR)).text
    file = SimpleUploadedFile("calendar.csv", csv_of({}))
    client.post(reverse("exchange:imports"), {"file": file})
    turn()
    confirm_page(client, CalendarImport.objects.get())
    turn()
    assert standings(administrator)[4:] == ["done", "to_do"]

    client.post(page(Step.REHEARSAL), PAGE)
    rehearsal = Release.objects.get(rehearsal=True)
    assert rehearsal.status == "confirmed"
    assert timedelta(minutes=5) <= rehearsal.due_at - rehearsal.recorded_at <= timedelta(minutes=6)
    assert standings(administrator)[5] == "under_way"
    assert "(London time)" in client.get(page(Step.REHEARSAL)).text

    create_observations(rehearsal, "not_live", "live", start=rehearsal.due_at - timedelta(seconds=5))
    judge.judge_one(rehearsal, now=rehearsal.due_at + timedelta(minutes=5))
    assert set(standings(administrator)) == {"done"}
    assert "Setup is complete" in client.get(OVERVIEW).text
    assert OVERVIEW not in client.get(reverse("desk")).text


def test_a_rehearsal_of_a_series_with_a_long_title_fits_its_columns(client, administrator):
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    client.post(page(Step.SERIES), {**RAIN, "title": "a" * 300})
    client.post(page(Step.REHEARSAL), PAGE)
    rehearsal = Release.objects.get(rehearsal=True)
    rehearsal.clean_fields()
    assert rehearsal.title == f"Rehearsal: {'a' * 288}…"
    assert rehearsal.reference.startswith("rehearsal-aaa")


def test_the_desk_leads_an_administrator_to_what_is_left_and_no_one_else(client, administrator):
    assert "6 steps are left." in client.get(reverse("desk")).text
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    assert OVERVIEW not in client.get(reverse("desk")).text


@pytest.mark.parametrize("step", [None, *Step])
def test_only_an_administrator_sets_an_office_up(client, step):
    address = page(step) if step else OVERVIEW
    assert client.get(address).status_code == 302
    producer = ProducerFactory()
    for person in (UserFactory(), UserFactory(is_staff=True), create_member(Role.HEAD_OF_PROFESSION, producer)):
        client.force_login(person)
        assert client.get(address).status_code == 404
        assert client.post(address, PAGE | RAIN | HEAD).status_code in {404, 405}
    assert Producer.objects.count() == 1
    assert not Series.objects.exists()


@pytest.mark.parametrize("known", [True, False], ids=["somebody known", "somebody new"])
def test_the_acts_themselves_refuse_the_person_who_is_no_administrator_of_this_office(administrator, known):
    producer = ProducerFactory()
    if known:
        UserFactory(email="head@example.gov.uk")
    to_be_head = HEAD | {"at": timezone.now()}
    for person in (UserFactory(is_staff=True), create_member(Role.CALENDAR_MANAGER, producer), administrator):
        with pytest.raises(NotYours):
            steps.appoint_head(producer, **to_be_head, by=person)
    with pytest.raises(NotYours):
        steps.create_first_producer(
            name="Another", nation=Nation.WALES, hosts="", by=create_member(Role.CALENDAR_MANAGER, producer)
        )
    assert Producer.objects.count() == 1
    assert not Membership.objects.filter(role=Role.HEAD_OF_PROFESSION).exists()
    assert not Contact.objects.exists()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("step", [Step.HEAD, Step.SERIES, Step.CALENDAR, Step.REHEARSAL])
def test_a_step_that_cannot_start_yet_is_not_there(client, administrator, step):
    assert client.get(page(step)).status_code == 404


@pytest.mark.parametrize(
    ("step", "sent", "said"),
    [
        (Step.PRODUCER, {"nation": "wales"}, "Enter the name of the producer"),
        (Step.HEAD, HEAD | {"email": ""}, "Enter their email address"),
        (Step.SERIES, RAIN | {"email": ""}, "Enter the contact’s email address"),
        (Step.REHEARSAL, PAGE | {"url": ""}, "Enter the web page"),
        (Step.HEAD, HEAD | {"email": "nobody"}, "Enter a valid email address"),
        (Step.SERIES, RAIN | {"title": "Monthly RAIN"}, "A series with this title already exists"),
        (Step.REHEARSAL, PAGE | {"url": "ftp://www.example.gov.uk/"}, "http"),
        (Step.REHEARSAL, PAGE | {"minutes": "1"}, "greater than or equal to 2"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_stored(client, administrator, step, sent, said):
    if step is not Step.PRODUCER:
        client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    if step in {Step.SERIES, Step.REHEARSAL}:
        client.post(page(Step.SERIES), RAIN)
    before = [model.objects.count() for model in (Producer, Contact, Series, Release, User)]
    answer = client.post(page(step), sent)
    assert answer.status_code == 200
    assert said in answer.text
    assert [model.objects.count() for model in (Producer, Contact, Series, Release, User)] == before


def test_a_second_click_makes_no_second_producer_and_a_known_person_no_second_account(client, administrator):
    known = UserFactory(email="head@example.gov.uk", name="Helen Ward")
    for _ in range(2):
        client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
        client.post(page(Step.HEAD), HEAD)
    assert Producer.objects.count() == 1
    assert Contact.objects.get().user == known
    assert User.objects.count() == 2
    assert Membership.objects.filter(user=known).count() == 1


def test_someone_whose_account_is_closed_is_refused_at_the_field_and_nothing_is_stored(client, administrator):
    producer = ProducerFactory()
    Membership.objects.create(user=administrator, producer=producer, role=Role.CALENDAR_MANAGER)
    UserFactory(email="head@example.gov.uk", is_active=False)
    answer = LexborHTMLParser(client.post(page(Step.HEAD), HEAD).text)
    (fault,) = answer.css(".govuk-form-group--error:has(#id_email) .govuk-error-message")
    assert "The account head@example.gov.uk is closed. Reopen it first" in fault.text()
    assert not producer.contacts.exists()
    assert not Membership.objects.filter(role=Role.HEAD_OF_PROFESSION).exists()
    assert standings(administrator)[2] == "to_do"


def test_a_head_whose_account_was_closed_since_heads_nothing_any_more(client, administrator):
    producer = ProducerFactory()
    Membership.objects.create(user=administrator, producer=producer, role=Role.CALENDAR_MANAGER)
    head = UserFactory(email="head@example.gov.uk")
    client.post(page(Step.HEAD), HEAD)
    assert standings(administrator)[2] == "done"
    User.objects.filter(pk=head.pk).update(is_active=False)
    assert standings(administrator)[2] != "done"


def test_a_head_without_an_account_is_invited_by_mail_once(client, administrator, mailoutbox):
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    client.post(page(Step.HEAD), HEAD)
    assert [mail.to for mail in mailoutbox] == [["head@example.gov.uk"]]
    again = client.post(page(Step.HEAD), HEAD | {"post": "Chief Statistician"})
    assert "You have already invited" in again.text
    assert len(mailoutbox) == 1
    assert Contact.objects.get().post == HEAD["post"]
    client.post(page(Step.SERIES), RAIN)
    assert Series.objects.get().head_of_profession == Contact.objects.get(email="head@example.gov.uk")


def test_the_person_who_has_lost_the_role_since_heads_no_new_series(client, administrator):
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    client.post(page(Step.HEAD), HEAD)
    earlier = accept(Invitation.objects.get(), password=None, at=timezone.now())
    Membership.objects.get(user=earlier).delete()
    assert office_of(administrator).standings[Step.HEAD] is StepStatus.TO_DO
    UserFactory(email="new.head@example.gov.uk")
    client.post(page(Step.HEAD), HEAD | {"email": "new.head@example.gov.uk"})
    client.post(page(Step.SERIES), RAIN)
    assert Series.objects.get().head_of_profession.email == "new.head@example.gov.uk"


def test_a_series_without_a_head_is_not_done(administrator, client):
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    client.post(page(Step.SERIES), RAIN)
    found = office_of(administrator).standings
    assert (found[Step.HEAD], found[Step.SERIES]) == (StepStatus.TO_DO, StepStatus.TO_DO)


def test_the_set_up_gives_a_role_in_an_empty_installation_only(client, administrator):
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    assert Membership.objects.get().history.get().history_user == administrator
    other = User.objects.create_superuser("second@example.gov.uk", name="Second")
    client.force_login(other)
    answer = client.post(page(Step.PRODUCER), {"name": "Office for Snow", "nation": "wales"})
    assert "This office has already been set up" in answer.text
    assert not Membership.objects.filter(user=other).exists()
    assert Producer.objects.count() == 1


def test_an_administrator_does_not_name_themselves_head_of_profession(client, administrator):
    client.post(page(Step.PRODUCER), {"name": "Office for Rain", "nation": "wales"})
    answer = client.post(page(Step.HEAD), HEAD | {"email": "First@example.gov.uk"})
    assert "You cannot give yourself a role" in answer.text
    assert [row.role for row in Membership.objects.all()] == [Role.CALENDAR_MANAGER]
    assert not Invitation.objects.exists()
    assert not Contact.objects.exists()
