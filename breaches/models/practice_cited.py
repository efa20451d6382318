"""Which practices the present versions of reports cite: rows to find reports by, beside what the versions say."""

from django.db import models

from breaches.models.report import Report


class PracticeCited(models.Model):
    """One practice, by its edition and code, that the present version of a report cites."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="practices_cited")
    edition = models.CharField(max_length=10)
    code = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["edition", "code", "report"], name="reports_by_practice")]
        constraints = [
            models.UniqueConstraint(fields=["report", "edition", "code"], name="one_row_per_report_and_practice")
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.edition} {self.code}"
