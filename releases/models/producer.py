"""Who produces statistics, whom to reach there, and who holds which role."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as lazy
from simple_history.models import HistoricalRecords

from releases.core.dates.calendar import Nation
from releases.core.pre_release_period import LONGEST, Period, Unit, Usual, usual
from releases.core.roles import Role
from releases.models.code_words import choices_of


class Producer(models.Model):
    """An organisation that produces official statistics."""

    name = models.CharField(max_length=300, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    nation = models.CharField(max_length=20, choices=choices_of(Nation), default=Nation.ENGLAND)
    two_person_approval = models.BooleanField(
        lazy("two people for an approval"),
        default=False,
        help_text=lazy("Nobody approves a breach report that they wrote or submitted themselves."),
    )
    hosts = models.TextField(
        lazy("hosts of its website"),
        blank=True,
        help_text=lazy(
            "One host on each line. Redirects are followed to these hosts and to those of a "
            "release's own addresses, and to no others."
        ),
    )
    negative_markers = models.TextField(
        lazy("words for a page that is not there"),
        blank=True,
        help_text=lazy(
            "One phrase on each line: what its website shows in the place of a release that is not out, "
            "such as: Not yet available."
        ),
    )
    pre_release_length = models.PositiveSmallIntegerField(
        lazy("usual period of pre-release access"),
        null=True,
        blank=True,
        help_text=lazy(
            "Empty: 24 hours, the working limit of the orders for the United Kingdom, England, Wales and "
            "Northern Ireland. Scotland’s order allows more. How much is not confirmed here: read it and set it."
        ),
    )
    pre_release_unit = models.CharField(
        lazy("counted in"),
        max_length=12,
        choices=choices_of(Unit),
        default=Unit.HOURS,
        help_text=lazy("Of the period above."),
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

    def usual_pre_release(self) -> Usual:
        """Return the period of pre-release access that needs no reason: its own, or that of its nation's order."""
        own = Period(self.pre_release_length, Unit(self.pre_release_unit)) if self.pre_release_length else None
        return usual(Nation(self.nation), own=own)

    def phrases_of_absence(self) -> tuple[str, ...]:
        """Return the phrases by which its website says that a page is not there."""
        return tuple(line.strip() for line in self.negative_markers.splitlines() if line.strip())

    def host_names(self) -> frozenset[str]:
        """Return the hosts of the producer's own list, in lower case."""
        return frozenset(line.strip().lower() for line in self.hosts.splitlines() if line.strip())


class FormerDetails(models.Model):
    """What the history of contacts keeps beside each row: when which details were removed from it, by their names."""

    erased = models.JSONField(
        null=True, editable=False, help_text=lazy("When which details were removed at the end of their time.")
    )

    class Meta:
        abstract = True


class Contact(models.Model):
    """A person or a team that readers and colleagues can reach; reports keep a copy of what it said."""

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=200)
    is_team = models.BooleanField(lazy("a team, not a person"), default=False)
    post = models.CharField(max_length=200, blank=True, help_text=lazy("Such as: Senior analytical officer"))
    email = models.EmailField(lazy("e-mail address"))
    telephone = models.CharField(max_length=50, blank=True)
    is_public = models.BooleanField(
        lazy("shown to readers"),
        default=False,
        help_text=lazy(
            "Name, e-mail address and telephone number stand on the public pages of the releases that this "
            "contact is responsible for."
        ),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        help_text=lazy("The account of this person, if they have one."),
    )
    history = HistoricalRecords(bases=[FormerDetails])

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["producer", "email"], name="one_contact_per_producer_and_email")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role that a user holds for one producer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=choices_of(Role))
    history = HistoricalRecords()

    class Meta:
        ordering = ("producer", "role")
        constraints = [
            models.UniqueConstraint(fields=["user", "producer", "role"], name="one_membership_per_role"),
            models.CheckConstraint(condition=models.Q(role__in=list(Role)), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role.replace('_', ' ')}, {self.producer}"
