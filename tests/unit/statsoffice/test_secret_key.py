"""A key that can be guessed is distinguished from one that cannot."""

import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statsoffice.env import FEWEST_CHARACTERS, weakness

SIGNS = string.ascii_lowercase + string.digits + "!@#$%^&*(-_=+)"
MADE_BY = {
    "token_urlsafe": lambda: secrets.token_urlsafe(64),
    "token_hex": lambda: secrets.token_hex(32),
    "django": lambda: "".join(secrets.choice(SIGNS) for _ in range(50)),
}


@pytest.mark.parametrize(
    ("key", "why"),
    [
        pytest.param("", "has 0 characters", id="none"),
        pytest.param("k9" * 24, "has 48 characters", id="short"),
        pytest.param("x7" * 40, "not random", id="two characters"),
        pytest.param("a" * 200, "not random", id="one character"),
        pytest.param("S3cr3t-Ke7!" * 6, "not random", id="one word again and again"),
        pytest.param(string.ascii_letters + string.digits, "not random", id="the alphabet"),
        pytest.param("0123456789" * 8, "not random", id="digits in order"),
        pytest.param("django-insecure-" + secrets.token_urlsafe(64), "placeholder", id="made by startproject"),
        pytest.param("CHANGE_ME_" + "k3Jd8" * 20, "placeholder", id="to be changed"),
    ],
)
def test_a_key_that_can_be_guessed_is_weak(key, why):
    assert why in weakness(key)


@pytest.mark.parametrize("make", MADE_BY.values(), ids=MADE_BY)
def test_a_key_that_a_generator_made_is_taken(make):
    assert [key for key in (make() for _ in range(2000)) if weakness(key)] == []


@given(st.text(min_size=1, max_size=8), st.integers(1, 40))
def test_repeating_a_short_text_never_makes_it_strong(text, times):
    key = (text * (times + FEWEST_CHARACTERS))[: FEWEST_CHARACTERS + times]
    assert weakness(key)
