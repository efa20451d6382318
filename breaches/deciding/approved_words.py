"""Whether approved documents hold some words: by what their files show, which stay as they were approved.

The text of the version is no measure of it: an earlier redaction has changed that, and the file not.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from breaches.models import ApprovedDocument, JoinedDraft, Report, ReportVersion

WORD_JOINER = "\u2060"  # which the printer sets behind hyphens


@dataclass(frozen=True, slots=True)
class Holding:
    """Which approved documents hold some words.

    `versions` are the report's own; `of_drafts` name those of drafts that were joined into it; `unread` name those of
    either whose file no program could read, so that nobody knows.
    """

    versions: list[int]
    of_drafts: list[str]
    unread: list[str]


def holding(report: Report, words: str) -> Holding:
    """Return which approved documents of a report, and of the drafts joined into it, hold some words.

    :param words: capital and small letters count, how many blanks stand between two words does not.
    """
    versions: list[int] = []
    of_drafts: list[str] = []
    unread: list[str] = []
    parts = JoinedDraft.objects.standing().parts_of(report)
    documents = ApprovedDocument.objects.filter(report__in=parts).select_related("report")
    for document in documents.order_by("report__reference", "version").iterator(chunk_size=5):
        named = f"{document.report.reference}, {document.version}"
        try:
            is_shown = shows(bytes(document.pdf), words)
        except PyPdfError:
            is_shown = False
            unread.append(named)
        if not (is_shown or _is_in_version(document, words)):
            continue
        if document.report_id == report.pk:
            versions.append(document.version)
        else:
            of_drafts.append(named)
    return Holding(versions, of_drafts, unread)


def shows(file: bytes, words: str) -> bool:
    """Tell whether the pages of a PDF file show some words, wherever the lines between and within them end.

    :raises PyPdfError: if it is no PDF file that could be read.
    """
    wanted = _plain(words)
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages)
    # A line ends between two words, or within one that is too long for it, such as an address.
    return any(wanted in _plain(one) for one in (text, text.replace("\n", "")))


def _plain(text: str) -> str:
    return " ".join(text.replace(WORD_JOINER, "").split())


def _is_in_version(document: ApprovedDocument, words: str) -> bool:
    """Tell whether the text that was printed holds the words still: it has them whole where a page ends in them."""
    versions = ReportVersion.objects.filter(report=document.report_id, number=document.version)
    return any(_is_in(content, words) for content in versions.values_list("content", flat=True))


def _is_in(value: Any, words: str) -> bool:
    match value:
        case str():
            return words in value
        case list():
            return any(_is_in(one, words) for one in value)
        case dict():
            return any(_is_in(one, words) for one in value.values())
        case _:
            return False
