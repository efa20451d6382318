"""The machine's text of a report: what the record alone can fill in, field by field."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Protocol

from breaches.core.account.facts import Facts
from breaches.core.account.narrative import account
from breaches.core.content import CitedPractice, Output, Person, ReportContent
from breaches.models import Suspicion
from releases.models import Address, Contact, Release, Series
from releases.rules.london import local_date


class PracticesOn(Protocol):
    """Gives what the machine cites for a kind of breach and a day of occurrence."""

    def __call__(self, kind: str, *, on: date) -> tuple[CitedPractice, ...]: ...


# What follows from the looks. The rest is copied once: a contact is printed as it was when the report was drafted.
FROM_FACTS = ("practices", "occurred_on", "circumstances")


def machine_content(
    suspicions: Iterable[Suspicion],
    facts: Mapping[int, Facts],
    *,
    practices_on: PracticesOn,
) -> ReportContent:
    """Fill in what is on record about the suspicions of one report.

    Cause, impact, corrective actions and the date of the report stay empty: people write the first three, and
    approval sets the last.

    :param suspicions: read with `release__series__producer`, the series' contacts, and the release's addresses.
    :param facts: the facts on each suspicion's verdict, by the verdict's key.
    :param practices_on: gives what the machine cites for a kind of breach and a day of occurrence.
    """
    listed = list(suspicions)
    occurred = [(suspicion.kind, on) for suspicion in listed if (on := _occurred_on(suspicion)) is not None]
    verdicts = dict.fromkeys(suspicion.verification_id for suspicion in listed)
    return replace(
        of_releases({suspicion.release_id: suspicion.release for suspicion in listed}.values()),
        practices=tuple(dict.fromkeys(practice for kind, on in occurred for practice in practices_on(kind, on=on))),
        occurred_on=tuple(sorted({on for _kind, on in occurred})),
        circumstances="\n\n".join(account(facts[verdict]) for verdict in verdicts),
    )


def of_releases(releases: Collection[Release]) -> ReportContent:
    """Fill in what is on record about some releases: outputs, producers, and whom to reach.

    :param releases: read with their series, its producer and contacts, and their addresses.
    """
    outputs = tuple(Output(release.title, _page(release)) for release in releases)
    return replace(of_series([release.series for release in releases]), outputs=outputs)


def of_series(series: Collection[Series]) -> ReportContent:
    """Fill in what is on record about some series: producers, and whom to reach.

    :param series: read with their producer and contacts.
    """
    return ReportContent(
        producers=tuple(dict.fromkeys(one.producer.name for one in series)),
        dealing=_first_person(one.responsible for one in series),
        head_of_profession=_first_person(one.head_of_profession for one in series),
    )


def _occurred_on(suspicion: Suspicion) -> date | None:
    # A verdict that was corrected since no longer says when; what was due then is still the day in question.
    occurred_at = suspicion.verification.occurred_at or suspicion.verification.due_at
    return local_date(occurred_at) if occurred_at else None


def _page(release: Release) -> str:
    pages = (address.url for address in release.addresses.all() if address.role == Address.Role.PAGE)
    return next(pages, "")


def _first_person(contacts: Iterable[Contact | None]) -> Person | None:
    contact = next((contact for contact in contacts if contact), None)
    if contact is None:
        return None
    return Person(contact.name, contact.email, contact.telephone, is_team=contact.is_team)
