"""What a provider sends back is believed if it can be verified, and nothing is stored where it cannot."""

import time

import pytest
from django.urls import reverse

from statsoffice.env import OfficeProvider
from tests.pages.statsoffice.provider.round_trip import (
    ADDRESS,
    JO,
    failures,
    is_signed_in,
    kept,
    refused,
    sent_back,
    sign_in,
)
from tests.servers.openid_provider import CLIENT_ID, CLIENT_SECRET
from tests.servers.ports import free_port
from tests.servers.private_openid_provider import tell
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db

UNTRUE = "We could not verify the response from your organisation."


@pytest.mark.parametrize(
    ("claims", "faults"),
    [
        pytest.param({}, {"signed": "by another key"}, id="signed by another key of the same name"),
        pytest.param({}, {"signed": "by an unknown key"}, id="signed by an unknown key"),
        pytest.param({}, {"signed": "by nobody"}, id="signed by nobody"),
        pytest.param({}, {"signed": "by our secret"}, id="signed with our secret"),
        pytest.param({}, {"signed": "not.a.token"}, id="no token"),
        pytest.param({}, {"signed": ""}, id="an empty token"),
        pytest.param({"aud": "another-service"}, {}, id="for another service"),
        pytest.param({"aud": [CLIENT_ID, "another-service"]}, {}, id="for several and nobody in particular"),
        pytest.param({"aud": [CLIENT_ID, "b"], "azp": "b"}, {}, id="for several and another in particular"),
        pytest.param({"azp": "another-service"}, {}, id="made for another party"),
        pytest.param({"iss": "https://evil.example"}, {}, id="of another issuer"),
        pytest.param({"nonce": "of another question"}, {}, id="in answer to another question"),
        pytest.param({}, {"without": ["nonce"]}, id="in answer to no question"),
        pytest.param({"exp": int(time.time()) - 3600}, {}, id="expired"),
        pytest.param({}, {"without": ["exp"]}, id="for ever"),
        pytest.param({"iat": int(time.time()) + 86400}, {}, id="of tomorrow"),
        pytest.param({}, {"without": ["sub"]}, id="of nobody"),
        pytest.param({}, {"code_fails": True}, id="code refused"),
        pytest.param({}, {"refuses": "server_error"}, id="provider failed"),
    ],
)
def test_what_cannot_be_verified_lets_no_one_in_and_nothing_is_stored(client, server, claims, faults):
    UserFactory(email=ADDRESS)
    before = kept()
    assert refused(client, sign_in(client, server, {**JO, **claims}, **faults), sentence=UNTRUE)
    assert (kept(), failures()) == (before, [None])


def test_an_answer_works_once_in_the_browser_that_asked_and_in_no_other(client, server):
    UserFactory(email=ADDRESS)
    tell(server, claims=JO)
    back = sent_back(client)
    foreign = type(client)()
    assert refused(foreign, foreign.get(back), sentence="You started to sign in with another browser")
    assert refused(
        client, client.get(back.replace("state=", "state=x")), sentence="You started to sign in with another browser"
    )
    client.get(back)
    assert is_signed_in(client)
    client.logout()
    assert refused(client, client.get(back), sentence="You started to sign in with another browser")
    assert failures() == []


def test_the_person_who_says_no_at_the_provider_is_told_so(client, server):
    answer = sign_in(client, server, refuses="access_denied")
    assert refused(client, answer, sentence="You did not finish signing in.")
    assert failures() == []


def test_a_provider_that_is_away_is_said_to_be_away(client, server, settings):
    tell(server, claims=JO)
    back = sent_back(client)
    settings.OFFICE_PROVIDER = OfficeProvider(
        f"http://127.0.0.1:{free_port()}", CLIENT_ID, CLIENT_SECRET, name="your office account"
    )
    answer = client.post(reverse("openid_connect_login"))
    assert refused(client, answer, sentence="We cannot reach your organisation’s sign-in page.", status=503)
    assert failures() == []
    # A request to one provider is not answered by another.
    assert refused(client, client.get(back), sentence="You started to sign in with another browser")


@pytest.mark.parametrize("away", ["description", "keys"])
def test_a_provider_that_goes_away_meanwhile_is_said_to_be_away_and_nothing_is_stored(client, server, away):
    UserFactory(email=ADDRESS)
    before = kept()
    tell(server, claims=JO)
    back = sent_back(client)
    tell(server, away=away)
    assert refused(client, client.get(back), sentence="We cannot reach your organisation’s sign-in page.", status=503)
    assert kept() == before


def test_a_provider_that_says_it_is_another_is_not_used(client, server):
    tell(server, issuer_told="https://evil.example")
    answer = client.post(reverse("openid_connect_login"))
    assert refused(client, answer, sentence="We cannot reach your organisation’s sign-in page.", status=503)
