"""Where one is signed in, signing out there, and how attempts to sign in are limited."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support.factories import UserFactory
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@shared_fixture
def person():
    return UserFactory(email="jo.lane@example.gov.uk")


def signed_in(person, *, browser="Browser of the office", ip="203.0.113.7"):
    """A client that signed in by the log-in page."""
    client = Client(headers={"user-agent": browser}, REMOTE_ADDR=ip)
    assert attempt(client, person.email, PASSWORD).status_code == 302
    return client


def attempt(client, email, password, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **extra)


def is_in(client):
    return client.get(reverse("your_account")).status_code == 200


def test_each_session_is_listed_with_its_address_and_browser_and_the_present_one_is_named(person):
    signed_in(person, browser="Browser at home", ip="198.51.100.3")
    page = signed_in(person).get(reverse("usersessions_list")).text
    assert "Network address: 198.51.100.3. Browser: Browser at home" in page
    assert "Network address: 203.0.113.7. Browser: Browser of the office" in page
    assert page.count("This session") == 1


def test_sessions_of_one_browser_are_told_apart_by_when_they_began_and_were_last_used(person, settings, time_machine):
    settings.SESSIONS_LAST_USED = True
    time_machine.move_to("2026-03-02 09:00:05+00:00", tick=False)
    at_home = signed_in(person)
    time_machine.move_to("2026-03-02 09:00:40+00:00", tick=False)
    here = signed_in(person)
    time_machine.move_to("2026-03-02 11:20:00+00:00", tick=False)
    assert is_in(at_home)
    time_machine.move_to("2026-03-02 11:20:30+00:00", tick=False)
    at_home.get("/")
    time_machine.move_to("2026-03-02 12:45:00+00:00", tick=False)
    said = words(here.get(reverse("usersessions_list")).text)
    first, second = (
        said.index("9:00:40am on 2 March 2026 This session Active now"),
        said.index("9:00:05am on 2 March 2026 Last used at 11:20am on 2 March 2026"),
    )
    assert first < second
    at_home.post(reverse("account_logout"))
    assert "Last used at" not in words(here.get(reverse("usersessions_list")).text)


def test_when_a_session_was_last_used_is_written_once_a_minute(
    person, settings, time_machine, django_assert_num_queries
):
    settings.SESSIONS_LAST_USED = True
    time_machine.move_to("2026-03-02 09:00:00+00:00", tick=False)
    client = signed_in(person)
    session = UserSession.objects.get()
    time_machine.move_to("2026-03-02 09:30:00+00:00", tick=False)
    with django_assert_num_queries(4):  # the session, the person, this, and the roles for the navigation
        client.get("/nowhere/")
    with django_assert_num_queries(3):
        client.get("/nowhere/")
    session.refresh_from_db()
    assert session.last_seen_at == timezone.now()
    time_machine.move_to("2026-03-02 09:31:01+00:00", tick=False)
    with django_assert_num_queries(4):
        client.get("/nowhere/")


def test_signing_out_everywhere_else_leaves_the_present_session(person):
    at_home, here = signed_in(person), signed_in(person)
    page = here.post(reverse("usersessions_list"), follow=True).text
    assert "You have signed out of all other sessions." in page
    assert (is_in(at_home), is_in(here)) == (False, True)


def test_signing_out_everywhere_ends_every_session_of_this_person_and_of_no_one_else(person):
    other = signed_in(UserFactory())
    at_home, here = signed_in(person), signed_in(person)
    page = here.post(reverse("sign_out_everywhere"), follow=True).text
    assert "You have signed out everywhere." in page
    assert [is_in(client) for client in (at_home, here, other)] == [False, False, True]


def test_a_new_password_ends_every_other_session_and_is_told_by_mail(person, mailoutbox):
    at_home, here = signed_in(person), signed_in(person)
    new = "four wooden umbrellas"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), form).status_code == 302
    assert (is_in(at_home), is_in(here)) == (False, True)
    assert [message.to for message in mailoutbox] == [[person.email]]
    assert "203.0.113.7" in mailoutbox[0].body


def test_a_deactivated_person_is_out_at_once(person):
    client = signed_in(person)
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    assert not is_in(client)


def test_after_five_wrong_passwords_an_address_is_locked_for_five_minutes_with_one_clear_sentence(
    client, person, time_machine
):
    time_machine.move_to("2026-03-02 09:00:00+00:00", tick=False)
    for _ in range(5):
        assert "is incorrect" in attempt(client, person.email, "not this one").text
    locked = attempt(client, person.email, PASSWORD).text
    assert "You have tried to sign in too many times. Wait 5 minutes and try again" in locked
    elsewhere = attempt(Client(), person.email, PASSWORD, REMOTE_ADDR="198.51.100.9")
    assert "too many times" in elsewhere.text
    time_machine.move_to("2026-03-02 09:05:01+00:00", tick=False)
    assert attempt(client, person.email, PASSWORD).status_code == 302


def test_wrong_passwords_from_elsewhere_do_not_keep_a_person_out_of_their_own_network(client, person, time_machine):
    time_machine.move_to("2026-03-02 09:00:00+00:00", tick=False)
    assert attempt(client, person.email, PASSWORD).status_code == 302
    client.logout()
    other = UserFactory(email="other@example.gov.uk")
    assert attempt(Client(), other.email, PASSWORD, REMOTE_ADDR="198.51.100.9").status_code == 302
    for place in range(6):
        attempt(Client(), person.email, "not this one", REMOTE_ADDR=f"198.51.100.{place}")
    locked = attempt(Client(), person.email, PASSWORD, REMOTE_ADDR="198.51.100.9")
    assert "too many times" in locked.text
    assert attempt(client, person.email.upper(), PASSWORD).status_code == 302


def test_a_network_from_which_a_person_has_signed_in_has_a_limit_of_its_own(client, person, time_machine):
    time_machine.move_to("2026-03-02 09:00:00+00:00", tick=False)
    attempt(client, person.email, PASSWORD)
    client.logout()
    for _ in range(5):
        assert "is incorrect" in attempt(client, person.email, "not this one").text
    assert "too many times" in attempt(client, person.email, PASSWORD).text
    assert attempt(Client(), person.email, PASSWORD, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_an_address_that_no_one_has_is_locked_alike(client):
    for _ in range(5):
        attempt(client, "nobody@example.gov.uk", "not this one")
    assert "too many times" in attempt(client, "nobody@example.gov.uk", "not this one").text


def test_the_person_who_tries_many_addresses_from_one_machine_is_stopped(client):
    answers = [attempt(client, f"person.{n}@example.gov.uk", "not this one").text for n in range(11)]
    assert ["too many" in answer for answer in answers] == [False] * 10 + [True]


def test_signing_in_rightly_counts_for_nothing_so_that_an_office_behind_one_address_comes_in(client):
    for number in range(12):
        person = UserFactory(email=f"right.{number}@example.gov.uk")
        assert attempt(Client(), person.email, PASSWORD).status_code == 302


def test_more_than_thirty_requests_a_minute_from_one_machine_are_answered_by_a_page_of_ours(client):
    for number in range(31):
        answer = attempt(client, f"person.{number}@example.gov.uk", "")
    assert answer.status_code == 429
    assert "Wait 5 minutes and try again" in answer.text


@pytest.mark.parametrize(("proxies", "apart"), [(0, False), (1, True)], ids=["believed of nobody", "of our proxy"])
def test_the_address_that_a_proxy_tells_is_believed_where_the_settings_say_so(client, settings, proxies, apart):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for number in range(10):
        attempt(client, f"a.{number}@example.gov.uk", "x", headers={"x-forwarded-for": "203.0.113.1"})
    other = attempt(client, "b@example.gov.uk", "x", headers={"x-forwarded-for": "198.51.100.9"}).text
    assert ("too many" not in other) is apart


def test_mail_with_a_link_is_sent_to_one_address_a_few_times_only(client, person, mailoutbox):
    for _ in range(7):
        client.post(reverse("account_reset_password"), {"email": person.email})
    assert len(mailoutbox) == 5


def test_what_is_counted_is_in_the_database_where_every_process_sees_it(client, person, django_assert_num_queries):
    attempt(client, person.email, "not this one")
    with django_assert_num_queries(1):
        cache.get("anything")


def test_the_person_who_is_not_signed_in_has_no_account_page(client):
    for page in ("your_account", "usersessions_list", "mfa_index", "account_change_password"):
        assert client.get(reverse(page)).status_code == 302
    assert client.post(reverse("sign_out_everywhere")).status_code == 302


@pytest.mark.parametrize("address", ["email/", "confirm-email/", "login/code/confirm/", "3rdparty/", "social/signup/"])
def test_what_allauth_brings_and_no_one_needs_has_no_address(client, person, address):
    client.force_login(person)
    assert client.get(f"/accounts/{address}").status_code == 404


def test_signing_in_begins_a_session_with_a_key_that_no_one_knew_before(person):
    client = Client()
    client.get(reverse("account_login"))
    session = client.session
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = known = session.session_key
    attempt(client, person.email, PASSWORD)
    assert is_in(client)
    assert client.session.session_key != known
    assert not session.exists(known)


def test_signing_out_ends_the_session_for_the_person_who_kept_its_cookie(person):
    client, thief = signed_in(person), Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = client.session.session_key
    assert is_in(thief)
    client.post(reverse("account_logout"))
    assert not is_in(thief)


def test_a_session_ends_twelve_hours_after_signing_in_though_it_is_used(person, time_machine):
    time_machine.move_to("2026-03-02 07:00:00+00:00", tick=False)
    client = signed_in(person)
    for hour in range(7, 19):
        time_machine.move_to(f"2026-03-02 {hour:02}:59:00+00:00", tick=False)
        assert is_in(client)
    time_machine.move_to("2026-03-02 19:00:01+00:00", tick=False)
    assert not is_in(client)


@pytest.mark.parametrize(
    ("page", "heading", "old"),
    [
        ("account_change_password", "Change your password", {"oldpassword": PASSWORD}),
        ("account_set_password", "Choose a password", {}),
    ],
    ids=["another one", "the first one"],
)
def test_a_password_is_saved_by_the_page_that_asks_for_it(person, client, page, heading, old):
    if not old:
        person.set_unusable_password()
        person.save()
    client.force_login(person)
    shown = client.get(reverse(page)).text
    assert " ".join(re.search(r"<h1[^>]*>(.*?)</h1>", shown, re.DOTALL)[1].split()) == heading
    assert " ".join(re.search(r"<title>(.*?)</title>", shown, re.DOTALL)[1].split()).startswith(heading)
    new = "four wooden umbrellas"
    assert client.post(reverse(page), {**old, "password1": new, "password2": new}).status_code == 302
    person.refresh_from_db()
    assert person.check_password(new)
