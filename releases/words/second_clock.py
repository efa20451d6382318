"""The publisher's own clock in words for people, always as its word and never mixed with what was seen."""

import math
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.core.dates import london
from releases.core.judging.diagnosis import Diagnosis
from releases.core.judging.publisher import PublisherSays, Source, State, fills
from releases.models import Verification
from releases.words import wording

SOURCES = {
    Source.SCHEDULED_TIME_AND_DELAY: lazy("its scheduled time and its delay"),
    Source.CHANGE_HISTORY: lazy("the public history of the page"),
    Source.PUBLIC_UPDATED_AT: lazy("the last public update of the page, which moves with every later one"),
}

DIAGNOSES = {
    Diagnosis.EDGE_CACHE: lazy(
        "The looks show that an old copy of the page was still handed out once the release was out; "
        "this may explain why readers saw it late."
    ),
}

STATES = {
    State.ANNOUNCED: lazy("Announced"),
    State.PUBLISHED: lazy("Published"),
    State.EARLIER_EDITION: lazy("An earlier edition stands there"),
    State.MOVED: lazy("Announced for another time"),
    State.CANCELLED: lazy("Cancelled"),
    State.WITHDRAWN: lazy("Marked as withdrawn"),
    State.GONE: lazy("Taken away"),
    State.REDIRECTED: lazy("Replaced by another page, which it does not name"),
}


def publisher_sentence(verification: Verification) -> str:
    """Say when the publisher's own system says that the release was published; nothing where it gives no time."""
    if not verification.published_at_by_publisher:
        return ""
    said = {
        "published": _published(
            verification.published_at_by_publisher, Source(verification.publisher_source), due_at=verification.due_at
        ),
        "beside": _beside(verification),
    }
    return _("The publisher’s own system says: %(published)s%(beside)s.") % said


def publisher_note(verification: Verification | None) -> str:
    """Say the publisher's own figure in one short phrase, for a list; nothing where it gives none."""
    beside = _beside(verification) if verification else ""
    return _("publisher’s own system%(beside)s") % {"beside": beside.replace(",", ":", 1)} if beside else ""


def hole_sentence(start: datetime, end: datetime, verification: Verification | None) -> str:
    """Say that the publisher's own time lies in a hole of our watching, if it does.

    :param start: the aware instant at which the hole begins, `end` that at which it ends.
    """
    at = verification.published_at_by_publisher if verification else None
    if verification is None or at is None:
        return ""
    if not fills(at, Source(verification.publisher_source), start=start, end=end):
        return ""
    clock = _clock(at, due_at=verification.due_at)
    return _("The publisher’s own system says that it was published in that time, at %(clock)s.") % {"clock": clock}


def diagnosis_sentences(verification: Verification) -> list[str]:
    """Say what the looks show that may explain the verdict, one sentence for each code that is known."""
    return [str(sentence) for code, sentence in DIAGNOSES.items() if code in verification.diagnoses]


def says_sentence(says: PublisherSays, *, due_at: datetime) -> str:
    """Say what was read from the publisher's own system at some looks.

    :param due_at: the aware instant at which the release is due; other days are named.
    """
    sentence = str(STATES[says.state])
    if says.state in {State.ANNOUNCED, State.MOVED, State.CANCELLED}:
        named = says.announced_text or (london.moment(says.announced_for) if says.announced_for else "")
        sentence = f"{sentence}: {named}" if named else sentence
    elif says.published_at and says.source:
        published = _published(says.published_at, says.source, due_at=due_at)
        sentence = published if says.state is State.PUBLISHED else f"{sentence}; {published}"
    elif says.state is State.PUBLISHED:
        sentence = _("Published, with no time that can be relied on")
    return sentence[:1].upper() + sentence[1:]


def _published(at: datetime, source: Source, *, due_at: datetime) -> str:
    said = {"clock": _clock(at, due_at=due_at), "source": SOURCES[source]}
    if source is Source.PUBLIC_UPDATED_AT:
        return _("published by %(clock)s at the latest (%(source)s)") % said
    return _("published at %(clock)s (%(source)s)") % said


def _clock(at: datetime, *, due_at: datetime) -> str:
    clock = london.clock_time_to_the_second(at)
    if london.local_date(at) == london.local_date(due_at):
        return clock
    return _("%(clock)s on %(day)s") % {"clock": clock, "day": london.day(at)}


def _beside(verification: Verification) -> str:
    """Say how far the publisher's time lies from the due time; what moves with every update tells nothing of it."""
    at = verification.published_at_by_publisher
    if at is None or verification.publisher_source == Source.PUBLIC_UPDATED_AT:
        return ""
    seconds = math.floor((at - verification.due_at).total_seconds())
    if seconds == 0:
        return _(", at the due time")
    length = wording.duration(timedelta(seconds=abs(seconds)), units=4)
    return (_(", %(length)s after it was due") if seconds > 0 else _(", %(length)s before it was due")) % {
        "length": length
    }
