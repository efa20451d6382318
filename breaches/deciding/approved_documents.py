"""Whether approved documents still are the bytes that were approved."""

from breaches.models import ApprovedDocument

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
    """Return one sentence on the first approved document whose bytes do not have their hash, or None."""
    for document in ApprovedDocument.objects.order_by("pk").iterator(chunk_size=CHUNK):
        if not document.is_intact():
            return f"the bytes of breaches.approveddocument {document.pk} were changed after its approval"
    return None
