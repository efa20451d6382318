"""What is owed to whom: one message for each suspected breach and each person concerned, whatever runs twice."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from breaches.models import Suspicion
from breaches.status import Kind
from releases import london
from releases.models import Contact, Release
from statsoffice.messages.models import Message

# What is older than this is no news any more; nobody is mailed about a record that was imported or restored.
NEWS = timedelta(days=7)

WORDS = {
    Kind.LATE: "was not seen at its announced address by the end of its tolerance",
    Kind.EARLY: "was seen before it was due",
    Kind.PARTIAL: "was seen, but a part that belongs to it was not",
}


def create_missing(*, now: datetime) -> int:
    """Write the messages that are owed for suspected breaches and do not exist yet.

    For a rehearsal only contacts with an account are told, and the subject says that it is a rehearsal.

    :param now: the aware instant of writing; suspicions of the last seven days are told.
    :return: the number of messages written.
    """
    recent = Suspicion.objects.filter(raised_at__gt=now - NEWS)
    told = set(Message.objects.filter(created_at__gt=now - 2 * NEWS).values_list("event", flat=True))
    missing = [key for key in recent.values_list("pk", flat=True) if _event(key) not in told]
    suspicions = Suspicion.objects.filter(pk__in=missing).select_related(
        "release__series__responsible__user", "release__series__head_of_profession__user", "report"
    )
    return sum(
        _tell(suspicion, now=now)
        for suspicion in suspicions.prefetch_related(
            "release__series__publishing_contacts__user", "release__series__deputies__user"
        )
    )


def _event(suspicion: int) -> str:
    return f"suspected-breach-{suspicion}"


def _tell(suspicion: Suspicion, *, now: datetime) -> int:
    release = suspicion.release
    written = 0
    with transaction.atomic():
        for recipient in sorted(_recipients(release)):
            _, created = Message.objects.get_or_create(
                event=_event(suspicion.pk),
                recipient=recipient,
                defaults={
                    "subject": _subject(release),
                    "text": _text(suspicion),
                    "created_at": now,
                    "due_at": now,
                },
            )
            written += created
    return written


def _recipients(release: Release) -> set[str]:
    series = release.series
    concerned: list[Contact | None] = [
        series.responsible,
        series.head_of_profession,
        *series.publishing_contacts.all(),
        *series.deputies.all(),
    ]
    return {
        contact.email.strip().lower()
        for contact in concerned
        if contact and _still_there(contact) and (contact.user or not release.rehearsal)
    }


def _still_there(contact: Contact) -> bool:
    return contact.user is None or contact.user.is_active


def _subject(release: Release) -> str:
    # Line ends in a title would end the header; every run of white space becomes one space.
    words = " ".join(f"Suspected breach: {release.reference}".split())
    return f"Rehearsal: {words}" if release.rehearsal else words


def _text(suspicion: Suspicion) -> str:
    release = suspicion.release
    # What nobody outside knows yet is not written into mail: the title only of what was announced or rehearsed.
    named = " ".join(release.title.split()) if release.announced_at or release.rehearsal else release.reference
    due = f", due at {london.moment(suspicion.verification.due_at)} (London time),"
    if suspicion.report:
        path, what = reverse("breaches:report", args=[suspicion.report.reference]), "A report is drafted"
    else:
        path, what = reverse("releases:release", args=[release.reference]), "A report is being drafted"
    lines = [
        *(
            ["This is a rehearsal: nothing was released and nothing is to be reported.", ""]
            if release.rehearsal
            else []
        ),
        f"{named}{due} {WORDS[Kind(suspicion.kind)]}.",
        "",
        "This is what our automatic check recorded. Whether it is a breach is for the Head of Profession to decide.",
        f"{what}; the record and what is to be done are here, after signing in:",
        "",
        f"{settings.ADDRESS}{path}",
    ]
    return "\n".join(lines) + "\n"
