"""Producers, contacts, memberships, series and exemptions."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of, redaction_marker
from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation, format_day, local_date
from releases.rules.cover import COVERERS, CoverSpan
from releases.rules.lifecycle import Role
from releases.rules.pre_release import (
    LONGEST,
    Period,
    StatisticsKind,
    Terms,
    Unit,
    find_opening_on_rest_day,
    find_terms,
)
from releases.rules.public_calendar import Bilingual
from releases.rules.rota import RotaDays, RotaPlace
from releases.rules.web_address import is_uk_mobile, telephone_uri


class Producer(models.Model):
    name = models.CharField(max_length=300, unique=True)
    welsh_name = models.CharField(
        lazy("name in Welsh"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=lazy("Optional. Welsh pages show the English name without it."),
    )
    slug = models.SlugField(lazy("short name"), max_length=100, unique=True)
    nation = models.CharField(max_length=20, choices=choices_of(Nation), default=Nation.ENGLAND)
    two_person_approval = models.BooleanField(
        lazy("two people must approve a report"),
        default=False,
        help_text=lazy(
            "People cannot approve a breach report if they wrote or submitted it, or chose its cause. They cannot "
            "approve a compliance table if they wrote its text."
        ),
    )
    hosts = models.TextField(
        lazy("websites"),
        blank=True,
        help_text=lazy(
            "One website on each line, for example www.example.gov.uk. Our checks only follow redirects to these "
            "websites and to those of the release."
        ),
    )
    negative_markers = models.TextField(
        lazy("text on a missing page"),
        blank=True,
        help_text=lazy(
            "One phrase on each line. Enter what the website shows before a release is published, for example: Not yet "
            "available"
        ),
    )
    outage_wording = models.TextField(
        lazy("notice for a website outage"),
        blank=True,
        default="",
        db_default="",
        max_length=1000,
        help_text=lazy(
            "The wording that your office has agreed. We offer it to the Head of Profession if your website is down at "
            "release time. For example: Our website is not available. We will publish these statistics as soon as "
            "it is."
        ),
    )
    pre_release_length = models.PositiveSmallIntegerField(
        lazy("usual length of pre-release access"),
        null=True,
        blank=True,
        help_text=lazy(
            "If you leave this empty, the usual length is 24 hours. The length applies to series of the producer’s own"
            " nation. For Scotland and Northern Ireland, it is never longer than the limit in the order. For the UK "
            "and England, only set more than 24 hours if a special provision of the order "
            "allows it. We have not confirmed this provision, or the period for Wales. Check the order."
        ),
    )
    pre_release_unit = models.CharField(
        lazy("hours or working days"),
        max_length=12,
        choices=choices_of(Unit),
        default=Unit.HOURS,
        help_text=lazy("The unit of the usual length of pre-release access."),
    )
    asks_recipients = models.BooleanField(
        lazy("ask people with pre-release access to confirm"),
        default=False,
        db_default=False,
        help_text=lazy(
            "We email each person on a pre-release access list twice. Five working days before their access begins, we"
            " send a link to confirm the terms. When their access begins, we send a link to confirm receipt."
        ),
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pre_release_length__isnull=True)
                | models.Q(
                    pre_release_unit=Unit.HOURS,
                    pre_release_length__gte=1,
                    pre_release_length__lte=LONGEST[Unit.HOURS],
                )
                | models.Q(
                    pre_release_unit=Unit.WORKING_DAYS,
                    pre_release_length__gte=1,
                    pre_release_length__lte=LONGEST[Unit.WORKING_DAYS],
                ),
                name="pre_release_period_is_plausible",
                violation_error_message=lazy(
                    "A period of pre-release access is between 1 and 240 hours, or 1 and 10 working days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> Bilingual:
        return Bilingual(self.name, self.welsh_name)

    def own_pre_release_period(self) -> Period | None:
        return Period(self.pre_release_length, Unit(self.pre_release_unit)) if self.pre_release_length else None

    def closed_days(self) -> frozenset[date]:
        """Return the dates of the producer's non-working days. Prefetched rows are used if there are any."""
        return frozenset(day.on for day in self.non_working_days.all())

    def phrases_of_absence(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.negative_markers.splitlines() if line.strip())

    def host_names(self) -> frozenset[str]:
        """Return the hosts in the producer's list of websites, in lower case."""
        return frozenset(line.strip().lower() for line in self.hosts.splitlines() if line.strip())


class NonWorkingDay(models.Model):
    """A day on which a producer's office does not work, in addition to weekends and bank holidays."""

    producer = models.ForeignKey(Producer, on_delete=models.CASCADE, related_name="non_working_days")
    on = models.DateField(lazy("date"))
    title = models.CharField(lazy("name"), max_length=200, help_text=lazy("For example, Privilege day"))
    history = HistoricalRecords()

    class Meta:
        verbose_name = lazy("day when the office is closed")
        verbose_name_plural = lazy("days when the office is closed")
        ordering = ("on",)
        constraints = [models.UniqueConstraint(fields=["producer", "on"], name="one_non_working_day_per_date")]

    def __str__(self) -> str:
        return f"{self.title}, {format_day(self.on)}"


class FormerDetails(models.Model):
    """A base class for the history of contacts. `erased` maps each removed detail to the time of its removal."""

    erased = models.JSONField(
        null=True,
        editable=False,
        help_text=lazy("Which details were removed at the end of their retention period, and when."),
    )

    class Meta:
        abstract = True


class Contact(models.Model):
    """A person or team that readers and colleagues can contact. Reports contain a copy of the contact details."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=200)
    is_team = models.BooleanField(lazy("this is a team"), default=False)
    post = models.CharField(max_length=200, blank=True, help_text=lazy("For example, Senior analytical officer"))
    email = models.EmailField(lazy("email address"))
    telephone = models.CharField(max_length=50, blank=True)
    is_public = models.BooleanField(
        lazy("show to readers"),
        default=False,
        help_text=lazy(
            "Readers see the name, email address and telephone number on the pages of releases that this contact is "
            "responsible for."
        ),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        help_text=lazy("This person’s account in this service, if they have one."),
    )
    history = HistoricalRecords(bases=[FormerDetails])

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["producer", "email"], name="one_contact_per_producer_and_email")]

    def __str__(self) -> str:
        return self.name

    @property
    def mobile_number(self) -> str:
        """The UK mobile number, formatted as for text messages, such as 07700900123. Empty if there is none."""
        uri = telephone_uri(self.telephone)
        return uri.removeprefix("tel:") if is_uk_mobile(uri) else ""

    def clean(self) -> None:
        """:raises ValidationError: if the telephone field contains no number that a `tel:` link can use."""
        if self.telephone and not telephone_uri(self.telephone):
            sentence = _("Enter a phone number, for example 020 7946 0000 or +44 20 7946 0000.")
            raise ValidationError({"telephone": sentence})


class MembershipQuerySet(models.QuerySet["Membership"]):
    def with_named(self) -> "MembershipQuerySet":
        """Annotate each membership with `was_named`: whether the user was ever named to cover for the producer."""
        covers = Cover.objects.filter(producer=OuterRef("producer"), person=OuterRef("user"))
        return self.annotate(was_named=Exists(covers))


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=choices_of(Role))
    history = HistoricalRecords()
    has_cover = False  # set by `releases.permissions`, if the user covers for a Head of Profession of the producer now

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("role")
        verbose_name_plural = lazy("roles")
        ordering = ("producer", "role")
        constraints = [
            models.UniqueConstraint(fields=["user", "producer", "role"], name="one_membership_per_role"),
            models.CheckConstraint(condition=models.Q(role__in=list(Role)), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role.replace('_', ' ')}, {self.producer}"


class CoverQuerySet(models.QuerySet["Cover"]):
    def in_force(self, *, at: datetime) -> "CoverQuerySet":
        """Return the valid covers that are in force at an aware instant."""
        on = local_date(at)
        not_ended = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
        return self.valid().filter(not_ended, starts_on__lte=on, ends_on__gte=on)

    def valid(self) -> "CoverQuerySet":
        """Return the covers that the present roles allow, whether past, current or future.

        The absent person must still be a Head of Profession. The person who covers must still have an active account
        and a role that can cover.
        """
        roles = Membership.objects.filter(producer=OuterRef("producer"))
        is_head = Exists(roles.filter(user=OuterRef("absent"), role=Role.HEAD_OF_PROFESSION))
        has_role = Exists(roles.filter(user=OuterRef("person"), role__in=list(COVERERS)))
        return self.filter(is_head, has_role, person__is_active=True)


class Cover(models.Model):
    """A period in which a person covers for a Head of Profession who is away.

    `starts_on` and `ends_on` are the first and the last day of the cover (London days). On these days the person also
    has the permissions of a deputy. A cover can be ended before its last day. Otherwise, rows are never changed.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="covers")
    absent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField(lazy("first day"))
    ends_on = models.DateField(lazy("last day"))
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    history = HistoricalRecords()

    objects = CoverQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("cover for a Head of Profession")
        verbose_name_plural = lazy("cover for Heads of Profession")
        ordering = ("starts_on", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="cover_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(person=F("absent")), name="cover_is_another_person"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="cover_that_ended_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.absent}, {self.starts_on} to {self.ends_on}"

    @property
    def span(self) -> CoverSpan:
        return CoverSpan(self.person_id, self.absent_id, self.starts_on, self.ends_on, self.ended_at)


class IncidentContactQuerySet(AppendOnlyQuerySet["IncidentContact"]):
    def current(self) -> "IncidentContactQuerySet":
        """Return the last row of each producer.

        A row is left out if its person has no active account or no role with the producer.
        """
        later = IncidentContact.objects.filter(producer=OuterRef("producer"), number__gt=OuterRef("number"))
        role = Membership.objects.filter(producer=OuterRef("producer"), user=OuterRef("person"))
        return self.filter(~Exists(later), Exists(role), person__is_active=True)


class IncidentContact(AppendOnly):
    """A record of who is the incident contact of a producer. The last row of each producer counts.

    A Head of Profession or deputy names the contact. If a release is found early, the contact is notified and may see
    the page of that release. If the producer no longer has a contact, `person` is null.
    """

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="incident_contacts")
    number = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()

    objects = IncidentContactQuerySet.as_manager()

    class Meta:
        ordering = ("producer", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "number"], name="one_incident_contact_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.producer}: {self.person or 'no incident contact'}"


DEFAULT_TOLERANCE_SECONDS = 120
GREATEST_TOLERANCE_SECONDS = 179


class Designation(models.TextChoices):
    """The standing of statistics under the Statistics and Registration Service Act 2007."""

    ACCREDITED = "accredited", lazy("Accredited official statistics")
    OFFICIAL = "official", lazy("Official statistics")
    IN_DEVELOPMENT = "in_development", lazy("Official statistics in development")


class Series(models.Model):
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="series")
    title = models.CharField(max_length=300)
    welsh_title = models.CharField(
        lazy("title in Welsh"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=lazy("Optional. Welsh pages show the English title without it."),
    )
    slug = models.SlugField(lazy("short name"), max_length=150)
    designation = models.CharField(max_length=20, choices=Designation.choices, default=Designation.OFFICIAL)
    release_time = models.TimeField(
        lazy("release time (London)"),
        default=STANDARD_RELEASE_TIME,
        help_text=lazy("9:30am, unless the Director General for Regulation has approved another time for this series."),
    )
    nation = models.CharField(
        lazy("nation of the statistics"),
        max_length=20,
        choices=choices_of(Nation),
        blank=True,
        default="",
        db_default="",
        help_text=lazy(
            "The order on pre-release access and the bank holidays of this nation apply. Leave this empty to use the "
            "producer’s nation."
        ),
    )
    pre_release_kind = models.CharField(
        lazy("type of statistics for pre-release access"),
        max_length=20,
        choices=choices_of(StatisticsKind),
        default=StatisticsKind.GENERAL,
        db_default=StatisticsKind.GENERAL,
        help_text=lazy(
            "In Scotland, the period of access to economic statistics is shorter, and there "
            "is no pre-release access to GDP and retail sales."
        ),
    )
    market_sensitive = models.BooleanField(
        default=False,
        help_text=lazy("We warn you if you confirm a date less than 6 months ahead."),
    )
    alternative_time_reference = models.CharField(lazy("reference of the approval"), max_length=100, blank=True)
    alternative_time_approved_on = models.DateField(lazy("date of the approval"), null=True, blank=True)
    responsible = models.ForeignKey(
        Contact,
        verbose_name=lazy("contact"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="series_responsible_for",
    )
    publishing_contacts = models.ManyToManyField(
        Contact, verbose_name=lazy("publishing team"), blank=True, related_name="series_published"
    )
    head_of_profession = models.ForeignKey(
        Contact,
        verbose_name=lazy("Head of Profession"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="series_headed",
    )
    deputies = models.ManyToManyField(Contact, blank=True, related_name="series_deputised")
    tolerance_seconds = models.PositiveSmallIntegerField(
        lazy("tolerance in seconds"),
        default=DEFAULT_TOLERANCE_SECONDS,
        validators=[MaxValueValidator(GREATEST_TOLERANCE_SECONDS)],
        help_text=lazy(
            "A release that is live within this time counts as on time. You can enter 179 seconds or fewer. Only the "
            "Head of Profession or a deputy can change it."
        ),
    )
    screenshots = models.BooleanField(
        lazy("take screenshots"),
        default=False,
        db_default=False,
        help_text=lazy(
            "We take a screenshot of the web page at the release time, at the end of the tolerance, and when we first "
            "find it live. If we found it live before the release time, we do not store screenshots. This needs the "
            "optional browser of our service."
        ),
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("title",)
        verbose_name_plural = lazy("series")
        constraints = [
            models.UniqueConstraint(fields=["producer", "slug"], name="one_series_per_producer_and_slug"),
            models.UniqueConstraint(fields=["producer", "title"], name="one_series_per_producer_and_title"),
            models.CheckConstraint(
                condition=models.Q(tolerance_seconds__lte=GREATEST_TOLERANCE_SECONDS),
                name="tolerance_below_three_minutes",
            ),
            # OSR's policy on alternative release times (since 5 May 2022) requires a written approval for each series.
            models.CheckConstraint(
                condition=models.Q(release_time=STANDARD_RELEASE_TIME)
                | (~models.Q(alternative_time_reference="") & models.Q(alternative_time_approved_on__isnull=False)),
                name="alternative_time_needs_approval",
                violation_error_message=lazy("Enter the reference and the date of the approval, or use 9:30am."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def titles(self) -> Bilingual:
        return Bilingual(self.title, self.welsh_title)

    @property
    def order_nation(self) -> Nation:
        """The nation of the statistics. Its order on pre-release access applies, and so do its bank holidays."""
        return Nation(self.nation or self.producer.nation)

    def pre_release_terms(self) -> Terms:
        """Return the periods of pre-release access to the releases of the series.

        The producer's own period applies only if the series and the producer belong to the same nation.
        """
        is_own_nation = self.order_nation == self.producer.nation
        return find_terms(
            self.order_nation,
            kind=StatisticsKind(self.pre_release_kind),
            market_sensitive=self.market_sensitive,
            own=self.producer.own_pre_release_period() if is_own_nation else None,
        )

    def find_opening_on_rest_day(self, due_at: datetime | None) -> datetime | None:
        """Return the start of the usual pre-release access if it is on a weekend or bank holiday, and None otherwise.

        :param due_at: aware; None if the date of the release is not exact.
        """
        terms = self.pre_release_terms()
        return find_opening_on_rest_day(due_at, period=terms.usual, nation=terms.nation)

    @property
    def has_alternative_time(self) -> bool:
        return self.release_time != STANDARD_RELEASE_TIME


class RotaEntry(models.Model):
    """One contact in the rota of a series, which lists who to call about a release.

    If `at` is set, the entry is only for releases at this time. `days` says whether the entry is for every day or for
    days when the office is closed.
    """

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="rota")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="rota_entries")
    order = models.PositiveSmallIntegerField(
        lazy("phone order"), default=1, help_text=lazy("Call 1 first. If there is no answer, call 2.")
    )
    at = models.TimeField(
        lazy("release time (London)"),
        null=True,
        blank=True,
        help_text=lazy("Leave this empty for all release times."),
    )
    days = models.CharField(max_length=12, choices=choices_of(RotaDays), default=RotaDays.EVERY_DAY)
    history = HistoricalRecords()

    class Meta:
        verbose_name = lazy("person to call")
        verbose_name_plural = lazy("people to call")
        ordering = ("series", "-days", "at", "order", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(days__in=list(RotaDays)), name="rota_days_are_known"),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.contact}"

    @property
    def place(self) -> RotaPlace:
        return RotaPlace(self.contact_id, self.order, self.at, RotaDays(self.days))


class Exemption(models.Model):
    """An exemption for a producer or one of its series. It covers certain faults on certain days.

    An exemption can be ended, but it cannot be changed.
    """

    class End(models.TextChoices):
        WITHDRAWN = "withdrawn", lazy("Withdrawn: the exemption does not apply from today")
        IN_ERROR = "in_error", lazy("Recorded by mistake: the exemption never applied")

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="exemptions")
    series = models.ForeignKey(
        Series,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exemptions",
        help_text=lazy("Leave this empty if it covers all series of the producer."),
    )
    reference = models.CharField(
        max_length=100, help_text=lazy("The reference on the letter of the Director General for Regulation.")
    )
    approved_on = models.DateField()
    covers_from = models.DateField(lazy("first day that it covers"))
    covers_to = models.DateField(lazy("last day that it covers"))
    covers_late = models.BooleanField(lazy("covers a late release"), default=False)
    covers_early = models.BooleanField(lazy("covers an early release"), default=False)
    covers_partial = models.BooleanField(lazy("covers an incomplete release"), default=False)
    words = models.TextField(lazy("what it covers"), help_text=lazy("Quote the approval."))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(editable=False)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)
    end_words = models.TextField(lazy("why it ends"), blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    ended_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-approved_on", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(covers_to__gte=F("covers_from")),
                name="exemption_ends_after_it_begins",
                violation_error_message=lazy("The last day must be the same as or after the first day."),
            ),
            models.CheckConstraint(
                condition=Q(covers_late=True) | Q(covers_early=True) | Q(covers_partial=True),
                name="exemption_covers_something",
                violation_error_message=lazy("Select what the exemption covers: late, early or incomplete releases."),
            ),
            models.CheckConstraint(
                condition=Q(end="", ended_at__isnull=True, ended_by__isnull=True, end_words="")
                | (~Q(end="") & Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_words="")),
                name="exemption_says_why_it_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} of {format_day(self.approved_on)}"


CONTACT_DETAILS = ("name", "email", "telephone")


def erase_former_contact_details(*, now: datetime, retention: timedelta, dry_run: bool = False) -> int:
    """Remove old names, email addresses and telephone numbers from the history of contacts.

    A detail is removed if it was replaced longer ago than the retention period. It is not removed if the contact has
    the same detail again. If the contact was a team at the time of a row, the row is not changed, because details of a
    team are not personal. Each removed detail is replaced by a marker with the day of the removal. The history still
    shows the post and the account of the contact, and who made each change and when.

    :return: the number of history rows that were changed. A second call changes no rows.
    """
    # django-simple-history adds `history`, and ships no types.
    history: Any = Contact.history.model
    old = history.objects.filter(history_date__lt=now - retention, is_team=False).values("id")
    rows = history.objects.filter(id__in=old).order_by("id", "history_date", "history_id")
    present = {key: values for key, *values in Contact.objects.values_list("pk", *CONTACT_DETAILS)}
    changed = 0
    for key, of_one in groupby(rows.iterator(), key=lambda row: row.id):
        versions = list(of_one)
        for row, details in zip(versions, _list_replaced_details(versions, before=now - retention), strict=True):
            still = dict(zip(CONTACT_DETAILS, present.get(key, ()), strict=False))
            gone = [name for name in details if getattr(row, name) != still.get(name) and not row.is_team]
            changed += bool(gone)
            if gone and not dry_run:
                erased = (row.erased or {}) | {name: now.isoformat() for name in gone}
                values: dict[str, Any] = dict.fromkeys(gone, redaction_marker(now))
                history.objects.filter(pk=row.pk).update(erased=erased, **values)
    return changed


def _list_replaced_details(versions: Sequence[Any], *, before: datetime) -> list[list[str]]:
    """For each version of a contact, list the details that were replaced before an instant and are not removed yet.

    :param versions: the history rows of one contact, oldest first.
    :return: a list of field names for each version, in the same order.
    """
    found: list[list[str]] = []
    replaced: dict[str, datetime | None] = dict.fromkeys(CONTACT_DETAILS)
    later: Any = None
    for row in reversed(versions):
        over = []
        for name in CONTACT_DETAILS:
            if row.history_type == "-":  # the contact was deleted
                replaced[name] = row.history_date
            elif later is not None and getattr(later, name) != getattr(row, name):
                replaced[name] = later.history_date
            at = replaced[name]
            if at is not None and at < before and getattr(row, name) and name not in (row.erased or {}):
                over.append(name)
        found.append(over)
        later = row
    return found[::-1]
