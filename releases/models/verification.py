"""Verdicts on releases, statements by people, morning summaries and minute briefs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as lazy

from releases.detection.finding import AddressRole
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of
from releases.models.producer import Producer
from releases.models.release import Address, Release
from releases.models.training import Training
from releases.rules.calendar import limit_at
from releases.rules.lifecycle import to_words
from releases.rules.parts import Part, part_limit_at
from releases.verdict.address import RULES_VERSION, AddressVerdict, BeforeDue, Flip, Gap, Interval, Outcome
from releases.verdict.release import LATE_AT_LAST, AddressResult, ReleaseVerdict
from releases.verdict.vantage import VantageFindings

MINUTE = timedelta(minutes=1)


class Verification(models.Model):
    """The verdict on one schedule of a release.

    The release went live between `last_not_live_at` and `first_live_at`. The delay after the due time is between
    `delay_from` and `delay_to`.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="verifications")
    schedule_version = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    tolerance_seconds = models.PositiveSmallIntegerField()
    outcome = models.CharField(
        max_length=12,
        choices=choices_of(Outcome, capital=False),
        default=Outcome.PENDING,
    )
    last_not_live_at = models.DateTimeField(null=True)
    first_live_at = models.DateTimeField(null=True)
    delay_from = models.FloatField(lazy("shortest possible delay (seconds)"), null=True)
    delay_to = models.FloatField(lazy("longest possible delay (seconds)"), null=True)
    occurred_at = models.DateTimeField(null=True)
    addresses = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    published_at_by_publisher = models.DateTimeField(
        null=True,
        help_text=lazy("The time stated by the publisher’s own system. Readers may have seen the release later."),
    )
    publisher_source = models.CharField(max_length=40, blank=True)
    diagnoses = models.JSONField(default=list, help_text=lazy("What may explain the result, such as an edge cache."))
    decided_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)
    rules_version = models.PositiveSmallIntegerField(
        default=RULES_VERSION, help_text=lazy("The version of the rules used to decide the result.")
    )

    class Meta:
        verbose_name = lazy("release check")
        verbose_name_plural = lazy("release checks")
        # `verification_by_due` contains all columns that are needed to count the verdicts of a period.
        indexes = [
            models.Index(fields=["due_at", "outcome", "release", "delay_to"], name="verification_by_due"),
            models.Index(fields=["release"], name="early_verifications", condition=Q(outcome=Outcome.EARLY)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "schedule_version"], name="one_verification_per_schedule_version"
            ),
            models.CheckConstraint(condition=Q(outcome__in=list(Outcome)), name="outcome_is_known"),
            models.CheckConstraint(
                condition=Q(delay_to__isnull=True) | Q(delay_to__gte=F("delay_from")),
                name="delay_is_an_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release}: {to_words(self.outcome)}"

    @property
    def limit_at(self) -> datetime:
        """The last instant at which the release is on time, computed with the tolerance at the due time."""
        return limit_at(self.due_at, tolerance_seconds=self.tolerance_seconds)

    @property
    def missed_limit_at(self) -> datetime:
        """The first limit at which a required page or file was not live.

        If no required page or file is known to be late, this is the limit of the release.
        """
        late = (one.may_follow for one in self.results if one.required and one.verdict.from_due in LATE_AT_LAST)
        return part_limit_at(self.limit_at, may_follow=min(late, default=timedelta(0)))

    @property
    def clock_bound(self) -> timedelta:
        """The largest error bound of our clock at the checks that decided the results."""
        return max((one.verdict.clock_bound for one in self.results), default=timedelta(0))

    @property
    def results(self) -> tuple[AddressResult, ...]:
        # Pages and drafts need the results several times. The results are cached until `addresses` is replaced.
        read: tuple[Any, tuple[AddressResult, ...]] = self.__dict__.get("_read", (None, ()))
        if read[0] is not self.addresses:
            read = self.__dict__["_read"] = self.addresses, read_results(self.addresses)
        return read[1]


class VerdictRequest(models.Model):
    """A request to judge a release. There is one row for each address of the release.

    Requests are used only if separate processes judge releases. The rows are deleted when the release is judged. Each
    new request for an address sets a new `version`, so that a request made during the judgement is not deleted.
    """

    address = models.OneToOneField(Address, on_delete=models.CASCADE, primary_key=True, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    schedule_version = models.PositiveIntegerField()
    answered_until = models.DateTimeField(
        help_text=lazy("Every planned check up to this time is stored or has timed out.")
    )
    requested_at = models.DateTimeField()
    version = models.UUIDField()
    claimed_by = models.CharField(max_length=100, blank=True, default="")
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["requested_at", "release"], name="verdict_request_by_age"),
            models.Index(
                fields=["claimed_until"], name="claimed_verdict_request", condition=Q(claimed_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: to be judged"


def write_verdict(verdict: ReleaseVerdict) -> dict[str, Any]:
    """Return a verdict as a dict that maps columns of `Verification` to their values."""
    deciding = verdict.deciding
    delay = deciding.delay if deciding else None
    return {
        "outcome": verdict.outcome,
        "last_not_live_at": deciding.last_not_live_at if deciding else None,
        "first_live_at": deciding.first_live_at if deciding else None,
        "delay_from": delay.from_seconds if delay else None,
        "delay_to": delay.to_seconds if delay else None,
        "occurred_at": verdict.occurred_at,
        "reasons": sorted({reason for result in verdict.addresses for reason in result.reasons}),
        "addresses": [write_address_result(result) for result in verdict.addresses],
        "published_at_by_publisher": verdict.published_at,
        "publisher_source": verdict.publisher_source or "",
        "diagnoses": list(verdict.diagnoses),
    }


def write_address_result(result: AddressResult) -> dict[str, Any]:
    """Return the result of one address in the JSON form that `read_results` can read."""
    verdict = result.verdict
    vantage = asdict(result.vantage, dict_factory=_lists_of) if result.vantage else None
    # These keys are written only if they have a value, so that results without named parts are the same as in earlier
    # versions.
    named = {"part": result.part.value} if result.part else {}
    follows = {"may_follow_minutes": result.may_follow // MINUTE} if result.may_follow else {}
    return (
        ({"vantage": vantage} if vantage else {})
        | named
        | follows
        | {
            "address": result.address,
            "url": result.url,
            "role": result.role,
            "required": result.required,
            "outcome": verdict.outcome,
            "before_due": verdict.before,
            "from_due": verdict.from_due,
            "last_not_live_at": _write_instant(verdict.last_not_live_at),
            "first_live_at": _write_instant(verdict.first_live_at),
            "live_before_due_at": _write_instant(verdict.live_before_due_at),
            "gone_again_at": _write_instant(verdict.gone_again_at),
            "settled_at": _write_instant(result.settled_at),
            "longest_gap_seconds": result.longest_gap.total_seconds(),
            "gaps": [[_write_instant(gap.begins_at), _write_instant(gap.ends_at)] for gap in verdict.gaps],
            "flips": [[_write_instant(flip.gone_at), _write_instant(flip.back_at)] for flip in verdict.flips],
            "delay": [verdict.delay.from_seconds, verdict.delay.to_seconds] if verdict.delay else None,
            "clock_bound_seconds": verdict.clock_bound.total_seconds(),
            "looks": result.checks,
            "reasons": list(result.reasons),
        }
    )


def _lists_of(fields: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, list[str]]:
    return {name: list(names) for name, names in fields}


def read_results(addresses: Iterable[Mapping[str, Any]]) -> tuple[AddressResult, ...]:
    """Return the results of a release's addresses from the `addresses` column, as written by `write_verdict`."""
    return tuple(map(_read_result, addresses))


def _read_result(stored: Mapping[str, Any]) -> AddressResult:
    # The oldest stored verdicts have no "flips". They have only the instant at which the address first disappeared.
    flips = stored.get("flips") or ([(stored["gone_again_at"], None)] if stored["gone_again_at"] else [])
    return AddressResult(
        address=stored["address"],
        url=stored["url"],
        role=AddressRole(stored["role"]),
        required=stored["required"],
        verdict=AddressVerdict(
            outcome=Outcome(stored["outcome"]),
            before=BeforeDue(stored["before_due"]),
            from_due=Outcome(stored["from_due"]),
            last_not_live_at=_read_instant(stored["last_not_live_at"]),
            first_live_at=_read_instant(stored["first_live_at"]),
            live_before_due_at=_read_instant(stored["live_before_due_at"]),
            delay=Interval(*stored["delay"]) if stored["delay"] else None,
            clock_bound=timedelta(seconds=stored.get("clock_bound_seconds", 0)),
            flips=tuple(Flip(datetime.fromisoformat(gone_at), _read_instant(back_at)) for gone_at, back_at in flips),
            gaps=tuple(Gap(*map(datetime.fromisoformat, gap)) for gap in stored["gaps"]),
        ),
        longest_gap=timedelta(seconds=stored["longest_gap_seconds"]),
        settled_at=_read_instant(stored.get("settled_at")),
        checks=stored["looks"],
        reasons=tuple(stored["reasons"]),
        vantage=VantageFindings(**{name: tuple(names) for name, names in stored.get("vantage", {}).items()}),
        part=Part(stored.get("part", "")),
        may_follow=stored.get("may_follow_minutes", 0) * MINUTE,
    )


def _write_instant(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _read_instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


class StatementQuerySet(AppendOnlyQuerySet["Statement"]):
    def in_order(self) -> Self:
        """Return statements by time, oldest first. Statements with the same time are in the order of storage."""
        return self.order_by("stated_at", "pk")


class Statement(AppendOnly):
    """A person's statement about a release's address, stored separately from the checks."""

    class Kind(models.TextChoices):
        THIS_IS_IT = "this_is_it", lazy("This is the release")
        PREVIOUS_EDITION = "previous_edition", lazy("This is the previous edition")
        NOT_IT = "not_it", lazy("This is something else")
        WAS_LIVE = "was_live", lazy("It was live at")

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="statements")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, null=True, related_name="statements")
    schedule_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    text_digest = models.CharField(max_length=64, blank=True)
    live_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("staff statement")
        verbose_name_plural = lazy("staff statements")
        ordering = ("stated_at",)
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="was_live") & Q(live_at__isnull=False))
                | (~Q(kind="was_live") & Q(live_at__isnull=True) & ~Q(text_digest="")),
                name="statement_says_of_what_or_when",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class RollCall(models.Model):
    """The morning summary of one producer, which counts the releases due at 9:30am on one day.

    The releases are counted when all of them are judged, or at the latest ten minutes after 9:30am.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="roll_calls")
    day = models.DateField()
    due = models.PositiveIntegerField()
    live = models.PositiveIntegerField()
    not_live = models.PositiveIntegerField()
    cannot_tell = models.PositiveIntegerField()
    releases = models.JSONField(default=list)
    called_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "producer")
        constraints = [models.UniqueConstraint(fields=["producer", "day"], name="one_roll_call_per_producer_and_day")]

    def __str__(self) -> str:
        return f"{self.producer}, {self.day}: {self.live} of {self.due} live"


class MinuteBrief(models.Model):
    """The minute brief about the releases of one producer that are due at one instant.

    A brief is made if some of the releases were not live at the limit. The row ensures that a brief is made and sent at
    most once for each limit. The page of the brief is computed from the record whenever a person reads the page.
    Rehearsals have separate briefs, and so does each training.

    A release can have a later limit, such as the limit of a part that may follow. If it was not live at the later
    limit, `limit_at`, `ready_at` and `made_at` are set for that limit, and the brief is sent again.

    :ivar limit_at: the first limit at which a release was not live. After an update, limits that were already sent are
        left out.
    :ivar ready_at: when the brief could be made: five seconds after the limit, or when a verdict was first stored,
        whichever is later.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="minute_briefs")
    due_at = models.DateTimeField()
    rehearsal = models.BooleanField(default=False)
    training = models.ForeignKey(Training, on_delete=models.PROTECT, null=True, related_name="+")
    limit_at = models.DateTimeField()
    ready_at = models.DateTimeField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = lazy("minute brief")
        verbose_name_plural = lazy("minute briefs")
        ordering = ("-due_at", "producer")
        constraints = [
            models.UniqueConstraint(
                fields=["producer", "due_at", "rehearsal"],
                condition=Q(training__isnull=True),
                name="one_minute_brief_per_producer_and_instant",
            ),
            models.UniqueConstraint(
                fields=["training", "producer", "due_at"],
                condition=Q(training__isnull=False),
                name="one_minute_brief_per_training_and_instant",
            ),
            models.CheckConstraint(
                condition=Q(training__isnull=True) | Q(rehearsal=True), name="minute_brief_of_training_is_rehearsal"
            ),
            models.CheckConstraint(condition=Q(made_at__gte=F("limit_at")), name="minute_brief_is_after_the_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.producer}, {self.due_at:%Y-%m-%d %H:%M} UTC"
