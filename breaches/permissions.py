"""Permissions on breach reports, apart from the roles for each move of their lifecycle."""

from collections.abc import Collection
from enum import StrEnum

from django.db.models import Q, QuerySet

from breaches.models import Dispatch, JoinedDraft, Report, ReportQuerySet, StartedReport, Suspicion
from breaches.rules.lifecycle import (
    CLOSED_ONCE_SENT,
    CLOSED_UNTIL_SENT,
    DECISIONS,
    EMAIL_FAILED,
    REPORT,
    RESTRICTED,
    SEND,
    UNDECIDED,
    WRITERS,
    Nature,
    ReportKind,
    ReportStatus,
)
from releases.models import Producer, Release, Series
from releases.models.training import is_open_to, is_shown_to
from releases.permissions import NotYours, Person, producers_with, roles_anywhere, roles_of, standing_roles_of
from releases.rules.lifecycle import BY_WEIGHT, LEADS, Role


class Action(StrEnum):
    """An action on a report, or on a producer's reports, that is not a lifecycle move."""

    VIEW = "view"
    DOWNLOAD = "download"
    WRITE_NOTE = "write_note"
    DEAL = "deal_with_it"
    PUBLISH = "publish"
    REDACT = "redact"
    WRITE_POLICY = "write_release_practice_policy"
    APPROVE_TABLE = "approve_yearly_table"
    SHOW_PUNCTUALITY = "show_punctuality_to_readers"


TABLE: dict[Action, frozenset[Role]] = {
    Action.VIEW: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR},
    Action.DOWNLOAD: LEADS | {Role.STATISTICIAN, Role.AUDITOR},
    # The publishing team may write notes, because it knows best what happened on the morning of the release. Only
    # writers may choose which notes are printed.
    Action.WRITE_NOTE: WRITERS | {Role.PUBLISHING_TEAM},
    # People who can correct the release may deal with the report.
    Action.DEAL: WRITERS | {Role.PUBLISHING_TEAM},
    Action.PUBLISH: LEADS,
    # Removed text cannot be restored, so only the person who is responsible for the record may remove it.
    Action.REDACT: frozenset({Role.HEAD_OF_PROFESSION}),
    # The actions below concern a producer, not one report (breaches/compliance.py).
    Action.WRITE_POLICY: WRITERS,
    Action.APPROVE_TABLE: LEADS,
    Action.SHOW_PUNCTUALITY: LEADS,
}


# People with one of these roles at any producer may confirm the wording of the Code, because all producers use the same
# Code.
CODE_EDITORS = LEADS | {Role.CALENDAR_MANAGER}


def reports_where(person: Person, action: Action) -> ReportQuerySet:
    return reports_with(person, TABLE[action])


def reports_with(person: Person, roles: frozenset[Role]) -> ReportQuerySet:
    """Return the reports of all producers for which a person has one of these roles.

    Reports that the person may not know of are left out.
    """
    open_to_many = ~Q(kind__in=list(RESTRICTED)) & ~Q(pk__in=Report.objects.about_unpublished_early().values("pk"))
    return _reports_with(person, roles, open_to_many=open_to_many)


def listed_reports_with(
    person: Person, roles: frozenset[Role], *, unlisted: Collection[int] | None = None
) -> ReportQuerySet:
    """Return the same reports as `reports_with`, except those that no list shows.

    :param unlisted: the result of `find_unlisted_reports`, if the caller already has it.
    """
    listed = _reports_with(person, roles, open_to_many=~Q(kind__in=list(RESTRICTED)))
    if unlisted is None:
        return listed.listed()
    return listed.exclude(pk__in=unlisted) if unlisted else listed


def open_reports_of(producer: Producer, *, with_unannounced: bool) -> ReportQuerySet:
    """Return the reports of a producer that are visible to every role with access to reports.

    Programs can read these reports with an API token. Restricted reports, reports about early releases that are still
    to be published, rehearsals and trainings are left out.

    :param with_unannounced: whether to include reports about releases that are not announced, and about series without
        announced releases.
    """
    found = Report.objects.official().listed().filter(producer=producer, training__isnull=True)
    found = found.exclude(kind__in=list(RESTRICTED))
    return found if with_unannounced else found.exclude(pk__in=_find_reports_about_unannounced(producer))


def _find_reports_about_unannounced(producer: Producer) -> set[int]:
    """Return the primary keys of the reports about releases or series that are not in the public calendar.

    The reference of a report contains the reference of its release, and a document contains the title. So drafts that
    were merged into a joint report are included, and joint reports that were split again.
    """
    releases = Release.objects.filter(series__producer=producer, announced_at__isnull=True)
    series = Series.objects.filter(producer=producer).exclude(releases__in=Release.objects.public())
    suspicions = dict(Suspicion.objects.filter(release__in=releases).values_list("pk", "report"))
    started = StartedReport.objects.filter(Q(release__in=releases) | Q(series__in=series))
    found = {*suspicions.values(), *started.values_list("report", flat=True)} - {None}
    # A joint report can be merged again, so read the merges in the order in which they were made.
    merges = JoinedDraft.objects.filter(joint__producer=producer).order_by("pk")
    for joint, draft, brought in merges.values_list("joint", "draft", "suspicions"):
        if draft in found or not suspicions.keys().isdisjoint(brought):
            found |= {joint, draft}
    return found


def find_unlisted_reports() -> set[int]:
    """Return the primary keys of the reports that no list shows.

    These are the reports about early releases that are still to be published. There are very few. A page with several
    lists can call this function once and pass the result to each list.
    """
    return set(Report.objects.about_unpublished_early().order_by().values_list("pk", flat=True))


def unlisted_reports_of(person: Person) -> ReportQuerySet:
    """Return the reports that a person may read although no list shows them.

    These are the reports about early releases that are still to be published.
    """
    unlisted = Report.objects.about_unpublished_early()
    return reports_where(person, Action.VIEW).filter(pk__in=unlisted.values("pk"))


def _reports_with(person: Person, roles: frozenset[Role], *, open_to_many: Q) -> ReportQuerySet:
    """:param open_to_many: the condition for reports that are not restricted to a few people."""
    is_visible = (
        open_to_many
        | Q(producer__in=producers_with(person, LEADS))
        # If a recipient of pre-release access started a report, `started_by` is null. The 0 ensures that a person
        # without a primary key does not match these reports.
        | Q(pk__in=StartedReport.objects.filter(started_by_id=person.pk or 0).values("report"))
        | (Q(person_dealing_id=person.pk) if person.pk is not None else Q(pk__in=[]))
    )
    return Report.objects.filter(is_visible, is_shown_to(person), producer__in=producers_with(person, roles))


def roles_for(person: Person, report: Report) -> frozenset[Role]:
    """Return the roles that a person has for a report.

    If the person may not know of the report, there are no roles, and the product behaves as if the report did not
    exist.

    A restricted report is visible only to the Head of Profession, deputies and the people who deal with the report
    (`is_dealing_with`). A report about a training is visible only to the participants.
    """
    if not is_open_to(person, report.training):
        return frozenset()
    roles = roles_of(person, report.producer)
    if LEADS & roles or not is_restricted(report) or is_dealing_with(person, report):
        return roles
    return frozenset()


def is_restricted(report: Report) -> bool:
    """Return whether only a few people may know of a report.

    These are the reports of a restricted kind, and the reports about early releases that are still to be published.
    """
    return report.kind in RESTRICTED or is_about_unpublished_early(report)


def is_about_unpublished_early(report: Report) -> bool:
    # This runs for each report and action, so the shorter query comes first. The second query finds reports that people
    # started. It runs only for reports of the kind EARLY.
    if Suspicion.objects.unpublished_early().filter(report=report.pk).exists():
        return True
    return report.kind == ReportKind.EARLY and Report.objects.about_unpublished_early().filter(pk=report.pk).exists()


def is_about_sealed_release(report: Report) -> bool:
    """Return whether a report of the kind `EARLY` is about a release that is still to be published.

    The document of the report must not link to the outputs until the release is published.
    """
    return report.kind == ReportKind.EARLY and is_about_unpublished_early(report)


def is_dealing_with(person: Person, report: Report) -> bool:
    """Return whether a person started a report or is assigned to it."""
    if person.pk is None:
        return False
    if report.person_dealing_id == person.pk:
        return True
    return StartedReport.objects.filter(report=report, started_by_id=person.pk).exists()


def may_act_on(person: Person, action: Action, report: Report) -> bool:
    return bool(TABLE[action] & roles_for(person, report))


def may_start(person: Person, producer: Producer) -> bool:
    return bool(WRITERS & roles_of(person, producer))


def may_start_about(person: Person, release: Release) -> bool:
    """Return whether a person may start a report about a release.

    If the release belongs to a training, the person must also take part in the training.
    """
    return may_start(person, release.series.producer) and is_open_to(person, release.training)


def producers_written_for(person: Person) -> QuerySet[Producer]:
    return producers_with(person, WRITERS)


def report_producers(person: Person, action: Action = Action.VIEW) -> QuerySet[Producer]:
    """Return the producers on whose reports a person may perform an action."""
    return producers_with(person, TABLE[action])


def acting_role(person: Person, action: Action, producer: Producer) -> Role:
    """Return the most senior role that allows a person to perform an action for a producer.

    A role that the person has only while covering for someone else comes last.

    :raises NotYours: if none of the person's roles allows the action.
    """
    held = TABLE[action] & roles_of(person, producer)
    if not held:
        raise NotYours(f"{person} has no role at {producer} that allows this action: {action.replace('_', ' ')}.")
    return _most_senior(held & standing_roles_of(person, producer) or held)


def starting_role(person: Person, producer: Producer, *, release: Release | None = None) -> Role:
    """Return the most senior role that allows a person to start a report.

    :param release: the release that the report is about, if any.
    :raises NotYours: if none of the person's roles allows it, or if the release is for a training in which the person
        does not take part.
    """
    held = WRITERS & roles_of(person, producer)
    if not held or (release is not None and not is_open_to(person, release.training)):
        raise NotYours(f"{person} may not start reports of {producer}.")
    return _most_senior(held)


def moves_open_to(person: Person, report: Report) -> tuple[str, ...]:
    """Return the moves that a person may make with a report in its present state, in lifecycle order."""
    moves = REPORT.available(source=report.status, roles=roles_for(person, report))
    if report.training_id:
        moves = tuple(move for move in moves if move != SEND)
    if DECISIONS.isdisjoint(moves):
        return moves
    closed = find_closed_moves(report)
    if declared_own_act(person, report):
        closed |= DECISIONS
    return tuple(move for move in moves if move not in closed)


def find_closed_moves(report: Report) -> frozenset[str]:
    """Return the moves that a report does not allow although its state does.

    An undecided report does not allow some moves because it was sent before, or was never sent. A report that was sent
    can be sent again only if its email failed for good.
    """
    if report.status in (ReportStatus.SENT, ReportStatus.CLOSED):
        return frozenset() if find_failed_dispatch(report) else frozenset({SEND})
    if report.status not in UNDECIDED:
        return frozenset()
    return CLOSED_ONCE_SENT if report.dispatches.exists() else CLOSED_UNTIL_SENT


def find_failed_dispatch(report: Report) -> Dispatch | None:
    """Return the last dispatch of a report that was sent, if its email failed for good, or None."""
    if report.status not in (ReportStatus.SENT, ReportStatus.CLOSED):
        return None
    last = report.dispatches.filter(nature=Nature.REPORT).with_email().last()
    return last if last and last.email == EMAIL_FAILED else None


def declared_own_act(person: Person, report: Report) -> bool:
    return any(own_act.person_id == person.pk for own_act in report.own_acts.all())


def may_write_or_decide(person: Person, report: Report) -> bool:
    return bool(WRITERS & roles_for(person, report))


def may_settle_wording(person: Person) -> bool:
    """Return whether a person may open the page of the Code of Practice and confirm wording there."""
    return bool(CODE_EDITORS & roles_anywhere(person))


def may_ever(person: Person, move: str, report: Report) -> bool:
    """Return whether a person may make a move in at least one state of a report.

    If not, the page of the move does not exist for this person.
    """
    if move == SEND and report.training_id:
        return False
    roles = roles_for(person, report)
    return any(row.name == move and row.roles & roles for row in REPORT.moves)


def senior_role(person: Person, roles: frozenset[Role], report: Report) -> Role:
    """Return the most senior of the given roles that a person has for a report.

    A role that the person has only while covering for someone else comes last.

    :raises ValueError: if the person has none of the given roles.
    """
    held = roles & roles_for(person, report)
    if not held:
        raise ValueError(f"{person} has none of the roles that are required for this.")
    return _most_senior(held & standing_roles_of(person, report.producer) or held)


def _most_senior(roles: frozenset[Role]) -> Role:
    return next(role for role in BY_WEIGHT if role in roles)
