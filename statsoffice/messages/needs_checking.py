"""Who is notified that we cannot tell whether a release was on time, as urgently as of a late release."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from releases.models import Verification
from releases.rules import london
from releases.rules.canonical import sha256_hex
from releases.text.release import known_sentence
from releases.verdict.address import ASKS_A_PERSON
from statsoffice.messages import heard, rehearsed
from statsoffice.messages.gathering import WINDOW, Untold, by_recipients, ready
from statsoffice.messages.models import ToldVerdict
from statsoffice.messages.owed import NEWS, About, Owed, about_release, everyone_concerned, name_in_mail

EVENT = "needs-checking"


def owed(*, told: Collection[str], now: datetime) -> Iterator[Owed]:
    """Give what is owed for verdicts that ask a person, of which nobody was notified.

    Those of one producer that come close together make one message for each person, as suspicions do. The people are
    those who are notified of a late release.

    :param told: not needed here: each verdict of which people were notified has rows of its own.
    :param now: the aware instant of asking; verdicts of the last seven days count.
    """
    by_producer: dict[int, dict[int, Verification]] = defaultdict(dict)
    for verdict in _untold(now):
        if verdict.release.rehearsal:
            yield _owed([verdict], everyone_concerned(verdict.release))
        else:
            by_producer[verdict.release.series.producer_id][verdict.pk] = verdict
    lately = _notified_lately(now) if by_producer else {}
    for producer, found in by_producer.items():
        untold = [Untold(one.pk, _decided_at(one), everyone_concerned(one.release)) for one in found.values()]
        for keys, recipients in by_recipients(ready(untold, told_lately=lately.get(producer, ()), now=now)).items():
            yield _owed([found[key] for key in keys], recipients)


def _untold(now: datetime) -> Iterator[Verification]:
    verdicts = Verification.objects.filter(outcome__in=ASKS_A_PERSON, decided_at__gt=now - NEWS, tellings__isnull=True)
    yield from verdicts.select_related(
        "release__series__producer",
        "release__series__responsible__user",
        "release__series__head_of_profession__user",
    ).prefetch_related("release__series__publishing_contacts__user", "release__series__deputies__user")


def _decided_at(verdict: Verification) -> datetime:
    assert verdict.decided_at is not None  # noqa: S101  # the query asked for it
    return verdict.decided_at


def _notified_lately(now: datetime) -> dict[int, set[str]]:
    recent = ToldVerdict.objects.filter(at__gt=now - WINDOW, verdict__release__rehearsal=False)
    return heard.recipients_of(dict(recent.values_list("event", "verdict__release__series__producer")))


def _owed(verdicts: Sequence[Verification], recipients: frozenset[str]) -> Owed:
    release, keys = verdicts[0].release, tuple(verdict.pk for verdict in verdicts)
    together = len(verdicts) > 1
    return Owed(
        event=f"{EVENT}-{keys[0]}" if not together else f"{EVENT}-{sha256_hex(repr(keys).encode())[:32]}",
        recipients=recipients,
        subject=_subject(verdicts),
        text=_text(verdicts),
        about=About(producer=release.series.producer_id) if together else about_release(release),
        verdicts=keys,
    )


def _subject(verdicts: Sequence[Verification]) -> str:
    release = verdicts[0].release
    if len(verdicts) > 1:
        subject = _("%(number)s releases need checking: %(producer)s") % {
            "number": len(verdicts),
            "producer": release.series.producer,
        }
    else:
        subject = _("Needs checking: %(reference)s") % {"reference": release.reference}
    # Line ends in a name would end the header; every run of white space becomes one space.
    return rehearsed.subject(" ".join(subject.split()), rehearsal=release.rehearsal)


def _text(verdicts: Sequence[Verification]) -> str:
    release = verdicts[0].release
    if len(verdicts) > 1:
        path = reverse("desk")
        action = _("Check each page. Then tell us what you found, or start a breach report:")
    else:
        path = reverse("releases:release", args=[release.reference])
        action = _("Check the page. Then tell us what you found, or start a breach report:")
    paragraphs = [
        *rehearsed.opening(rehearsed.AFTERWARDS, rehearsal=release.rehearsal),
        *map(_paragraph, verdicts),
        _("We cannot tell whether it was on time, so we have not drafted a report.")
        if len(verdicts) == 1
        else _("We cannot tell whether they were on time, so we have not drafted reports."),
        action,
        f"{settings.ADDRESS}{path}",
    ]
    return "\n\n".join(paragraphs) + "\n"


def _paragraph(verdict: Verification) -> str:
    due = _("%(release)s was due at %(moment)s (London time).") % {
        "release": name_in_mail(verdict.release),
        "moment": london.format_moment(verdict.due_at),
    }
    return " ".join(filter(None, (due, known_sentence(verdict))))
