"""Whether approved documents still are the bytes that were approved."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from breaches.core.changes import PAST_TENSE
from breaches.core.status import APPROVE
from breaches.models import ApprovedDocument, ReportEvent

STATED = ("pdf_sha256", "content_sha256", "evidence_sha256", "one_person")
# A document takes some hundred kilobytes of memory.
CHUNK = 20


class DocumentChanged(Exception):
    """The stored bytes of an approved document do not have the hash under which they were approved."""


def bytes_of(document: ApprovedDocument) -> bytes:
    """Return an approved document byte for byte, after comparing it with its hash.

    :raises DocumentChanged: if it was changed after its approval.
    """
    if not document.is_intact():
        message = f"Version {document.version} of report {document.report.reference} was changed after its approval."
        raise DocumentChanged(message)
    return bytes(document.pdf)


def check_documents() -> str | None:
    """Return one sentence on the first approved document that is not the one of its `approved` event, or None."""
    approved = dict(_approved(ReportEvent.objects.all()))
    documents = ApprovedDocument.objects.select_related("report").order_by("pk")
    for document in documents.iterator(chunk_size=CHUNK):
        name = (document.report.reference, document.version)
        if not document.is_intact():
            return f"the bytes of breaches.approveddocument {document.pk} were changed after its approval"
        # It may have been approved since the events were read.
        event = approved.pop(name, None) or dict(_approved(document.report.events.all())).get(name)
        if event != _stated(document):
            return f"breaches.approveddocument {document.pk} is not what its event says was approved"
    if approved:
        reference, version = min(approved)
        return f"the approved document of version {version} of {reference} is missing"
    return None


def _approved(events: QuerySet[ReportEvent]) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Yield what each approval says of its document, by the report's reference and the version."""
    for event in events.filter(kind=PAST_TENSE[APPROVE]).order_by("position").iterator():
        stated = {name: event.facts[name] for name in STATED}
        name = (event.report_reference, event.facts["version"][1])
        yield name, stated | {"role": event.facts["role"], "by": event.actor_id, "at": event.at}


def _stated(document: ApprovedDocument) -> dict[str, Any]:
    stated = {name: getattr(document, name) for name in STATED}
    return stated | {"role": document.approved_role, "by": document.approved_by_id, "at": document.approved_at}
