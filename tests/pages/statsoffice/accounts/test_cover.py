"""The pages of cover: entered by people who lead, ended by one button, and what the record shows of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, text
from breaches.layout import lay_out_report
from breaches.models import ReportEvent
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import current_version
from releases import cover, date_changes
from releases.cover import CoverPerson
from releases.models import Contact, Cover
from releases.permissions import Action, may
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.support.admin_site import page, said, signed_in
from tests.support.date_requests import request_date
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member
from tests.support.people import AT, create_office, create_report, render_text
from tests.support.shared_rows import shared_fixture

LIST = reverse("cover")
NOW = datetime(2020, 6, 29, 9, tzinfo=UTC)
FIRST, LAST = date(2020, 6, 30), date(2020, 7, 10)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine):
    def to(instant):
        time_machine.move_to(instant, tick=False)

    to(NOW)
    return to


@shared_fixture
def office():
    office = create_office(name="Office for Rain")
    for role, name in ((Role.HEAD_OF_PROFESSION, "Helen Ward"), (Role.STATISTICIAN, "Dana Scott")):
        office.people[role].name = name
        office.people[role].save()
    return office


def written(on):
    return {"day": on.day, "month": on.month, "year": on.year}


def form(office, person, *, first=FIRST, last=LAST, until=None, second=None, since=None):
    sent = {"absent": office.head.pk, "person": person.pk, "second": second.pk if second else ""}
    for name, on in (("first", first), ("last", last), ("until", until), ("since", since)):
        parts = written(on) if on else dict.fromkeys(("day", "month", "year"), "")
        sent |= {f"{name}-{part}": value for part, value in parts.items()}
    return sent


def address(office):
    return reverse("name_cover", args=[office.producer.slug])


def words(response):
    return " ".join(LexborHTMLParser(response.text).css_first("main").text().split())


def let_cover(office, person, *, first=FIRST, last=LAST):
    people = [CoverPerson(person, first, last)]
    return cover.name_cover(office.producer, office.head, first=first, last=last, people=people, by=office.head, at=NOW)


def test_a_head_of_profession_enters_who_covers_and_ends_it(office):
    client = signed_in(office.head)
    assert "No cover planned." in words(client.get(LIST))
    done = client.post(address(office), form(office, office.statistician))
    assert (done.url, said(done)) == (LIST, ["Cover saved."])
    listed = words(client.get(LIST))
    assert "Dana Scott covers for Helen Ward 30 June 2020 to 10 July 2020" in listed
    assert "Entered by Helen Ward at 10am on 29 June 2020" in listed
    end = reverse("end_cover", args=[Cover.objects.get().pk])
    assert said(client.post(end))[-1] == "Cover ended."
    assert said(client.post(end))[-1] == "This cover has already ended."
    assert "Dana Scott for Helen Ward, 30 June 2020 to 10 July 2020" in words(client.get(LIST))
    assert "Ended by Helen Ward at 10am on 29 June 2020" in words(client.get(LIST))


def test_a_second_person_takes_over(office):
    client = signed_in(office.head)
    client.post(address(office), form(office, office.statistician, second=office.deputy, since=date(2020, 7, 4)))
    assert [(row.person, row.starts_on, row.ends_on) for row in Cover.objects.order_by("starts_on")] == [
        (office.statistician, FIRST, date(2020, 7, 3)),
        (office.deputy, date(2020, 7, 4), LAST),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"until": date(2020, 7, 3), "since": date(2020, 7, 6)}, "There is no cover from 4 July 2020 to 5 July 2020."),
        ({"until": date(2020, 7, 6), "since": date(2020, 7, 3)}, "Two people cover from 3 July 2020 to 6 July 2020."),
        ({"since": None}, "Enter the first day of the second person’s cover"),
        ({"since": date(2020, 7, 3), "second": None}, "Select who takes over"),
        ({"until": date(2020, 7, 3), "second": None}, "There is no cover from 4 July 2020 to 10 July 2020."),
        ({"last": date(2020, 6, 29), "second": None}, "The last day must be the same as or after the first day."),
        ({"first": date(2020, 6, 28), "second": None}, "The first day must be today or later."),
    ],
)
def test_a_gap_an_overlap_and_missing_answers_are_clear_errors(office, changes, sentence):
    given = {"second": office.deputy, **changes}
    answer = signed_in(office.head).post(address(office), form(office, office.statistician, **given))
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert not Cover.objects.exists()


def test_a_person_cannot_choose_themselves(office):
    answer = signed_in(office.deputy).post(address(office), form(office, office.deputy))
    assert "Select a valid choice" in words(answer)
    assert not Cover.objects.exists()


def test_only_those_who_lead_reach_the_pages_and_a_cover_does_not(office, clock, subtests):
    (row,) = let_cover(office, office.statistician)
    clock(AT)
    end = reverse("end_cover", args=[row.pk])
    elsewhere = create_member(Role.HEAD_OF_PROFESSION, SeriesFactory().producer)
    for role, person in {**office.people, "elsewhere": elsewhere}.items():
        with subtests.test(role):
            client = signed_in(person)
            leads = role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
            assert client.get(LIST).status_code == (200 if leads or role == "elsewhere" else 404)
            assert client.get(address(office)).status_code == (200 if leads else 404)
            if not leads:
                assert client.post(address(office), form(office, office.deputy)).status_code == 404
                assert client.post(end).status_code == 404
    assert Cover.objects.get().ended_at is None


def test_both_people_see_it_on_todays_releases_and_in_their_account(office, clock):
    let_cover(office, office.statistician)
    clock(AT)
    covering, away = signed_in(office.statistician), signed_in(office.head)
    assert "You are covering for Helen Ward until 10 July 2020." in words(covering.get(reverse("desk")))
    assert "Dana Scott is covering for you until 10 July 2020." in words(away.get(reverse("desk")))
    assert "Cover for Helen Ward, Office for Rain, until 10 July 2020" in words(covering.get(reverse("your_account")))
    assert f'href="{LIST}"' in away.get(reverse("your_account")).text
    assert f'href="{LIST}"' not in covering.get(reverse("your_account")).text
    clock(AT + timedelta(days=11))
    assert "You are covering" not in words(signed_in(office.statistician).get(reverse("desk")))


def submitted(office):
    return create_report(office, ReportStatus.WITH_HOP)


def test_an_approval_says_for_whom(office, clock):
    sam = create_member(Role.STATISTICIAN, office.producer, name="Sam Hill")
    report = submitted(office)
    let_cover(office, sam)
    clock(AT)
    document = decisions.approve_report(report, by=sam, at=AT, render=render_text)
    event = ReportEvent.objects.get(kind="approved")
    assert (event.facts["role"], event.facts["covers"]) == ("deputy", office.head.pk)
    assert text.event_author(event) == "Sam Hill, for Helen Ward, Head of Profession"
    layout = lay_out_report(document.report, current_version(document.report))
    assert layout.decision.startswith("Approved by Sam Hill, for Helen Ward, Head of Profession, at")
    shown = words(signed_in(office.head).get(reverse("breaches:history", args=[report.reference])))
    assert "Sam Hill, for Helen Ward, Head of Profession" in shown


def test_without_cover_the_same_person_cannot_approve(office, clock):
    sam = create_member(Role.STATISTICIAN, office.producer, name="Sam Hill")
    report = submitted(office)
    let_cover(office, sam)
    approve = reverse("breaches:approve", args=[report.reference])
    for at, status in ((NOW, 404), (AT, 200), (AT + timedelta(days=11), 404)):
        clock(at)
        assert signed_in(sam).get(approve).status_code == status
    assert not may(User.objects.get(pk=sam.pk), Action.CORRECT_REASON, office.producer)


def test_what_a_statistician_may_do_anyway_is_done_in_their_own_name(office, clock):
    let_cover(office, office.statistician)
    clock(AT)
    submitted(office)
    event = ReportEvent.objects.get(kind="submitted")
    assert event.facts["role"] == "statistician"
    assert "covers" not in event.facts


def test_notifications_for_the_head_of_profession_go_to_the_person_who_covers_too(office, clock):
    sam = create_member(Role.STATISTICIAN, office.producer, name="Sam Hill", email="sam.hill@example.gov.uk")
    let_cover(office, sam)
    submitted(office)
    later = AT + timedelta(minutes=10)
    outbox.create_missing(now=later)
    told = set(Message.objects.filter(event__startswith="report-submitted-").values_list("recipient", flat=True))
    assert told == {office.head.email, office.deputy.email, "sam.hill@example.gov.uk"}


def test_a_contact_with_the_account_of_the_person_who_is_away_is_covered_too(office, clock):
    Contact.objects.create(producer=office.producer, name="Helen", email="hop@example.gov.uk", user=office.head)
    let_cover(office, office.statistician)
    found = outbox.find_cover_addresses(now=AT)
    assert found == {office.producer.pk: [({office.head.email, "hop@example.gov.uk"}, office.statistician.email)]}
    assert outbox.find_cover_addresses(now=NOW) == {}


def test_the_history_of_a_release_says_for_whom_a_date_was_agreed(office, clock):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    let_cover(office, office.statistician, first=NOW.date(), last=LAST)
    request = request_date(release, at=NOW)
    person = User.objects.get(pk=office.statistician.pk)
    date_changes.agree_to_date_change(request, by=person, at=NOW + timedelta(minutes=1))
    office.head.is_staff = True
    office.head.save()
    history = signed_in(office.head).get(page("release", "history", release.pk)).text
    assert "Dana Scott, for Helen Ward" in " ".join(history.split())


def test_the_audit_trail_names_who_was_let_to_cover(office, clock):
    client = signed_in(office.head)
    client.post(address(office), form(office, office.statistician))
    trail = words(client.get(reverse("audit:trail")))
    assert "Added cover for a Head of Profession: Dana Scott for Helen Ward" in trail
