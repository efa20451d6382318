"""Which of the facts on record an annex tells: the verdict on each address, and the looks around the change."""

from collections.abc import Iterable

from breaches.core.account.clock_told import clock_told
from breaches.core.account.facts import AddressFacts, Facts, Look, in_order
from breaches.core.account.narrative import holes_told, names_of, what_it_saw
from breaches.core.account.publisher_word import caches_told
from breaches.core.annex import Annex, AnnexLook, AnnexOutput, AnnexPart
from releases.detection.finding import AddressRole, Source
from releases.verdict.address import Outcome

BEFORE, AFTER = 4, 3
"""How many looks are told before the first that found the release, and from it on."""
# Kept with the annex, so that one approved by another rule never claims this one.
RULE = (
    "Of many looks those are listed that tell of a change: the last four before the first that found it and three from "
    "that on, or the last four where none found it; the last before and the first from the announced time on, and "
    "likewise of the limit; the last that did not find it; and where it was gone again, the first that showed this and "
    "the first that found it again."
)
OWN_TEXT = "The report’s text stands as a person edited it or decided on it: this annex may tell of later looks."

OUTCOMES = {
    Outcome.ON_TIME: "Seen in time",
    Outcome.EARLY: "Seen before the announced time",
    Outcome.LATE: "First seen after the limit",
    Outcome.NOT_SEEN: "Not seen",
    Outcome.UNCERTAIN: "The looks do not show whether it was there in time",
    Outcome.CANNOT_TELL: "The looks do not show whether it was there in time",
    Outcome.PENDING: "The check had not ended",
}
SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: "by the time for which it was scheduled and the delay that the system recorded",
    Source.CHANGE_HISTORY: "by the public history of the page",
    Source.PUBLIC_UPDATED_AT: "the last public update of the page, which moves with every update",
}


def annex_of(all_facts: Iterable[Facts], *, own_text: bool = False) -> Annex:
    """Tell for each output what is on record of its looks, in the order of what is given.

    :param own_text: whether a person's text stands before the annex, which does not follow the record.
    """
    return Annex(tuple(_output(facts, own_text=own_text) for facts in all_facts))


def _output(facts: Facts, *, own_text: bool) -> AnnexOutput:
    told = facts.publisher_time
    parts = tuple(_part(facts, address) for address in facts.addresses)
    rule = [RULE] if any(part.not_listed for part in parts) else []
    beside = [OWN_TEXT] if own_text else []
    return AnnexOutput(
        title=facts.release_title,
        due_at=facts.due_at,
        limit_at=facts.limit_at,
        publisher_at=told.at if told else None,
        publisher_source=SOURCES[told.source] if told else "",
        parts=parts,
        notes=(*clock_told(facts), *holes_told(facts), *caches_told(facts), *rule, *beside),
    )


def _part(facts: Facts, address: AddressFacts) -> AnnexPart:
    verdict, told = address.verdict, around_the_change(facts, address)
    name = "Page" if address.role is AddressRole.PAGE else names_of(facts, address)[1]
    return AnnexPart(
        name=name,
        outcome=OUTCOMES[verdict.outcome],
        last_not_live_at=verdict.last_not_live_at,
        first_live_at=verdict.first_live_at,
        delay=(verdict.delay.from_seconds, verdict.delay.to_seconds) if verdict.delay else None,
        looks=tuple(_look(look) for look in told),
        not_listed=len(address.looks) + address.repetitions - len(told),
    )


def around_the_change(facts: Facts, address: AddressFacts) -> list[Look]:
    """Choose the looks that tell of a change, in order: the first that found the release, with some on either side.

    Told besides are the last that did not find it, the last that counts as made before the announced time and the first
    from it on, the same two of the limit, and the first that did not find it any more and the first that found it
    again. Where nothing was found, the last looks are told. `RULE` says so to readers.
    """
    looks, verdict = in_order(address), address.verdict
    change = next(
        (place for place, look in enumerate(looks) if look.sighting.completed_at == verdict.first_live_at), len(looks)
    )
    chosen = set(range(max(0, change - BEFORE), min(len(looks), change + AFTER)))
    for instant in (facts.due_at, facts.limit_at):
        chosen.update([place for place, look in enumerate(looks) if look.sighting.instant < instant][-1:])
        chosen.update([place for place, look in enumerate(looks) if look.sighting.instant >= instant][:1])
    absent = (place for place, look in enumerate(looks) if look.sighting.sent_at == verdict.last_not_live_at)
    gone = (place for place, look in enumerate(looks) if look.sighting.sent_at == verdict.gone_again_at)
    back_at = verdict.away[0].back_at if verdict.away else None
    back = (place for place, look in enumerate(looks) if back_at and look.sighting.completed_at == back_at)
    for places in (absent, gone, back):
        chosen.update(place for place in [next(places, None)] if place is not None)
    return [looks[place] for place in sorted(chosen)]


def _look(look: Look) -> AnnexLook:
    saw = what_it_saw(look)
    return AnnexLook(look.sighting.sent_at, look.sighting.completed_at, f"{saw[:1].upper()}{saw[1:]}.")
