"""What is written down of one post's access before a release, and what is wrong with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from releases.core.pre_release_period import LONGEST, Period

PUBLIC = ("post", "organisation")
WORDS = ("reason", "period_reason")


@dataclass(frozen=True, slots=True)
class Details:
    """One entry of a list: post and organisation are public, person and e-mail are for those who keep the list."""

    post: str
    organisation: str
    person: str
    email: str
    period: Period
    reason: str
    period_reason: str = ""


class Objection(NamedTuple):
    """One sentence about one field that cannot stay as it is."""

    field: str
    sentence: str


ASKED_FOR = {
    "post": "Give the post: the published list names it.",
    "organisation": "Give the organisation: the published list names it.",
    "person": "Give the person who holds the post: the record says who has access.",
    "reason": "Say why the access is needed.",
}


def objections(details: Details, *, usual: Period) -> Iterator[Objection]:
    """List what is missing or wrong, in the order of the form.

    Source: Code of Practice for Statistics, edition 2.1, T3.3 and T3.4: accurate records of who has access, and why.

    :param usual: the period that needs no reason.
    """
    for field, sentence in ASKED_FOR.items():
        if not getattr(details, field).strip():
            yield Objection(field, sentence)
    yield from _of_the_period(details, usual=usual)
    for field in (*PUBLIC, *WORDS):
        if gives_away(getattr(details, field), person=details.person, email=details.email):
            yield Objection(field, "Name the post, not the person: no name and no e-mail address belongs here.")


def _of_the_period(details: Details, *, usual: Period) -> Iterator[Objection]:
    period = details.period
    longest = Period(LONGEST[period.unit], period.unit)
    if not 1 <= period.length <= longest.length:
        yield Objection("length", f"A period is between 1 and {longest}.")
    elif period != usual and not details.period_reason.strip():
        yield Objection("period_reason", f"The usual period is {usual}; say why this is {period}.")


def gives_away(text: str, *, person: str, email: str) -> bool:
    """Tell whether a text that others read holds an e-mail address or the person's name."""
    written, name, address = (" ".join(words.casefold().split()) for words in (text, person, email))
    named = bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written) is not None
    return named or "@" in written or bool(address and address in written)
