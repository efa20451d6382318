"""The second step of signing in: who must have one is led to set it up before anything else, and then uses it."""

import re
from itertools import product

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.urls import reverse

from releases.rules.lifecycle import Role
from tests.pages.statsoffice.accounts.one_time_codes import SECRET, code_of, with_an_app
from tests.support.factories import ProducerFactory, UserFactory, create_member

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
INDEX = "/accounts/2fa/"
NEED_ONE = ("head_of_profession", "deputy", "calendar_manager", "administrator")
NOON = "2026-03-02 12:00:10+00:00"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.SECOND_FACTOR = frozenset(NEED_ONE)


def sign_in(client, person):
    return client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})


def shows_again(client):
    """Return the password once more, which is asked for before an account is changed."""
    return client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def rejected(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code}).text


def secret_in(page):
    """The key that a page shows for an app."""
    (secret,) = re.findall(r">([A-Z2-7]{16,})</strong>", page)
    return secret


def test_the_roles_of_the_setting_are_led_to_set_one_up_and_others_are_not(client, subtests):
    producer = ProducerFactory()
    for role in Role:
        with subtests.test(role):
            client.force_login(create_member(role, producer))
            answer = client.get("/desk/")
            found = answer.status_code, answer.headers.get("Location")
            assert found == ((302, INDEX) if role in NEED_ONE else (200, None))


OTHER_PAGES = ("/", "/desk/", "/reports/", "/admin/", "/accounts/invitations/new/", "/api/v1/releases", "/nowhere/")


def test_before_it_is_set_up_every_other_page_leads_there_by_every_method(client, subtests):
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory(), is_staff=True))
    for address, method in product(OTHER_PAGES, ("get", "post", "put", "delete")):
        with subtests.test(address, method=method):
            answer = getattr(client, method)(address)
            assert (answer.status_code, answer.headers["Location"]) == (302, INDEX)


def test_an_administrator_needs_one_for_the_admin_site(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get("/admin/").headers["Location"] == INDEX


def test_where_no_one_needs_one_no_one_is_led_anywhere_and_no_question_is_put_to_the_database(
    client, settings, django_assert_num_queries
):
    settings.SECOND_FACTOR = frozenset({"nobody"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    # Session, user, and the roles for the navigation.
    with django_assert_num_queries(3):
        assert client.get("/nowhere/").status_code == 404


def test_the_person_who_has_not_signed_in_reads_the_calendar(client):
    assert client.get("/").status_code == 200


def test_a_head_of_profession_sets_up_an_app_keeps_the_codes_and_goes_on(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory())
    assert sign_in(client, head).status_code == 302
    page = client.get("/desk/", follow=True).text
    assert "Your role needs a second step" in page
    shows_again(client)
    page = client.get(reverse("mfa_activate_totp")).text
    secret = secret_in(page)
    assert "<svg" in page
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"}).text
    assert "This code is incorrect" in wrong
    codes = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True).text
    assert len(re.findall(r"<li>\d{8}</li>", codes)) == 10
    assert client.get("/desk/").status_code == 200


def test_recovery_codes_are_shown_once(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    sign_in(client, create_member(Role.DEPUTY, ProducerFactory()))
    shows_again(client)
    page = client.get(reverse("mfa_activate_totp")).text
    secret = secret_in(page)
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    time_machine.move_to("2026-03-02 12:30:00+00:00", tick=False)
    shows_again(client)
    again = client.get(reverse("mfa_view_recovery_codes")).text
    assert "You have 10 unused codes" in again
    assert re.findall(r"<li>\d{8}</li>", again) == []
    assert client.get(reverse("mfa_download_recovery_codes")).status_code in {403, 404}


def test_a_password_alone_no_longer_signs_in_and_the_code_does(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    assert sign_in(client, head).url == reverse("mfa_authenticate")
    assert client.get("/desk/").status_code == 302
    assert "This code is incorrect" in rejected(client, "123456")
    assert client.post(reverse("mfa_authenticate"), {"code": code_of()}).url == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_a_password_replaced_by_mail_does_not_get_past_the_second_step(client, mailoutbox, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    client.post(reverse("account_reset_password"), {"email": head.email})
    (link,) = re.findall(r"https?://[^/]+(/\S+)", mailoutbox[0].body)
    page = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(page, {"password1": "four wooden umbrellas", "password2": "four wooden umbrellas"})
    assert client.get("/desk/").status_code == 302
    answer = client.post(reverse("account_login"), {"login": head.email, "password": "four wooden umbrellas"})
    assert answer.url == reverse("mfa_authenticate")
    assert client.get("/desk/").status_code == 302


def test_a_code_works_once(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    sign_in(client, head)
    client.post(reverse("mfa_authenticate"), {"code": code_of()})
    client.logout()
    sign_in(client, head)
    assert "has already been used" in rejected(client, code_of())


def test_a_code_works_once_in_all_the_time_that_it_is_valid(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    sign_in(client, head)
    code = code_of()
    client.post(reverse("mfa_authenticate"), {"code": code})
    client.logout()
    time_machine.move_to("2026-03-02 12:00:45+00:00", tick=False)  # in the next period, in which it is accepted
    sign_in(client, head)
    assert "has already been used" in rejected(client, code)


def test_the_code_that_activated_an_app_does_not_sign_in(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory())
    sign_in(client, head)
    shows_again(client)
    code = code_of(secret_in(client.get(reverse("mfa_activate_totp")).text))
    client.post(reverse("mfa_activate_totp"), {"code": code})
    client.logout()
    sign_in(client, head)
    assert "has already been used" in rejected(client, code)


def test_a_recovery_code_works_once_in_the_place_of_the_app(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    code = RecoveryCodes.activate(head).get_unused_codes()[0]
    sign_in(client, head)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).url == "/desk/"
    client.logout()
    sign_in(client, head)
    assert "This code is incorrect" in rejected(client, code)


def test_guessing_codes_is_stopped_after_five_attempts_with_one_clear_sentence(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    sign_in(client, head)
    for _ in range(5):
        assert "This code is incorrect" in rejected(client, "000000")
    assert "too many times" in rejected(client, code_of())


def test_the_last_one_cannot_be_removed_by_the_person_who_must_have_one(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    head = with_an_app(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    sign_in(client, head)
    client.post(reverse("mfa_authenticate"), {"code": code_of()})
    shows_again(client)
    page = client.post(reverse("mfa_deactivate_totp")).text
    assert "Your role needs a second step" in page
    assert Authenticator.objects.filter(user=head).exists()


def test_the_person_who_need_not_have_one_removes_it(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    person = with_an_app(create_member(Role.STATISTICIAN, ProducerFactory()))
    sign_in(client, person)
    client.post(reverse("mfa_authenticate"), {"code": code_of()})
    shows_again(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=person).exists()


def test_a_change_asks_for_the_password_again_where_it_was_given_a_while_ago(client, time_machine):
    time_machine.move_to(NOON, tick=False)
    person = create_member(Role.STATISTICIAN, ProducerFactory())
    sign_in(client, person)
    time_machine.move_to("2026-03-02 13:00:00+00:00", tick=False)
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer.url.startswith(reverse("account_reauthenticate"))
    wrong = client.post(answer.url, {"password": "not this one"}).text
    assert "Your password is incorrect" in wrong
    assert client.post(answer.url, {"password": PASSWORD}).url == reverse("mfa_activate_totp")


def test_secrets_are_encrypted_in_the_database_and_live_through_a_change_of_key(client, settings, time_machine):
    time_machine.move_to(NOON, tick=False)
    person = with_an_app(create_member(Role.STATISTICIAN, ProducerFactory()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        assert SECRET not in str(cursor.fetchall())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 5
    sign_in(client, person)
    assert client.post(reverse("mfa_authenticate"), {"code": code_of()}).url == "/desk/"


def test_an_administrator_removes_a_lost_one_and_writes_none(client, settings):
    settings.SECOND_FACTOR = frozenset({"nobody"})
    lost = TOTP.activate(UserFactory(), SECRET).instance
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get(reverse("admin:mfa_authenticator_add")).status_code == 403
    page = client.get(reverse("admin:mfa_authenticator_change", args=[lost.pk])).text
    assert lost.data["secret"] not in page
    assert client.post(reverse("admin:mfa_authenticator_change", args=[lost.pk]), {"data": "{}"}).status_code == 403
    client.post(reverse("admin:mfa_authenticator_delete", args=[lost.pk]), {"post": "yes"})
    assert not Authenticator.objects.exists()
