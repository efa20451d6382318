"""Date changes, corrected public reasons, and requests to change a date."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet
from releases.models.code_words import choices_of
from releases.models.release import Release
from releases.rules.calendar import Precision, Slot
from releases.rules.date_change import RequestState
from releases.rules.lifecycle import Status


class DateChangeQuerySet(AppendOnlyQuerySet["DateChange"]):
    def made_since(self, instant: datetime) -> Self:
        """Return the changes made after an instant: agreed to then, or made then if no agreement was needed."""
        return self.filter(Q(agreed_at__gt=instant) | Q(agreed_at__isnull=True, requested_at__gt=instant))


class DateChange(AppendOnly):
    """One change of a release's date: was, to, why, who asked (empty: an import), who agreed, when announced."""

    # The change outlives a release that was deleted before it was ever public, so nothing ties the two rows.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="date_changes")
    schedule_version = models.PositiveIntegerField()
    was_on = models.DateField()
    was_at = models.TimeField(null=True)
    was_precision = models.CharField(max_length=10)
    to_on = models.DateField()
    to_at = models.TimeField(null=True)
    to_precision = models.CharField(max_length=10)
    zone = models.CharField(max_length=50, default="Europe/London")
    public_reason = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)

    objects = DateChangeQuerySet.as_manager()

    class Meta:
        ordering = ("release", "schedule_version")
        indexes = [
            models.Index(
                fields=["announced_at", "release"],
                name="date_change_by_announced",
                condition=Q(announced_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version"], name="one_date_change_per_schedule_version"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="date_change_agreed_by_and_at_go_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.was} to {self.to}"

    @property
    def made_at(self) -> datetime:
        """The instant of the agreement, or of the change if no agreement was needed."""
        return self.agreed_at or self.requested_at

    @property
    def last_correction(self) -> "ReasonCorrection | None":
        corrections = list(self.corrections.all())
        return corrections[-1] if corrections else None

    @property
    def was(self) -> Slot:
        return Slot(on=self.was_on, at=self.was_at, precision=Precision(self.was_precision), zone=self.zone)

    @property
    def to(self) -> Slot:
        return Slot(on=self.to_on, at=self.to_at, precision=Precision(self.to_precision), zone=self.zone)


class ReasonCorrection(AppendOnly):
    """A corrected public reason of one date change, and the lead who agreed to it."""

    change = models.ForeignKey(DateChange, on_delete=models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    public_reason = models.TextField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("change", "number")
        constraints = [
            models.UniqueConstraint(fields=["change", "number"], name="one_reason_correction_per_number"),
            models.CheckConstraint(condition=~Q(public_reason=""), name="corrected_reason_is_a_reason"),
        ]

    def __str__(self) -> str:
        return self.public_reason


class DateChangeRequestQuerySet(models.QuerySet["DateChangeRequest"]):
    def waiting(self) -> "DateChangeRequestQuerySet":
        """Return the requests that can still be agreed to, because the release is unchanged."""
        return self.filter(state=RequestState.WAITING).filter(_AS_IT_WAS)

    def overtaken(self) -> "DateChangeRequestQuerySet":
        """Return the undecided requests whose release was moved, published or cancelled meanwhile."""
        return self.filter(state=RequestState.WAITING).exclude(_AS_IT_WAS)


_AS_IT_WAS = Q(release__status=Status.CONFIRMED, release__schedule_version=F("schedule_version"))


class DateChangeRequest(models.Model):
    """One request: the date and time that the release has, the ones asked for, and the reason for the public."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="date_requests")
    schedule_version = models.PositiveIntegerField(help_text=lazy("The schedule that was to be changed."))
    was_on = models.DateField()
    was_at = models.TimeField()
    to_on = models.DateField()
    to_at = models.TimeField()
    zone = models.CharField(max_length=50, default="Europe/London")
    public_reason = models.TextField()
    state = models.CharField(max_length=10, choices=choices_of(RequestState), default=RequestState.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True, help_text=lazy("Why it was refused, for the person who asked."))

    objects = DateChangeRequestQuerySet.as_manager()

    class Meta:
        ordering = ("requested_at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(RequestState)), name="request_state_is_known"),
            models.UniqueConstraint(
                fields=["release"], condition=Q(state=RequestState.WAITING), name="one_waiting_request_per_release"
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.WAITING, decided_at__isnull=True, decided_by__isnull=True)
                | Q(state=RequestState.LAPSED, decided_at__isnull=False, decided_by__isnull=True)
                | (
                    ~Q(state__in=[RequestState.WAITING, RequestState.LAPSED])
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                ),
                name="request_says_who_decided_and_when",
            ),
            models.CheckConstraint(
                condition=(Q(state=RequestState.REFUSED) & ~Q(refusal=""))
                | (~Q(state=RequestState.REFUSED) & Q(refusal="")),
                name="refused_request_says_why",
            ),
            models.CheckConstraint(condition=~Q(public_reason=""), name="request_gives_a_public_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.was} to {self.to}"

    def current_state(self, release: Release) -> RequestState:
        """Return the state with regard to the release as it is now: an overtaken request has lapsed."""
        as_it_was = release.status == Status.CONFIRMED and release.schedule_version == self.schedule_version
        state = RequestState(self.state)
        return RequestState.LAPSED if state is RequestState.WAITING and not as_it_was else state

    @property
    def was(self) -> Slot:
        return Slot(on=self.was_on, at=self.was_at, zone=self.zone)

    @property
    def to(self) -> Slot:
        return Slot(on=self.to_on, at=self.to_at, zone=self.zone)
