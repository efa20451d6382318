"""What the check before a release reads from the record, and makes of what was seen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from releases.calendar import tasks
from releases.core.judging.evidence import LookResult
from releases.core.judging.reading.characters import decode
from releases.core.judging.reading.markup import TooComplex
from releases.core.judging.reading.page_text import read_page
from releases.core.looks.pacing import Crowd
from releases.core.preflight_findings import Code, Finding, of_announcement, of_look
from releases.core.status import Status
from releases.core.web_address import place_if_any
from releases.models import Address, Contact, Coverage, Observation, Release
from releases.watching.beside import Made, Means

# The watcher marks itself alive every few seconds; a minute of silence is no chance.
LONGEST_SILENCE = timedelta(minutes=1)


def findings(
    release: Release,
    *,
    made: Mapping[int, Made],
    left: Collection[int],
    crowds: Sequence[Crowd],
    means: Means,
    now: datetime,
) -> list[Finding]:
    """Return all that was found of one release, the problems first.

    :param made: what was seen at its addresses just now, by the address' key.
    :param left: keys of addresses at which nobody could look.
    :param crowds: the minutes that it shares with others at one host.
    :param now: the aware instant of the check.
    """
    found = [
        *_of_record(release),
        *_of_addresses(release, made=made, left=left),
        *_of_ourselves(means, now=now),
        *(Finding(Code.OPEN_TASK, facts={"task": task.text}) for task in tasks.of_release(release).open()),
        *(Finding(Code.SHARES_MINUTE, facts=_facts(crowd)) for crowd in crowds),
    ]
    return sorted(found, key=lambda finding: not finding.is_problem)


def _of_record(release: Release) -> Iterator[Finding]:
    roles = set(release.addresses.values_list("role", flat=True))
    if release.status != Status.CONFIRMED:
        yield Finding(Code.NOT_CONFIRMED)
    if Address.Role.PAGE not in roles:
        yield Finding(Code.NO_PAGE)
    series = release.series
    yield from _of_contact(series.responsible, missing=Code.NO_RESPONSIBLE, closed=Code.RESPONSIBLE_CLOSED)
    yield from _of_contact(series.head_of_profession, missing=Code.NO_HEAD, closed=Code.HEAD_CLOSED)
    if Address.Role.ATTACHMENT not in roles:
        yield Finding(Code.NO_ATTACHMENTS)
    if Address.Role.ANNOUNCEMENT not in roles:
        yield Finding(Code.NO_ANNOUNCEMENT)


def _of_contact(contact: Contact | None, *, missing: Code, closed: Code) -> Iterator[Finding]:
    if contact is None:
        yield Finding(missing)
    elif contact.user and not contact.user.is_active:
        yield Finding(closed)


def _of_addresses(release: Release, *, made: Mapping[int, Made], left: Collection[int]) -> Iterator[Finding]:
    absent = _seen_absent(release)
    for address in release.addresses.all():
        one = made.get(address.pk)
        if one is None:
            if address.pk in left:
                yield Finding(Code.COULD_NOT_LOOK, address.pk, {"place": place_if_any(address.url) or address.url})
        elif address.role == Address.Role.ANNOUNCEMENT:
            yield from _of_announcement(release, address, one)
        else:
            seen = of_look(
                address.pk,
                one.finding.result,
                one.finding.reasons,
                was_absent=absent.get(address.pk, one.row.position) < one.row.position,
            )
            yield from [seen] if seen else []


def _of_announcement(release: Release, address: Address, one: Made) -> list[Finding]:
    assert release.due_at is not None  # noqa: S101  # only releases with an exact date are checked
    answer = one.answer
    reached = one.finding.result not in {LookResult.OBSERVER_FAULT, LookResult.UNREACHABLE} and answer.status == 200
    return of_announcement(
        address.pk,
        says=one.finding.publisher,
        text=_visible_text(one) if reached else None,
        leads_to=answer.final_url if len(answer.hops) > 1 else "",
        due_at=release.due_at,
    )


def _visible_text(one: Made) -> str | None:
    try:
        page = read_page(decode(one.answer.body, charset=one.answer.charset))
    except TooComplex:
        return None
    return f"{page.title}\n{page.text}"


def _of_ourselves(means: Means, *, now: datetime) -> Iterator[Finding]:
    last = Coverage.objects.order_by("-ended_at").values_list("ended_at", flat=True).first()
    if last is None or last < now - LONGEST_SILENCE:
        yield Finding(Code.WATCHER_SILENT, facts={"last": last.isoformat() if last else None})
    if means.watcher_ill:
        yield Finding(Code.WATCHER_ILL)
    if means.clock_error.is_off(largest=means.clock_largest_error):
        yield Finding(Code.CLOCK_OFF)


def _seen_absent(release: Release) -> dict[int, int]:
    """Find at which position of the record each address was first seen without the release."""
    looks = Observation.objects.to_judge(release).filter(result=LookResult.NOT_LIVE).order_by("-position")
    return dict(looks.values_list("address_id", "position"))


def _facts(crowd: Crowd) -> dict[str, object]:
    return {"place": crowd.place, "releases": len(crowd.releases), "looks": crowd.looks, "seconds": crowd.seconds}
