"""The practices that a report may cite: those of the edition of the Code in force on a day."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from breaches.core.content import CitedPractice, ReportContent
from breaches.core.remarks import Remark, Section
from breaches.core.status import Kind
from breaches.models import Edition, Practice
from releases.core.dates.london import day

# The practice on the release at 9.30am. Edition 1.0: the one that reports of its time cite; edition 2: T3.6; edition
# 3.0 counts by standard: 3.6.
ORDERLY_RELEASE = ("Protocol 2, Practice 8", "T3.6", "3.6")
# On announcing in advance. Edition 2: T3.1; edition 3.0: 3.1.
ANNOUNCED_AHEAD = ("T3.1", "3.1")
# On who may have access before release at all. Edition 2: T3.3; edition 3.0: 3.3.
ACCESS = ("T3.3", "3.3")
# On that, and on who may have it in final form. Edition 2: T3.3 and T3.4; edition 3.0: 3.3 and 3.4.
PRE_RELEASE_ACCESS = (*ACCESS, "T3.4", "3.4")
# What a kind of breach is against as a rule. Of the others the catalogue names none: people choose.
SUGGESTED: Mapping[Kind, tuple[str, ...]] = {
    Kind.LATE: ORDERLY_RELEASE,
    Kind.EARLY: ORDERLY_RELEASE,
    Kind.PARTIAL: ORDERLY_RELEASE,
    Kind.NOT_LIVE: ORDERLY_RELEASE,
    Kind.PRA: PRE_RELEASE_ACCESS,
    Kind.ACCESS: ACCESS,
    Kind.LEAK: ACCESS,
    Kind.NOT_ANNOUNCED: ANNOUNCED_AHEAD,
}


def citing(practice: Practice) -> CitedPractice:
    """Return a practice as a report cites it: a copy that later changes of the list do not touch."""
    return CitedPractice(
        edition=practice.edition.number,
        code=practice.code,
        principle=practice.principle,
        text=practice.text,
        confirmed=practice.confirmed,
    )


def in_force_on(on: date) -> tuple[CitedPractice, ...]:
    """Return every practice of the edition in force on a day, confirmed or not; none before the first edition."""
    edition = Edition.objects.in_force_on(on)
    if edition is None:
        return ()
    return tuple(citing(practice) for practice in edition.practices.select_related("edition"))


def of_orderly_release(on: date) -> tuple[CitedPractice, ...]:
    """Return the practice on the time of release that was in force on a day, if its wording is confirmed.

    A practice whose wording nobody has confirmed is only suggested to people, never cited by the machine.
    """
    return _confirmed(on, codes=ORDERLY_RELEASE)


def suggested_for(kind: Kind, *, on: date) -> tuple[CitedPractice, ...]:
    """Return the practices in force on a day that a kind of breach is against as a rule, where confirmed."""
    return _confirmed(on, codes=SUGGESTED.get(kind, ()))


def _confirmed(on: date, *, codes: Collection[str]) -> tuple[CitedPractice, ...]:
    return tuple(practice for practice in in_force_on(on) if practice.code in codes and practice.confirmed)


def offered_for(content: ReportContent, *, machine: ReportContent) -> tuple[CitedPractice, ...]:
    """Return what may be cited on a report's days of occurrence; on those of the record while it gives none."""
    days = content.occurred_on or machine.occurred_on
    return tuple(dict.fromkeys(practice for on in days for practice in in_force_on(on)))


def of_another_edition(content: ReportContent) -> Iterator[Remark]:
    """Warn of each cited edition that was in force on none of the report's days of occurrence."""
    in_force = {
        edition.number: on for on in content.occurred_on if (edition := Edition.objects.in_force_on(on)) is not None
    }
    if not in_force:
        return
    number, on = next(iter(in_force.items()))
    for cited in sorted({practice.edition for practice in content.practices} - set(in_force)):
        sentence = f"Edition {cited} of the Code is cited, but edition {number} was in force on {day(on)}."
        yield Remark(Section.CIRCUMSTANCES, "practices", sentence)
