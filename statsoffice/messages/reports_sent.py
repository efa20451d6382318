"""The mails by which reports and notices leave the house, as a Head of Profession or deputy has sent them."""

from collections.abc import Collection, Iterator
from datetime import datetime

from breaches.models import Dispatch
from breaches.rules.content import content_from_json
from breaches.rules.delay import join_words
from breaches.rules.lifecycle import Nature
from breaches.text import ROLES
from releases.rules.lifecycle import Role
from releases.rules.london import format_day, local_date
from statsoffice.messages.owed import NEWS, Owed, about_report

SUBJECTS = {
    Nature.REPORT: "Report of a breach of the Code of Practice for Statistics",
    Nature.CORRECTION_NOTICE: "Notice: a breach report will be corrected",
    Nature.WITHDRAWAL_NOTICE: "Notice: a breach report is withdrawn",
}


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give the mails that were sent by a person's step and are not in the outbox yet.

    They are somebody's deliberate act and no news, so they are given for as long as `told` reaches back.

    :param told: the events that were told already.
    :param now: the aware instant of asking; what was sent in the last fourteen days is given.
    """
    dispatches = Dispatch.objects.by_mail().filter(at__gt=now - 2 * NEWS)
    missing = [key for key in dispatches.values_list("pk", flat=True) if event_of(key) not in told]
    found = dispatches.filter(pk__in=missing).select_related("report__producer", "document", "by")
    for dispatch in found.defer("document__pdf"):
        yield Owed(
            event=event_of(dispatch.pk),
            recipients=frozenset([dispatch.recipient]),
            subject=_subject(dispatch),
            text=_text(dispatch),
            about=about_report(dispatch.report),
            document=dispatch.document_id if dispatch.nature == Nature.REPORT else None,
            reply_to=dispatch.by.email,
        )


def event_of(dispatch: int) -> str:
    """Name the event under which the mail of a dispatch is in the outbox.

    :param dispatch: by key.
    """
    return f"report-sent-{dispatch}"


def _subject(dispatch: Dispatch) -> str:
    subject = f"{SUBJECTS[Nature(dispatch.nature)]}: {dispatch.report.reference}"
    return f"Rehearsal: {subject}" if dispatch.report.rehearsal else subject


def _text(dispatch: Dispatch) -> str:
    report, document = dispatch.report, dispatch.document
    parts = ["This is a rehearsal: no real release and no real breach."] if report.rehearsal else []
    parts += [dispatch.words] if dispatch.words else []
    parts.append(_about(dispatch))
    parts.append(f"{dispatch.by}, {ROLES[Role(dispatch.role)]}, {report.producer}")
    if dispatch.nature == Nature.REPORT:
        parts.append(f"SHA-256 of the attached file: {document.pdf_sha256}")
    return "\n\n".join(parts) + "\n"


def _about(dispatch: Dispatch) -> str:
    document = dispatch.document
    approved_on = format_day(local_date(document.approved_at))
    what = f"report {dispatch.report.reference}, version {document.version}, approved on {approved_on}"
    match dispatch.nature:
        case Nature.REPORT:
            return f"Attached is {what}.{_titles(dispatch)}{_replaces(dispatch)}"
        case Nature.CORRECTION_NOTICE:
            return f"This is about {what}.{_titles(dispatch)} A corrected report will follow."
        case _:
            return f"This is about {what}.{_titles(dispatch)} The report is withdrawn."


def _titles(dispatch: Dispatch) -> str:
    version = dispatch.report.versions.get(number=dispatch.document.version)
    outputs = content_from_json(version.content).outputs
    return f" It reports on {join_words(f'‘{output.title}’' for output in outputs)}."


def _replaces(dispatch: Dispatch) -> str:
    before = Dispatch.objects.filter(report=dispatch.report, nature=Nature.REPORT, at__lt=dispatch.at)
    earlier = before.select_related("document").defer("document__pdf").last()
    return f" It replaces version {earlier.document.version}, sent on {format_day(earlier.sent_on)}." if earlier else ""
