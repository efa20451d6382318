"""Where the trail is read from: events and histories that are kept anyway, each for the people who may read it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import F, Model, Q, QuerySet

from breaches.models import Edition, Practice, RegisterEvent, ReportEvent
from breaches.permissions import reports_with
from breaches.register.export import EXPORTED as REGISTER_EXPORTED
from releases.evidence.embargo import READ
from releases.evidence.export import EXPORTED as EVIDENCE_EXPORTED
from releases.models import Address, Contact, Exemption, Membership, Producer, Release, ReleaseEvent, Series
from statsoffice.audit.models import AccountEvent, What
from statsoffice.audit.permissions import TABLE, Action
from statsoffice.audit.scope import Scope
from statsoffice.messages.models import Preference

DOCUMENTS = ("downloaded", "draft_downloaded", "statement_downloaded")
DECISIONS = (
    *("returned", "approved", "recorded", "dismissed", "reopened", "sent", "correction_begun", "withdrawn", "closed"),
    *("own_act_declared", "made_public", "public_taken_back", "redacted"),
)
SIGN_INS = tuple(what for what in What if what is not What.FILE_TAKEN)


class Kind(StrEnum):
    """What people look for."""

    SIGN_IN = "sign_in"
    PERMISSION = "permission"
    DOWNLOAD = "download"
    EXPORT = "export"
    DECISION = "decision"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Source:
    """One table of entries: of which kind they are, which rows somebody may read, and what says when and who."""

    name: str
    kind: Kind
    rows: Callable[[Scope], "QuerySet[Any]"]
    at: str = "at"
    who: str = "actor"


def _of_accounts(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        theirs = Q(account__in=scope.people)
        # Nobody knows whose address it was meant to be.
        return AccountEvent.objects.filter(theirs if scope.is_narrowed else theirs | Q(account=None), kind__in=kinds)

    return rows


def _of_releases(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    return lambda scope: ReleaseEvent.objects.filter(release__series__producer__in=scope.producers, kind__in=kinds)


def _of_reports(*kinds: str) -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        reports = reports_with(scope.person, TABLE[Action.READ]).filter(producer__in=scope.producers)
        return ReportEvent.objects.filter(report__in=reports, kind__in=kinds)

    return rows


def _registers(scope: Scope) -> "QuerySet[Any]":
    return RegisterEvent.objects.filter(producer__in=scope.producers, kind=REGISTER_EXPORTED)


def _accounts_changed(scope: Scope) -> "QuerySet[Any]":
    # Groups and invitations are numbered as accounts are: a number alone is no person's.
    theirs = Q(content_type__app_label="accounts", content_type__model="user")
    theirs &= Q(object_id__in=[str(key) for key in scope.people])
    by_them = Q(content_type__app_label__in=["accounts", "auth"], user__in=scope.people)
    return LogEntry.objects.filter(theirs | by_them)


def _history(model: type[Model], producer: str = "") -> Callable[[Scope], "QuerySet[Any]"]:
    def rows(scope: Scope) -> "QuerySet[Any]":
        # django-simple-history adds `history`, and ships no types.
        edited: QuerySet[Any] = model.history.filter(history_user__isnull=False)  # type: ignore[attr-defined]
        if not producer:
            return edited.none() if scope.is_narrowed else edited
        return edited.filter(**{f"{producer}__in": scope.producers})

    return rows


def _edited(model: type[Model], producer: str = "", *, kind: Kind = Kind.EDIT) -> Source:
    name = f"{model._meta.model_name}_history"
    return Source(name, kind, _history(model, producer), at="history_date", who="history_user")


SOURCES = {
    source.name: source
    for source in (
        Source("sign_ins", Kind.SIGN_IN, _of_accounts(*SIGN_INS)),
        Source("files", Kind.EXPORT, _of_accounts(What.FILE_TAKEN)),
        Source("registers", Kind.EXPORT, _registers),
        Source("evidence", Kind.EXPORT, _of_releases(EVIDENCE_EXPORTED)),
        Source("documents", Kind.DOWNLOAD, _of_reports(*DOCUMENTS)),
        Source("decisions", Kind.DECISION, _of_reports(*DECISIONS)),
        Source("bodies", Kind.DOWNLOAD, _of_releases(READ)),
        Source("accounts", Kind.PERMISSION, _accounts_changed, at="action_time", who="user"),
        _edited(Membership, "producer", kind=Kind.PERMISSION),
        _edited(Producer, "id"),
        _edited(Contact, "producer"),
        _edited(Series, "producer"),
        _edited(Release, "series__producer"),
        _edited(Address, "release__series__producer"),
        _edited(Exemption, "producer"),
        _edited(Preference, "producer"),
        _edited(Edition),
        _edited(Practice),
    )
}


def timed(source: Source, scope: Scope) -> "QuerySet[Any]":
    """Return the rows of a source that somebody may read, with `when` each happened and `whose` doing it was."""
    found: QuerySet[Any] = source.rows(scope).order_by().annotate(when=F(source.at), whose=F(source.who))
    return found
