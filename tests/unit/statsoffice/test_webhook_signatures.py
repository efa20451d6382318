"""Signatures of webhooks, against an example of the Standard Webhooks libraries and code of our own."""

from datetime import UTC, datetime, timedelta

import pytest

from statsoffice.webhooks.signatures import (
    LONGEST_ID,
    SECRET_PREFIX,
    TOLERANCE,
    NotVerified,
    make_message_id,
    make_secret,
    sign,
    signed_headers,
    verify,
)
from tests.support.webhook_receiver import signature, signed

NOW = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
# The output of the package standardwebhooks 1.1.0 for the example of its own tests.
EXAMPLE_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EXAMPLE_BODY = b'{"test": 2432232314}'
EXAMPLE_ID, EXAMPLE_AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC)
EXAMPLE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_the_official_library():
    assert sign(EXAMPLE_BODY, message_id=EXAMPLE_ID, at=EXAMPLE_AT, secret=EXAMPLE_SECRET) == EXAMPLE
    headers = {"webhook-id": EXAMPLE_ID, "webhook-timestamp": "1614265330", "webhook-signature": EXAMPLE}
    assert verify(EXAMPLE_BODY, headers, secret=EXAMPLE_SECRET, now=EXAMPLE_AT) == EXAMPLE_ID


def test_secrets_have_256_bits_and_are_never_the_same():
    secrets = {make_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(one.startswith(SECRET_PREFIX) and len(one) == len(SECRET_PREFIX) + 44 for one in secrets)
    assert len({make_message_id() for _ in range(20)}) == 20


def test_a_message_is_signed_with_each_secret_and_either_verifies_it():
    old, new = make_secret(), make_secret()
    headers = signed_headers(b"{}", message_id="msg_1", at=NOW, with_secrets=[new, old])
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (old, new):
        assert verify(b"{}", headers, secret=secret, now=NOW) == "msg_1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"webhook-signature": "v1,AAAA"}, "not valid"),
        ({"webhook-signature": "v1a,AAAA"}, "not valid"),
        ({"webhook-signature": "é"}, "not valid"),
        ({"webhook-signature": ""}, "Send the headers"),
        ({"webhook-id": "msg_2"}, "not valid"),
        ({"webhook-id": ""}, "Send the headers"),
        ({"webhook-id": "x" * (LONGEST_ID + 1)}, "at most"),
        ({"webhook-id": "a\nb"}, "printable"),
        ({"webhook-timestamp": "1"}, "not valid"),
        ({"webhook-timestamp": "now"}, "seconds since 1970"),
        ({"webhook-timestamp": "-1"}, "seconds since 1970"),
        ({"webhook-timestamp": "9" * 13}, "seconds since 1970"),
        ({"webhook-timestamp": "²"}, "seconds since 1970"),
    ],
)
def test_a_forged_header_is_refused(change, reason):
    secret = make_secret()
    headers = signed(b"{}", secret, at=NOW.timestamp()) | change
    with pytest.raises(NotVerified, match=reason):
        verify(b"{}", headers, secret=secret, now=NOW)


def test_another_body_or_another_secret_is_refused():
    secret = make_secret()
    headers = signed(b"{}", secret, at=NOW.timestamp())
    with pytest.raises(NotVerified, match="not valid"):
        verify(b"{ }", headers, secret=secret, now=NOW)
    with pytest.raises(NotVerified, match="not valid"):
        verify(b"{}", headers, secret=make_secret(), now=NOW)


@pytest.mark.parametrize("apart", [TOLERANCE + timedelta(seconds=1), -TOLERANCE - timedelta(seconds=1)])
def test_a_message_from_another_time_is_refused_and_a_forger_learns_nothing_of_our_clock(apart):
    secret = make_secret()
    headers = signed(b"{}", secret, at=(NOW + apart).timestamp())
    with pytest.raises(NotVerified, match="5 minutes"):
        verify(b"{}", headers, secret=secret, now=NOW)
    with pytest.raises(NotVerified, match="not valid"):
        verify(b"{}", headers, secret=make_secret(), now=NOW)
    within = signed(b"{}", secret, at=(NOW + apart * 0.9).timestamp())
    assert verify(b"{}", within, secret=secret, now=NOW)


@pytest.mark.parametrize("seconds", ["0", "000000000000", "253402300800", "999999999999"])
def test_a_signed_time_that_is_no_date_is_refused(seconds):
    secret = make_secret()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": seconds,
        "webhook-signature": signature(secret, message_id="msg_1", timestamp=seconds, body=b"{}"),
    }
    with pytest.raises(NotVerified, match="5 minutes"):
        verify(b"{}", headers, secret=secret, now=NOW)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64"])
def test_a_secret_that_is_none_is_an_error(secret):
    with pytest.raises(ValueError, match="A webhook secret"):
        sign(b"{}", message_id="msg_1", at=NOW, secret=secret)
