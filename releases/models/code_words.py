"""The codes of the tables in words, in one place where translators find them: what the choices of fields are called."""

from collections.abc import Iterable
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as lazy

WORDS = {
    # nations
    "united_kingdom": lazy("United Kingdom"),
    "england": lazy("England"),
    "wales": lazy("Wales"),
    "scotland": lazy("Scotland"),
    "northern_ireland": lazy("Northern Ireland"),
    # roles
    "statistician": lazy("statistician"),
    "head_of_profession": lazy("Head of Profession"),
    "deputy": lazy("deputy"),
    "calendar_manager": lazy("calendar manager"),
    "publishing_team": lazy("publishing team"),
    "auditor": lazy("auditor"),
    # how long a corrective action is for
    "short": lazy("short-term"),
    "long": lazy("long-term"),
    # lengths of time
    "hours": lazy("hours"),
    "working_days": lazy("working days"),
    # how exactly a date is known
    "exact": lazy("exact"),
    "month": lazy("month"),
    "two_months": lazy("two months"),
    # the status of a release, a request, a list, an import
    "provisional": lazy("provisional"),
    "confirmed": lazy("confirmed"),
    "published": lazy("published"),
    "cancelled": lazy("cancelled"),
    "waiting": lazy("waiting"),
    "agreed": lazy("agreed"),
    "refused": lazy("refused"),
    "withdrawn": lazy("withdrawn"),
    "lapsed": lazy("lapsed"),
    "taken_back": lazy("taken back"),
    "granted": lazy("granted"),
    "begun": lazy("begun"),
    "ended": lazy("ended"),
    "uploaded": lazy("uploaded"),
    "checked": lazy("checked"),
    "applied": lazy("applied"),
    "discarded": lazy("discarded"),
    "failed": lazy("failed"),
    # what a person requests
    "add": lazy("add"),
    "change": lazy("change"),
    "withdraw": lazy("withdraw"),
    # results of a check
    "observer_fault": lazy("no answer, and our own connection failed too"),
    "unreachable": lazy("no usable answer"),
    "not_live": lazy("not live"),
    "live": lazy("live"),
    "unrecognised": lazy("not recognised"),
    # verdicts
    "pending": lazy("pending"),
    "on_time": lazy("on time"),
    "early": lazy("early"),
    "late": lazy("late"),
    "not_seen": lazy("not seen"),
    "partial": lazy("partial"),
    "uncertain": lazy("uncertain"),
    "cannot_tell": lazy("cannot tell"),
    # why a body is stored
    "first_seen": lazy("first seen"),
    "announcement": lazy("announcement"),
    "last_before_due": lazy("last before due"),
    "last_not_live": lazy("last not live"),
    "first_partial": lazy("first partial"),
    "first_live": lazy("first live"),
    "first_live_fresh": lazy("first live fresh"),
}


def choices_of(codes: Iterable[StrEnum], *, capital: bool = True) -> list[tuple[str, Promise]]:
    """Return the choices of a field from an enumeration: each code, and what people call it."""
    return [(code.value, capfirst(WORDS[code.value]) if capital else WORDS[code.value]) for code in codes]
