"""The pages of API tokens: a new user's way, who sees them, what they refuse, and that a token is shown once."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from releases.models import Membership
from releases.rules.lifecycle import LEADS, Role
from statsoffice.office_api.models import ApiToken, Scope
from statsoffice.office_api.tokens import Use, count_use, find_token, revoke_token
from tests.support import report_forms
from tests.support.api_tokens import NOW, issue
from tests.support.factories import rolled_back
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

LIST = reverse("api_tokens")
PASSWORD = "correct horse battery"
ANSWERS = {
    "purpose": "Publishing system",
    "scopes": ["read_calendar", "read_results"],
    "last_day-day": "30",
    "last_day-month": "6",
    "last_day-year": "2026",
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    return time_machine.move_to(NOW, tick=False)


@pytest.fixture
def office():
    return create_office(name="Office for Rain", slug="rain")


def words(response):
    return report_forms.words(response.text)


CREATE = "/accounts/tokens/rain/new/"


def confirmed(client, person):
    """Sign in, and confirm with the password that it is them."""
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_a_new_user_creates_a_token_sees_it_once_and_revokes_it(client, office):
    confirmed(client, office.head)
    assert "API tokens" in words(client.get(reverse("your_account")))
    assert "There are no tokens." in words(client.get(LIST))
    page = client.get(CREATE)
    assert page.text.count("checked") == 1, "the calendar alone is selected"
    created = client.post(CREATE, ANSWERS)
    (secret,) = re.findall(r"statsoffice_\w{8}_[0-9a-f]{64}", created.text)
    assert "Copy the token now. We do not store it and cannot show it again." in words(created)
    assert "no-store" in created.headers["Cache-Control"]
    token = find_token(secret)
    assert token.scopes == ["read_calendar", "read_results"]
    listed = client.get(LIST)
    assert secret not in listed.text
    assert "Publishing system" in words(listed)
    assert "Read results and measured times" in words(listed)
    assert "30 June 2026" in words(listed)
    assert "Last used Never" in words(listed)
    count_use(token, Use.READ, at=NOW)
    assert "Requests: 1 to read, 0 to change, 0 not allowed" in words(client.get(LIST))
    revoke = reverse("revoke_api_token", args=[token.pk])
    assert "will stop working immediately" in words(client.get(revoke))
    assert not token.is_revoked
    after = words(client.post(revoke, follow=True))
    assert "Token revoked. It no longer works." in after
    assert "Revoked by Head Of Profession" in after
    assert "This token was already revoked." in words(client.post(revoke, follow=True))


def test_a_form_that_is_sent_again_shows_no_second_token(client, office):
    confirmed(client, office.head)
    client.post(CREATE, ANSWERS)
    again = client.post(CREATE, ANSWERS)
    assert "There is already a token for this purpose." in words(again)
    assert ApiToken.objects.count() == 1


def test_a_person_confirms_that_it_is_them_before_they_create_a_token_but_not_to_revoke_one(client, office):
    client.force_login(office.head)
    for answer in (client.get(CREATE), client.post(CREATE, ANSWERS)):
        assert answer.url.startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()
    done = client.post(answer.url, {"password": PASSWORD})
    assert "Copy the token now." in words(done), "what was sent before is carried out"
    token = ApiToken.objects.get()
    client.force_login(office.deputy)
    client.post(reverse("revoke_api_token", args=[token.pk]))
    assert ApiToken.objects.get().is_revoked


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"purpose": " "}, "Enter what the token is for"),
        ({"purpose": "x" * 101}, "at most 100 characters"),
        ({"scopes": []}, "Select what the token may do"),
        (
            {"scopes": ["read_unannounced"]},
            "announced calendar, results, checks, evidence or reports as well. ‘Include",
        ),
        ({"scopes": ["agree"]}, "Select a valid choice"),
        ({"last_day-year": ""}, "Last day must include a year"),
        ({"last_day-day": "", "last_day-month": "", "last_day-year": ""}, "Enter the last day"),
        ({"last_day-year": "2025"}, "The last day must be today or in the future."),
        ({"last_day-year": "2027"}, "The last day must be on or before 4 March 2027."),
    ],
)
def test_wrong_answers_are_explained_and_issue_nothing(client, office, changed, sentence):
    confirmed(client, office.head)
    answer = client.post(CREATE, ANSWERS | changed)
    assert sentence in words(answer)
    assert not ApiToken.objects.exists()


def test_the_list_is_for_leads_and_creating_for_the_head_of_profession(client, office):
    token = issue(office).token
    other = create_office(name="Office for Snow", slug="snow")
    revoke = reverse("revoke_api_token", args=[token.pk])
    for role, person in office.people.items():
        with rolled_back():
            confirmed(client, person)
            led, heads = role in LEADS, role == Role.HEAD_OF_PROFESSION
            assert client.get(LIST).status_code == (200 if led else 404), role
            assert client.get(revoke).status_code == (200 if led else 404), role
            assert client.get(CREATE).status_code == (200 if heads else 404), role
            assert client.post(CREATE, ANSWERS).status_code == (200 if heads else 404), role
            if led:
                assert ("Create a token" in words(client.get(LIST))) is heads
    confirmed(client, other.head)
    assert "Publishing system" not in words(client.get(LIST))
    assert client.get(revoke).status_code == client.post(revoke).status_code == 404
    assert client.get(CREATE).status_code == 404


def test_a_link_sorts_the_tokens_of_each_producer(client, office, time_machine, subtests):
    for minute, (purpose, days) in enumerate({"Bot": 1, "xml": 2, "Dashboard": 60, "website": 50}.items()):
        issue(office, purpose=purpose, days=days, at=NOW + timedelta(minutes=minute))
    time_machine.move_to(NOW + timedelta(days=10), tick=False)
    client.force_login(office.head)
    orders = [
        ("", ["website", "Dashboard"], ["xml", "Bot"]),
        ("salt", ["website", "Dashboard"], ["xml", "Bot"]),
        ("created", ["Dashboard", "website"], ["Bot", "xml"]),
        ("purpose", ["Dashboard", "website"], ["Bot", "xml"]),
        ("-purpose", ["website", "Dashboard"], ["xml", "Bot"]),
        ("day", ["website", "Dashboard"], ["Bot", "xml"]),
        ("-day", ["Dashboard", "website"], ["xml", "Bot"]),
    ]
    for sort, current, over in orders:
        with subtests.test(sort):
            (listed,) = client.get(LIST, {"sort": sort}).context["offices"]
            assert [row.token.purpose for row in listed["current"]] == current
            assert [row.token.purpose for row in listed["over"]] == over


def test_the_list_says_why_a_token_does_not_work(client, office, time_machine):
    token = issue(office, days=30).token
    issue(office, days=3, purpose="Old dashboard")
    client.force_login(office.deputy)
    assert words(client.get(LIST)).count("Expires soon") == 1
    time_machine.move_to(NOW.replace(day=9), tick=False)
    client.force_login(office.deputy)
    assert "Expired after 7 March 2026" in words(client.get(LIST))
    Membership.objects.filter(user=office.head).update(role=Role.AUDITOR)
    listed = words(client.get(LIST))
    assert "Does not work" in listed
    assert "Head Of Profession is no longer Head of Profession of this producer." in listed
    revoke_token(token, by=office.deputy, at=NOW)
    assert "Does not work" not in words(client.get(LIST))


def test_a_token_that_expires_soon_is_a_task(client, office):
    issue(office, Scope.READ_RESULTS, days=9)
    client.force_login(office.head)
    assert "API tokens that expire soon" in words(client.get("/desk/"))
    assert "last day 13 March 2026. Create a new token, and revoke this one." in words(client.get("/desk/"))
    client.force_login(office.deputy)
    assert "API tokens" not in words(client.get("/desk/"))


def test_the_audit_trail_names_who_created_and_revoked_a_token(client, office):
    token = issue(office).token
    revoke_token(token, by=office.deputy, at=NOW)
    client.force_login(office.people[Role.AUDITOR])
    trail = words(client.get("/audit/"))
    assert f"Created the API token {token.code}" in trail
    assert f"Revoked the API token {token.code}" in trail
    other = create_office(name="Office for Snow", slug="snow")
    client.force_login(other.head)
    assert token.code not in words(client.get("/audit/"))
