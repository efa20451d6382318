"""Checks of dummy files: authorised hosts, dummy files, requests for checks, results and remedies."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as lazy

from releases.detection.open_files import Result, Sign, Target
from releases.models.append_only import AppendOnly, AppendOnlyQuerySet, choices_of
from releases.models.producer import Producer, Series


class HostAuthorisationQuerySet(AppendOnlyQuerySet["HostAuthorisation"]):
    def current(self) -> "HostAuthorisationQuerySet":
        """Return the authorisations that are in force.

        For each producer and host, the last row counts. If that row is a withdrawal, no authorisation is in force.
        """
        later = HostAuthorisation.objects.filter(
            producer=OuterRef("producer"), host=OuterRef("host"), number__gt=OuterRef("number")
        )
        return self.filter(~Exists(later), kind=HostAuthorisation.Kind.RECORDED)


class HostAuthorisation(AppendOnly):
    """A record of the written authorisation to check dummy files on a host, or of its withdrawal.

    The owner of the host gives the authorisation, which applies to one producer. For each producer and host, the last
    row counts. `owner_name` is not part of any hash, because the name is removed some time after a later row has
    replaced this row.
    """

    class Kind(models.TextChoices):
        RECORDED = "recorded", lazy("Recorded")
        WITHDRAWN = "withdrawn", lazy("Withdrawn")

    producer = models.ForeignKey(Producer, on_delete=models.PROTECT, related_name="host_authorisations")
    host = models.CharField(max_length=255, help_text=lazy("Include the port if it is not the default one."))
    number = models.PositiveIntegerField(help_text=lazy("Rows of the same producer and host are numbered from 1."))
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RECORDED)
    owner_name = models.CharField(max_length=200, blank=True)
    owner_post = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    authorised_on = models.DateField(null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    objects = HostAuthorisationQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("authorised host")
        verbose_name_plural = lazy("authorised hosts")
        ordering = ("producer", "host", "number")
        constraints = [
            models.UniqueConstraint(fields=["producer", "host", "number"], name="one_host_authorisation_per_number"),
            models.CheckConstraint(
                condition=(Q(kind="recorded", authorised_on__isnull=False) & ~Q(owner_post="") & ~Q(reference=""))
                | Q(kind="withdrawn", authorised_on__isnull=True, owner_name="", owner_post="", reference=""),
                name="host_authorisation_says_who_gave_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}, {self.kind}"

    @property
    def is_withdrawn(self) -> bool:
        return self.kind == self.Kind.WITHDRAWN


class DummyFile(AppendOnly):
    """A dummy file for the place where the files of a series are published.

    `token` is the random text in the file. `code` is the random part of the file name.
    """

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="dummy_files")
    code = models.CharField(max_length=20, unique=True)
    token = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("dummy file")
        verbose_name_plural = lazy("dummy files")
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The file name without its extension, for example "dummy-file-k7m2p9x4q8"."""
        return f"dummy-file-{self.code}"


class OpenFileCheckQuerySet(AppendOnlyQuerySet["OpenFileCheck"]):
    def waiting(self) -> "OpenFileCheckQuerySet":
        """Return the checks that have at least one address without a result, oldest first."""
        found = OpenFileFinding.objects.filter(request=OuterRef("pk"))
        has_file, has_page = Exists(found.filter(target=Target.FILE)), Exists(found.filter(target=Target.PAGE))
        return self.filter(~has_file | (~Q(page_url="") & ~has_page)).order_by("requested_at", "pk")


class OpenFileCheck(AppendOnly):
    """A request to check one dummy file. The person who requests it states that the file was in its place."""

    dummy_file = models.ForeignKey(DummyFile, on_delete=models.PROTECT, related_name="checks")
    file_url = models.URLField(max_length=1000)
    page_url = models.URLField(max_length=1000, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    objects = OpenFileCheckQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("check of a dummy file")
        verbose_name_plural = lazy("checks of dummy files")
        ordering = ("-requested_at", "-pk")
        constraints = [models.CheckConstraint(condition=~Q(file_url=""), name="open_file_check_has_an_address")]

    def __str__(self) -> str:
        return f"{self.dummy_file}, {self.requested_at:%Y-%m-%d %H:%M} UTC"

    @property
    def targets(self) -> list[tuple[Target, str]]:
        return [(Target.FILE, self.file_url), *([(Target.PAGE, self.page_url)] if self.page_url else [])]

    @property
    def waiting_urls(self) -> list[str]:
        """The addresses without a result."""
        found = {finding.target for finding in self.findings.all()}
        return [url for target, url in self.targets if target not in found]


class OpenFileFinding(AppendOnly):
    """The result for one address of a check, stored as evidence.

    The body of the response is not stored. The digest of the body is stored only if the body contains the token. If no
    request was made, `sent_at` and `completed_at` are null. `authorisation` is the authorisation under which the
    request was made.
    """

    request = models.ForeignKey(OpenFileCheck, on_delete=models.PROTECT, related_name="findings")
    authorisation = models.ForeignKey(HostAuthorisation, on_delete=models.PROTECT, null=True, related_name="+")
    target = models.CharField(max_length=10, choices=choices_of(Target))
    url = models.URLField(max_length=1000)
    result = models.CharField(max_length=10, choices=choices_of(Result))
    sign = models.CharField(max_length=20)
    status = models.PositiveSmallIntegerField(null=True)
    failure = models.CharField(max_length=30, blank=True)
    sent_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    body_sha256 = models.CharField(max_length=64, blank=True)
    vantage = models.CharField(max_length=100, blank=True)
    recorded_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("result of a dummy file")
        verbose_name_plural = lazy("results of dummy files")
        ordering = ("request", "target")
        constraints = [
            models.UniqueConstraint(fields=["request", "target"], name="one_open_file_finding_per_address"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, completed_at__isnull=True)
                | Q(sent_at__isnull=False, completed_at__gte=F("sent_at"), authorisation__isnull=False),
                name="open_file_request_was_authorised",
            ),
            # The result "not open" requires a response. The result "open" also requires that the token or the file name
            # was found.
            models.CheckConstraint(
                condition=Q(result=Result.NOT_KNOWN)
                | Q(result=Result.NOT_OPEN, status__isnull=False)
                | Q(result=Result.OPEN, status__isnull=False, sign__in=[Sign.TOKEN, Sign.FILE_NAME]),
                name="open_file_result_has_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(body_sha256="") | Q(sign=Sign.TOKEN), name="open_file_digest_is_of_the_token"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}: {self.target} {self.result}"


class OpenFileRemedy(AppendOnly):
    """A measure that a person recorded after a check found a dummy file open."""

    class Measure(models.TextChoices):
        RESTRICTED = "restricted", lazy("Access to the folder or page is now restricted")
        OTHER_PLACE = "other_place", lazy("The files will be stored in another place, or added later")
        SETTING = "setting", lazy("A setting of the server or the publishing system was changed")
        OTHER = "other", lazy("Something else was done")

    dummy_file = models.ForeignKey(DummyFile, on_delete=models.PROTECT, related_name="remedies")
    measure = models.CharField(max_length=20, choices=Measure.choices)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("remedy of an open file")
        verbose_name_plural = lazy("remedies of open files")
        ordering = ("-recorded_at", "-pk")

    def __str__(self) -> str:
        return f"{self.dummy_file}: {self.measure}"
