"""What an approval is bound to besides its text: the looks on which the suspicions of a report rest."""

from django.db.models import F

from breaches.models import Report
from releases.models import Observation
from releases.rules.canonical import sha256_hex


def evidence_digest(report: Report) -> str:
    """Return one SHA-256 over the looks of the schedules that a report is about; empty if there are none.

    It is made of the hashes of their rows in the evidence chain, one to a line in the chain's order, so that whoever
    has the bundle of evidence can make it again with `sha256sum` alone.
    """
    looks = Observation.objects.filter(
        release__suspicions__report=report, schedule_version=F("release__suspicions__schedule_version")
    )
    rows = dict(looks.order_by("position").values_list("position", "row_hash"))
    return sha256_hex("".join(f"{row}\n" for row in rows.values()).encode()) if rows else ""
