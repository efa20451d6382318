"""Requests to change the date of a confirmed release: they wait until a Head of Profession or deputy decides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.core.agreement import RequestState
from releases.core.dates.calendar import Slot
from releases.core.status import Status
from releases.models.code_words import choices_of
from releases.models.release import Release


class DateChangeRequestQuerySet(models.QuerySet["DateChangeRequest"]):
    """Requests by where they stand."""

    def waiting(self) -> "DateChangeRequestQuerySet":
        """Return the requests that can still be agreed to: the release is as it was when they were made."""
        return self.filter(state=RequestState.WAITING).filter(_AS_IT_WAS)

    def overtaken(self) -> "DateChangeRequestQuerySet":
        """Return the requests that nobody decided and whose release was moved, published or cancelled meanwhile."""
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

    def state_beside(self, release: Release) -> RequestState:
        """Return where the request stands beside its release as it is now: one that was overtaken waits no more."""
        as_it_was = release.status == Status.CONFIRMED and release.schedule_version == self.schedule_version
        state = RequestState(self.state)
        return RequestState.LAPSED if state is RequestState.WAITING and not as_it_was else state

    @property
    def was(self) -> Slot:
        """The slot that the release had when the change was asked for."""
        return Slot(on=self.was_on, at=self.was_at, zone=self.zone)

    @property
    def to(self) -> Slot:
        """The slot that was asked for."""
        return Slot(on=self.to_on, at=self.to_at, zone=self.zone)
