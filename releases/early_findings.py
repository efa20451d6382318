"""Control who may know that a release was found live before it was due, and what other people see instead.

Such an early release is a security incident (decision 73). Until the release is published or cancelled, only the
producer's Heads of Profession, deputies and incident contact may know about the early findings. The first check after
the due time that finds a release live publishes the release (decision 10).
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, Model, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from releases.detection.finding import CheckOutcome
from releases.detection.preflight import PreflightCode
from releases.evidence import repository
from releases.evidence.embargo import Withheld
from releases.models import (
    Contact,
    Cover,
    IncidentContact,
    Membership,
    PreflightRun,
    Producer,
    Release,
    ReleaseEvent,
    Statement,
    Verification,
)
from releases.models.event import lock_producer, record_rows
from releases.models.release import PreflightQuerySet
from releases.models.verification import write_address_result
from releases.permissions import (
    TABLE,
    Action,
    NotYours,
    Person,
    User,
    may,
    producers_where,
    roles_of,
    standing_roles_of,
)
from releases.rules.lifecycle import TO_COME, ChangedMeanwhile, FieldRefused
from releases.rules.parts import part_limit_at
from releases.verdict.address import SUSPICIOUS, AddressVerdict, BeforeDue, Outcome, Sighting, judge_address
from releases.verdict.release import AddressResult, combine_addresses

FLIPS = ("gone_again", "back_again")
EARLY_EVENTS = (
    "judged",
    *FLIPS,
    "stated",
    "body_read",
    "bodies_not_kept",
    "evidence_exported",
    "early_release_decided",
)
"""The kinds of release events that may show that a release was found early."""


def unpublished_early_releases() -> QuerySet[Release]:
    """Return the releases that were judged early, on any of their dates, and are still to be published.

    Lists must not show, to anyone, that these releases were found early.
    """
    early = Verification.objects.filter(outcome=Outcome.EARLY)
    return Release.objects.filter(status__in=TO_COME, pk__in=early.values("release"))


def listed_preflights() -> PreflightQuerySet:
    """Return the preflights that lists may show to every reader.

    While an early release is unpublished, preflights made after the early finding are left out, because they would show
    the finding. Earlier preflights are included, because a release that disappears from a list would show the finding
    too. If a preflight found an unpublished release live, the preflight is left out even before there is a verdict. It
    is also left out if the announcement of the release already led to another page.
    """
    leads_on = Q(written__contains=f'"{PreflightCode.ANNOUNCEMENT_LEADS_ON}"', release__status__in=TO_COME)
    return preflights_before_finding().exclude(leads_on)


def shows_announced_early(run: PreflightRun) -> bool:
    """Return whether the announcement of an unpublished release already led to another page.

    If it is the page of the statistics, the release was published early, and there may be no verdict that says so.
    """
    found = {finding["code"] for finding in run.findings}
    return PreflightCode.ANNOUNCEMENT_LEADS_ON in found and run.release.status in TO_COME


def preflights_before_finding() -> PreflightQuerySet:
    """Return the listed preflights, and those in which only the announcement shows that a release was published."""
    found_before = Verification.objects.filter(
        release=OuterRef("release"), outcome=Outcome.EARLY, occurred_at__lte=OuterRef("done_at")
    )
    found_live = Q(written__contains=f'"{PreflightCode.LIVE_ALREADY}"')
    runs = PreflightRun.objects.alias(written=Cast("findings", TextField()))
    return runs.exclude(Exists(found_before) | found_live, release__status__in=TO_COME)


def without_early_findings[M: Model](rows: QuerySet[M], person: Person, *, at: str) -> QuerySet[M]:
    """Leave out rows that may show a person that an unpublished release was found early.

    These are the rows about the release from the time of the early finding or later. Earlier rows are returned, because
    rows that disappear would show that the release was found early. People who may know about the producer's early
    releases get all rows.

    :param rows: rows of a model with a `release` field.
    :param at: the name of the column that has the time of a row.
    """
    found = Verification.objects.filter(
        release=OuterRef("release"), release__status__in=TO_COME, outcome=Outcome.EARLY, occurred_at__lte=OuterRef(at)
    )
    return rows.exclude(Exists(found.exclude(release__series__producer__in=producers_known_to(person))))


def without_early_events(events: QuerySet[ReleaseEvent], person: Person) -> QuerySet[ReleaseEvent]:
    """Leave out release events that may show a person that an unpublished release was found or stated to be early."""
    early = ReleaseEvent.objects.filter(kind__in=EARLY_EVENTS)
    hidden = Statement.objects.filter(pk__in=find_hidden_statements(person))
    stated = hidden.filter(release=OuterRef("release"), stated_by=OuterRef("actor"), stated_at=OuterRef("at"))
    # Hide the event of an early verdict even if a staff statement later changed the verdict, because only a few people
    # may read the report on the early release.
    was_early = Q(facts__outcome__0=Outcome.EARLY) | Q(facts__outcome__1=Outcome.EARLY)
    # The interval of such an event ends before the due time, so a check had found the release live by then. PostgreSQL
    # sorts the null of an interval without an end before every number, so leave it out.
    ends_before_due = Q(facts__delay_seconds__1__lt=0) & ~Q(facts__delay_seconds__1=None)
    # A single live check is enough for a disappearance. Hide all of them, because as long as the release is not
    # published, a page that disappeared after the due time had nearly always been found live before it.
    changed_since = early.filter(
        Q(was_early | ends_before_due, kind="judged") | Q(kind__in=("early_release_decided", *FLIPS)),
        release__status__in=TO_COME,
    ).exclude(release__series__producer__in=producers_known_to(person))
    shown = (
        without_early_findings(early, person, at="at")
        .exclude(pk__in=early.filter(Exists(stated), kind="stated").values("pk"))
        .exclude(pk__in=changed_since.values("pk"))
    )
    return events.filter(~Q(kind__in=EARLY_EVENTS) | Q(pk__in=shown.values("pk")))


def without_early_statements(statements: QuerySet[Statement], person: Person) -> QuerySet[Statement]:
    """Leave out the staff statements that `find_hidden_statements` hides from a person."""
    return statements.exclude(pk__in=find_hidden_statements(person))


def find_hidden_statements(person: Person, releases: Collection[Release] | None = None) -> set[int]:
    """Return the keys of the staff statements that a person may not see.

    A statement is hidden if it says that an unpublished release was live before it was due. People can always see their
    own statements. They can also see all statements about the releases of a producer if they may know about the
    producer's early releases. This function runs its queries immediately.

    :param releases: search only statements about these releases. If None, search all statements about unpublished
        releases. There are very few of them.
    """
    by_others = Statement.objects.filter(release__status__in=TO_COME).exclude(stated_by=person.pk)
    if releases is not None:
        by_others = by_others.filter(release__in=releases)
    unknown = by_others.exclude(release__series__producer__in=producers_known_to(person))
    statements = list(unknown.select_related("release"))
    texts = repository.read_texts_since_due({one.release_id for one in statements if one.text_digest})
    return {
        one.pk
        for one in statements
        if shows_early_finding(one, due_at=one.release.due_at, texts=texts.get(one.release_id, ()))
    }


def find_withheld(person: Person, release: Release) -> Withheld:
    """Find the parts of a release's evidence bundle that a person may not see."""
    if release.status not in TO_COME or may_know(person, release.series.producer):
        return Withheld()
    events = ReleaseEvent.objects.filter(release=release)
    shown = without_early_events(events, person)
    return Withheld(
        statements=find_hidden_statements(person, [release]),
        events=set(events.exclude(pk__in=shown.values("pk")).values_list("pk", flat=True)),
        screenshots=repository.was_ever_said_live_before_due(release.pk),
    )


def may_know(person: Person, producer: Producer) -> bool:
    """Return whether a person may know about early findings on a producer's releases."""
    if may(person, Action.KNOW_EARLY_FINDINGS, producer):
        return True
    contact = current_contact(producer)
    return contact is not None and person.is_authenticated and person.is_active and contact.person_id == person.pk


def check_number_change(contact: Contact, *, by: User) -> None:
    """Check that a person may change the telephone number or the account of a contact.

    If the person of the account may know about early releases, text messages about them go to this number. So only
    people who may know about them too, and administrators, may change it.

    :raises FieldRefused: if the person may not change it.
    """
    if contact.user is None or not may_know(contact.user, contact.producer):
        return
    if not may_know(by, contact.producer) and not by.has_perm("releases.change_producer"):
        sentence = _(
            "Ask a Head of Profession, a deputy or an administrator to change this. "
            "This person may get text messages about early releases."
        )
        raise FieldRefused("telephone", sentence)


def producers_known_to(person: Person) -> QuerySet[Producer]:
    """Return the producers for which a person may know about early releases."""
    if not person.is_authenticated or not person.is_active:
        return Producer.objects.none()
    as_contact = IncidentContact.objects.current().filter(person=person)
    led = producers_where(person, Action.KNOW_EARLY_FINDINGS)
    return Producer.objects.filter(Q(pk__in=as_contact.values("producer")) | Q(pk__in=led.values("pk")))


def find_people_who_may_know(producers: Collection[Producer]) -> set[tuple[int, int]]:
    """Return the people for whom `may_know` is true, as pairs of the keys of a producer and of a person."""
    leads = Membership.objects.filter(role__in=list(TABLE[Action.KNOW_EARLY_FINDINGS]), user__is_active=True)
    covers = Cover.objects.in_force(at=timezone.now())
    return {
        *leads.filter(producer__in=producers).values_list("producer", "user"),
        *covers.filter(producer__in=producers).values_list("producer", "person"),
        *(
            (producer, contact.person_id)
            for producer, contact in current_contacts(producers).items()
            if contact.person_id is not None
        ),
    }


def current_contact(producer: Producer) -> IncidentContact | None:
    """Return the row that names a producer's current incident contact, or None if there is no contact."""
    return current_contacts([producer]).get(producer.pk)


def current_contacts(producers: Collection[Producer]) -> dict[int, IncidentContact]:
    """Return the rows that name the current incident contacts of producers, keyed by the producer's primary key."""
    rows = IncidentContact.objects.current().filter(producer__in=producers).select_related("person")
    return {row.producer_id: row for row in rows}


def is_hidden(release: Release, verifications: Iterable[Verification]) -> bool:
    """Return whether a release has early findings that are still hidden from most people.

    One check that found the release live before it was due is enough, although an early verdict needs two.

    :param verifications: the verdicts on all dates of the release.
    """
    return release.status in TO_COME and any(map(_was_found_early, verifications))


def _was_found_early(verification: Verification) -> bool:
    return verification.outcome == Outcome.EARLY or any(
        result.verdict.before is not BeforeDue.NOTHING for result in verification.results
    )


def shows_early_finding(statement: Statement, *, due_at: datetime | None, texts: Container[str]) -> bool:
    """Return whether a staff statement says that a release was live before it was due.

    If the statement only identifies a text as the release, return True unless a check found this text after the due
    time.

    :param texts: the digests of the texts that checks found after the due time.
    """
    if statement.live_at is not None:
        return due_at is None or statement.live_at < due_at
    return statement.kind == Statement.Kind.THIS_IS_IT and statement.text_digest not in texts


def mask_verdict(verification: Verification) -> Verification:
    """Return a copy of a verdict without early findings, for lists and pages only.

    If the release is published or cancelled, or if there are no early findings, return the verdict itself. The caller
    must read the verdict together with its release.
    """
    return _mask_verdict(verification) if is_hidden(verification.release, [verification]) else verification


def mask_before_publication(verification: Verification) -> Verification:
    """Return a copy of a verdict without early findings, for the office API and webhooks.

    If the release is published or cancelled, return the verdict itself. Until then every verdict is masked, even if it
    has no early findings. `mask_verdict` masks only verdicts with early findings, so an API client that compares
    verdicts over time would notice when a verdict begins to be masked.
    """
    return _mask_verdict(verification) if verification.release.status in TO_COME else verification


def _mask_verdict(verification: Verification) -> Verification:
    masked = copy(verification)
    sightings = _read_sightings(verification)
    results = [
        replace(result, verdict=_mask(result, verification, sightings), reasons=()) for result in verification.results
    ]
    outcome, deciding = combine_addresses(results)
    delay = deciding.delay if deciding else None
    masked.outcome = outcome
    masked.first_live_at = deciding.first_live_at if deciding else None
    masked.last_not_live_at = deciding.last_not_live_at if deciding else None
    masked.delay_from = delay.from_seconds if delay else None
    masked.delay_to = delay.to_seconds if delay else None
    masked.occurred_at = verification.due_at if outcome in SUSPICIOUS else None
    masked.decided_at = _since(verification.due_at, verification.decided_at)
    masked.published_at_by_publisher = None
    masked.publisher_source, masked.reasons, masked.diagnoses = "", [], []
    masked.addresses = [write_address_result(result) for result in results]
    return masked


def mask_present_verdicts() -> QuerySet[Any]:
    """Return a subquery for the present verdict on each release of the outer query.

    The annotation `shown` is the outcome that lists show. For an unpublished early release, it is the outcome that most
    people see on the page of the release. The expression has one condition for each of these releases, but there are
    very few of them.
    """
    present = Verification.objects.filter(release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"))
    return present.annotate(shown=shown_outcome())


def shown_outcome() -> Case:
    """Return an expression for the outcome of a verdict that lists and statistics show.

    This function runs a query immediately.
    """
    masked = [When(pk=key, then=Value(outcome)) for key, outcome in masked_outcomes().items()]
    return Case(*masked, default="outcome")


def masked_outcomes() -> dict[int, Outcome]:
    """Return the outcomes that most people see for unpublished early releases, keyed by verdict."""
    early = Verification.objects.filter(outcome=Outcome.EARLY, release__status__in=TO_COME)
    return {verdict.pk: outcome_from_due(verdict) for verdict in early.only("addresses")}


def outcome_from_due(verification: Verification) -> Outcome:
    """Return the outcome that a verdict has if checks before the due time are ignored."""
    verdicts = ((one, one.verdict) for one in verification.results)
    results = (replace(one, verdict=replace(each, outcome=each.outcome_without_early)) for one, each in verdicts)
    return combine_addresses(results)[0]


def _read_sightings(verification: Verification) -> Mapping[int, Sequence[Sighting]]:
    """Return the checks of a release that was found live before it was due, keyed by address.

    The checks that found it live before it was due are left out. If there are none, return an empty dict.
    """
    if all(result.verdict.before is BeforeDue.NOTHING for result in verification.results):
        return {}
    checks_of = repository.read_sightings({verification.release_id})
    return {
        address: [
            check
            for check in checks.sightings
            if check.result is not CheckOutcome.LIVE or check.sent_at >= verification.due_at
        ]
        for address, checks in checks_of((verification.release_id, verification.schedule_version)).items()
    }


def _mask(
    result: AddressResult, verification: Verification, sightings: Mapping[int, Sequence[Sighting]]
) -> AddressVerdict:
    verdict, due_at, limit_at = result.verdict, verification.due_at, verification.limit_at
    measured = verdict
    # The stored instants and the delay may come from the checks that found the release early, also if only one check
    # did. So judge the address again, without these checks.
    if verdict.before is not BeforeDue.NOTHING:
        measured = judge_address(
            sightings.get(result.address, ()),
            due_at=due_at,
            limit_at=part_limit_at(limit_at, may_follow=result.may_follow) if result.may_follow else limit_at,
            longest_gap=result.longest_gap,
            settled=result.settled_at is not None,
        )
    return replace(
        verdict,
        outcome=verdict.outcome_without_early,
        before=BeforeDue.NOTHING,
        live_before_due_at=None,
        last_not_live_at=_since(due_at, measured.last_not_live_at),
        first_live_at=_since(due_at, measured.first_live_at),
        delay=measured.delay if measured.outcome is verdict.outcome_without_early else None,
        clock_bound=measured.clock_bound,
        flips=tuple(flip for flip in measured.flips if flip.gone_at >= due_at),
    )


def _since(due_at: datetime, instant: datetime | None) -> datetime | None:
    return instant if instant and instant >= due_at else None


class ContactRefused(FieldRefused):
    """The person cannot be the incident contact. `field` is the name of the invalid field."""


def name_contact(producer: Producer, person: User | None, *, by: User, at: datetime, seen: int) -> IncidentContact:
    """Name, replace or remove the incident contact of a producer.

    People who only cover for someone may not do this, because the new contact would still know about early releases
    after the cover has ended.

    :param person: the new contact, or None if the producer will have no contact.
    :param seen: the number of the contact's row when `by` loaded the page, or 0 if there was no row.
    :raises NotYours: if `by` holds no role, apart from cover, that allows naming a contact.
    :raises ContactRefused: if `person` has no open account, or no role at the producer.
    :raises ChangedMeanwhile: if another person has changed the contact since `by` loaded the page.
    """
    if not TABLE[Action.NAME_INCIDENT_CONTACT] & standing_roles_of(by, producer):
        raise NotYours(f"{by} may not name an incident contact of {producer}.")
    if person is not None and (not person.is_active or not roles_of(person, producer)):
        raise ContactRefused("person", _("Select a person who has an open account and a role at this producer."))
    with transaction.atomic():
        lock_producer(producer.pk)
        last = IncidentContact.objects.filter(producer=producer).last()
        if (last.number if last else 0) != seen:
            raise ChangedMeanwhile(
                _("Another person has named an incident contact. Check who it is before you try again.")
            )
        row = IncidentContact.objects.create(
            producer=producer, number=seen + 1, person=person, named_by=by, named_at=at
        )
        record_rows({IncidentContact: [row.pk]})
    return row
