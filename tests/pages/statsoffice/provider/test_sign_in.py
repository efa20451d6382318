"""Signing in by the office's own provider, one in its own process: who comes in, and who does not."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.urls import reverse

from releases.models import Membership
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from statsoffice.audit.models import AccountEvent, What
from tests.pages.statsoffice.accounts.one_time_codes import code_of, with_an_app
from tests.pages.statsoffice.provider.round_trip import (
    ADDRESS,
    JO,
    LOG_IN,
    failures,
    invited,
    is_signed_in,
    kept,
    question,
    refused,
    sent_back,
    sign_in,
)
from tests.servers.openid_provider import CLIENT_SECRET
from tests.servers.private_openid_provider import tell
from tests.support.factories import ProducerFactory, UserFactory, create_member

pytestmark = pytest.mark.django_db


def test_a_known_person_signs_in_and_is_known_by_the_providers_name_for_them_from_then_on(client, server):
    person = UserFactory(email=ADDRESS)
    answer = sign_in(client, server, {**JO, "email": "Jo.Lane@EXAMPLE.gov.uk"})
    assert (answer.status_code, answer.url, is_signed_in(client)) == (302, "/desk/", True)
    (link,) = SocialAccount.objects.all()
    assert (link.user, link.provider, link.uid, link.extra_data) == (person, server, "jo-1", {"sub": "jo-1"})
    assert list(AccountEvent.objects.values_list("kind", "account__email")) == [(What.SIGNED_IN, ADDRESS)]
    assert not SocialToken.objects.exists()
    client.logout()
    sign_in(client, server, {**JO, "email": "jo.married@example.gov.uk"})
    assert int(client.session["_auth_user_id"]) == person.pk
    assert SocialAccount.objects.count() == 1


def test_the_question_carries_a_nonce_and_a_challenge_and_no_secret(client, server):
    asked = question(client.post(reverse("openid_connect_login")))
    told = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
    assert (told["code_challenge_method"], told["response_type"]) == ("S256", "code")
    assert len(told["nonce"]) > 40
    assert CLIENT_SECRET not in requests.utils.unquote(asked)
    assert set(told["scope"].split()) == {"openid", "profile", "email"}


def test_the_page_that_leads_there_says_where_to_and_is_kept_nowhere(client, server):
    tell(server, claims=JO)
    answer = client.post(reverse("openid_connect_login"))
    assert answer.text.count("Going to your office account") == 2
    assert "Continue to your office account</a>" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_question_cannot_be_changed_from_outside(client, server):
    address = reverse("openid_connect_login") + "?process=connect&scope=admin&auth_params=nonce%3Dmine"
    told = parse_qs(urlsplit(question(client.post(address))).query)
    assert "admin" not in told["scope"][0]
    assert told["nonce"] != ["mine"]


def test_an_invited_person_gets_an_account_and_the_role(client, server):
    producer = invited()
    assert sign_in(client, server).url == "/desk/"
    (membership,) = Membership.objects.filter(user__email=ADDRESS)
    assert (membership.producer, membership.role) == (producer, Role.STATISTICIAN)
    assert not membership.user.has_usable_password()
    assert is_signed_in(client)


def test_one_is_led_on_to_the_page_that_was_asked_for_and_to_no_other_site(client, server):
    UserFactory(email=ADDRESS)
    tell(server, claims=JO)
    assert client.get(sent_back(client, next="/reports/")).url == "/reports/"
    assert client.get(sent_back(client, next="https://evil.example/")).url == "/desk/"


def test_an_address_missing_from_the_token_is_asked_for(client, server):
    UserFactory(email=ADDRESS)
    sign_in(client, server, {"sub": "jo-1"}, userinfo=JO)
    assert is_signed_in(client)


def test_an_address_told_of_another_person_opens_nothing(client, server):
    UserFactory(email=ADDRESS)
    answer = sign_in(client, server, {"sub": "mallory"}, userinfo=JO)
    assert refused(client, answer, sentence="We could not verify")


def test_the_second_step_holds_for_them_as_for_everyone(client, server, settings):
    settings.SECOND_FACTOR = frozenset({"head_of_profession"})
    head = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory(), email=ADDRESS)
    claims = {**JO, "amr": ["mfa"], "acr": "2"}
    sign_in(client, server, claims)
    assert client.get("/desk/").url == "/accounts/2fa/"
    client.logout()
    with_an_app(head)
    assert sign_in(client, server, claims).url == reverse("mfa_authenticate")
    assert not is_signed_in(client)
    assert "'token'" not in str(dict(client.session))
    assert client.post(reverse("mfa_authenticate"), {"code": code_of()}).url == "/desk/"


STRANGER = {"sub": "x", "email": "stranger@example.gov.uk", "email_verified": True}
NOBODY_HERE, UNVERIFIED = "There is no account or invitation for stranger@", "has not verified your email address"


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        pytest.param(STRANGER, NOBODY_HERE, id="a stranger"),
        pytest.param({**JO, "email_verified": False}, UNVERIFIED, id="an unverified address"),
        pytest.param({**JO, "email_verified": "true"}, UNVERIFIED, id="a word for verified"),
        pytest.param({**JO, "email": ""}, UNVERIFIED, id="no address"),
        pytest.param(
            {**JO, "email": "jo.lane@example.gov.u\N{KELVIN SIGN}"},
            "We cannot use the email address or identifier",
            id="a look-alike",
        ),
        pytest.param({**JO, "sub": "x" * 192}, "We cannot use the email address or identifier", id="a long name"),
    ],
)
def test_the_person_who_is_not_known_for_certain_is_refused_and_nothing_is_stored(client, server, claims, sentence):
    UserFactory(email=ADDRESS)
    invited()
    before = kept()
    assert refused(client, sign_in(client, server, claims), sentence=sentence)
    assert kept() == before
    assert len(failures()) == 1


@pytest.mark.parametrize("linked", [False, True], ids=["never linked", "linked"])
def test_a_closed_account_stays_closed(client, server, linked):
    person = UserFactory(email=ADDRESS)
    if linked:
        sign_in(client, server)
        client.logout()
    User.objects.filter(pk=person.pk).update(is_active=False)
    before = kept()
    assert refused(client, sign_in(client, server), sentence="Your account is closed.")
    assert (kept(), failures()) == (before, [ADDRESS])


def test_an_invitation_to_a_closed_account_opens_it_no_more(client, server):
    UserFactory(email=ADDRESS, is_active=False)
    invited()
    before = kept()
    assert refused(client, sign_in(client, server), sentence="Your account is closed.")
    assert kept() == before


def test_whoever_has_the_address_at_the_provider_now_does_not_open_the_account_of_whoever_had_it(client, server):
    person = UserFactory(email=ADDRESS)
    sign_in(client, server)
    client.logout()
    invited()
    before = kept()
    answer = sign_in(client, server, {**JO, "sub": "jo-2"})
    assert refused(client, answer, sentence="belonged to someone else")
    assert kept() == before
    # Until an administrator has checked it.
    SocialAccount.objects.all().delete()
    sign_in(client, server, {**JO, "sub": "jo-2"})
    assert int(client.session["_auth_user_id"]) == person.pk


def test_another_provider_that_gives_the_same_name_to_someone_else_opens_nothing(client, server):
    SocialAccount.objects.create(user=UserFactory(), provider="https://former.example.gov.uk", uid="jo-1")
    person = UserFactory(email=ADDRESS)
    sign_in(client, server)
    assert int(client.session["_auth_user_id"]) == person.pk


def test_the_sign_in_page_has_a_button_where_there_is_a_provider_and_none_elsewhere(client, settings):
    page = client.get(LOG_IN, {"next": "/reports/"}).text
    assert "Sign in with your office account" in page
    assert page.count('name="next" value="/reports/"') == 3
    settings.OFFICE_PROVIDER = None
    assert "/oidc/" not in client.get(LOG_IN).text


@pytest.mark.parametrize("name", ["openid_connect_login", "openid_connect_callback"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_provider_there_are_no_such_addresses(client, settings, name, method):
    settings.OFFICE_PROVIDER = None
    assert getattr(client, method)(reverse(name)).status_code == 404


def test_no_one_is_sent_to_the_provider_by_a_link_or_by_another_site(client, server):
    assert client.get(reverse("openid_connect_login")).status_code == 405
    strict = type(client)(enforce_csrf_checks=True)
    assert strict.post(reverse("openid_connect_login")).status_code == 403


def test_attempts_are_limited_as_those_with_a_password_are(client, server):
    tell(server, claims=JO)
    answers = {client.post(reverse("openid_connect_login")).status_code for _ in range(31)}
    assert answers == {200, 429}
