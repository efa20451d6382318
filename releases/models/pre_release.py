"""Pre-release access lists, and requests to change them.

In this app, names and email addresses of people with access are stored only in `PreReleaseAccess` and
`PreReleaseRequest`. They have no history and are not part of any event or hash. They are erased at the end of their
retention period.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import choices_of
from releases.models.release import Release
from releases.rules.pre_release import (
    AccessStatus,
    Details,
    Oddity,
    Period,
    RequestKind,
    RequestStatus,
    Unit,
    find_oddities,
    is_over_limit,
    needs_judgement,
)


class AccessDetails(models.Model):
    post = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200)
    person = models.CharField(max_length=200, blank=True)
    email = models.EmailField(lazy("email address"), blank=True)
    length = models.PositiveSmallIntegerField(default=24)
    unit = models.CharField(max_length=12, choices=choices_of(Unit), default=Unit.HOURS)
    period_reason = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    public_benefit = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=lazy("Why the public benefit outweighs the limit of the order. Shown on the published list."),
    )
    authority_notified_on = models.DateField(
        null=True, blank=True, help_text=lazy("When the Authority was notified of the longer period.")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        # Never include the person, because Django writes this text into pages, messages and logs.
        return f"{self.post}, {self.organisation}"

    @property
    def period(self) -> Period:
        return Period(self.length, Unit(self.unit))

    @property
    def details(self) -> Details:
        return Details(
            post=self.post,
            organisation=self.organisation,
            person=self.person,
            email=self.email,
            period=self.period,
            reason=self.reason,
            period_reason=self.period_reason,
            public_benefit=self.public_benefit,
            authority_notified_on=self.authority_notified_on,
        )


def columns_of(details: Details) -> dict[str, Any]:
    return {
        "post": details.post,
        "organisation": details.organisation,
        "person": details.person,
        "email": details.email,
        "length": details.period.length,
        "unit": details.period.unit,
        "period_reason": details.period_reason,
        "reason": details.reason,
        "public_benefit": details.public_benefit,
        "authority_notified_on": details.authority_notified_on,
    }


class PreReleaseAccess(AccessDetails):
    """An entry of a pre-release access list, which gives one post access to one release.

    The start of the access period is not stored. It is computed from the due time.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="pre_release_access")
    status = models.CharField(
        max_length=10,
        choices=choices_of(AccessStatus),
        default=AccessStatus.GRANTED,
    )
    version = models.PositiveIntegerField(default=1)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("organisation", "post", "pk")
        verbose_name_plural = lazy("pre-release access")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(AccessStatus)), name="access_status_is_known"),
            models.CheckConstraint(condition=Q(length__gte=1), name="access_has_a_period"),
            models.CheckConstraint(
                condition=(Q(status__in=[AccessStatus.GRANTED, AccessStatus.WITHDRAWN], began_at__isnull=True))
                | (Q(status__in=[AccessStatus.BEGUN, AccessStatus.ENDED], began_at__isnull=False)),
                name="access_that_began_says_when",
            ),
            models.CheckConstraint(
                condition=(Q(status=AccessStatus.ENDED, ended_at__gte=models.F("began_at")))
                | (~Q(status=AccessStatus.ENDED) & Q(ended_at__isnull=True)),
                name="access_that_ended_says_when",
            ),
            models.CheckConstraint(
                condition=(Q(status=AccessStatus.WITHDRAWN, withdrawn_at__isnull=False))
                | (~Q(status=AccessStatus.WITHDRAWN) & Q(withdrawn_at__isnull=True)),
                name="access_that_was_withdrawn_says_when",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="access_agreed_by_and_at_go_together",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(person="", email=""), name="access_erased_holds_no_name"
            ),
        ]

    @property
    def begins_at(self) -> datetime | None:
        """The instant at which the period begins, or None while the release has no exact date."""
        return self._begins_before(self.release.due_at)

    @property
    def earlier_begins_at(self) -> datetime | None:
        """The start of the period before the date that was in force when access began.

        None if access has not begun, if the release was not rescheduled since, or if its date was not exact then.
        """
        change = self.release.find_change_after(self.began_at) if self.began_at else None
        begins_at = self._begins_before(change.was.due_at) if change else None
        return begins_at if begins_at != self.begins_at else None

    def _begins_before(self, due_at: datetime | None) -> datetime | None:
        return self.period.begins(due_at, nation=self.release.series.order_nation) if due_at else None

    @property
    def is_over_limit(self) -> bool:
        """Whether the period exceeds the present limit and no recorded judgement allows this.

        A period that was within the limit when it was granted can exceed the limit later. For example, if a release is
        moved to a Monday, a period of one working day becomes longer than 24 hours.
        """
        terms, due_at = self.release.series.pre_release_terms(), self.release.due_at
        if not is_over_limit(self.period, terms=terms, due_at=due_at):
            return False
        judged = bool(self.public_benefit) and self.authority_notified_on is not None
        return not (judged and needs_judgement(self.period, terms=terms, due_at=due_at))

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """Reasons why the access may not have been allowed: it began too early, or its period is too long."""
        return find_oddities(
            began_at=self.began_at,
            begins_at=self.earlier_begins_at or self.begins_at,
            granted_at=self.granted_at,
            over_limit=self.status != AccessStatus.WITHDRAWN and self.is_over_limit,
        )


class PreReleaseRequest(AccessDetails):
    """A request to change the access list of a release.

    From 24 hours before the release, only a Head of Profession or deputy can change the list. Other people create a
    request, and a Head of Profession or deputy decides on it.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="pre_release_requests")
    kind = models.CharField(max_length=10, choices=choices_of(RequestKind))
    entry = models.ForeignKey(PreReleaseAccess, on_delete=models.CASCADE, null=True, related_name="requests")
    entry_version = models.PositiveIntegerField(null=True)
    status = models.CharField(
        max_length=10,
        choices=choices_of(RequestStatus),
        default=RequestStatus.WAITING,
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("asked_at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(RequestStatus)), name="access_request_status_is_known"),
            models.CheckConstraint(condition=Q(kind__in=list(RequestKind)), name="access_request_kind_is_known"),
            models.CheckConstraint(
                condition=(Q(kind=RequestKind.ADD, entry__isnull=True))
                | (~Q(kind=RequestKind.ADD) & Q(entry__isnull=False, entry_version__isnull=False)),
                name="access_request_names_its_entry",
            ),
            models.CheckConstraint(
                condition=Q(status=RequestStatus.WAITING, decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(status=RequestStatus.WAITING) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="access_request_decided_says_by_whom",
            ),
            # A decided request contains no name. If the request was agreed, the list contains the name. Otherwise, the
            # name is not needed.
            models.CheckConstraint(
                condition=Q(status=RequestStatus.WAITING) | Q(person="", email=""),
                name="access_request_decided_holds_no_name",
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(status=RequestStatus.WAITING),
                name="one_waiting_request_per_entry",
            ),
        ]
