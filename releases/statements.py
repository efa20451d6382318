"""Staff statements about releases, and the open questions that staff have to answer."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases import judge, scheduling
from releases.detection.finding import CheckOutcome
from releases.early_findings import find_hidden_statements, producers_known_to
from releases.evidence import repository
from releases.models import Address, DateChange, Release, Statement, Verification
from releases.models.event import lock_release, record_event, record_rows
from releases.permissions import Action, Person, User, check_may, roles_of
from releases.rules import calendar
from releases.rules.lifecycle import PUBLISH, RELEASE, TO_COME, ChangedMeanwhile, FieldRefused
from releases.verdict.address import NEEDS_CHECKING, count_result

TEXT_KINDS = (Statement.Kind.THIS_IS_IT, Statement.Kind.PREVIOUS_EDITION, Statement.Kind.NOT_IT)


class AnswerRefused(FieldRefused):
    """The answer cannot be accepted. `field` names the invalid field."""


class AnsweredMeanwhile(ChangedMeanwhile):
    """A person has answered the question since another person read it. `answer` is the last answer."""

    def __init__(self, answer: Statement, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A text that was found at an address. A person still has to state whether the text is the release."""

    address: Address
    text_digest: str
    first_seen_at: datetime
    last_seen_at: datetime
    checks: int


def find_open_questions(
    releases: Collection[Release] | QuerySet[Release], *, has_statements: bool = True
) -> list[OpenQuestion]:
    """Find the texts that a person has to identify.

    Only texts that were found by checks for the present schedules are considered. If monitoring does not judge a
    release, for example because it was cancelled before it was due, its texts are left out.

    :param has_statements: False if the caller knows that there is no staff statement about these releases.
    """
    said: dict[int, dict[str, str]] = {}
    if has_statements:
        statements = Statement.objects.filter(release__in=releases).exclude(text_digest="").in_order()
        for release, digest, kind in statements.values_list("release_id", "text_digest", "kind"):
            said.setdefault(release, {})[digest] = kind
    texts = repository.read_seen_texts(releases)
    # Maps the key of each address to the time of the first check that did not find the release there.
    absent_since: dict[int, datetime] = {}
    for text in sorted(texts, key=lambda text: text.first_at):
        stated = said.get(text.release_id, {}).get(text.text_digest)
        if count_result(text.result, stated) is CheckOutcome.NOT_LIVE:
            absent_since.setdefault(text.address_id, text.first_at)
    open_texts = [
        text
        for text in texts
        if text.result in {CheckOutcome.UNRECOGNISED, CheckOutcome.LIVE}
        and text.text_digest
        and text.text_digest not in said.get(text.release_id, {})
        # If a text has the marker, and an earlier check of the address did not find the release, a statement is not
        # needed.
        and not (text.result == CheckOutcome.LIVE and absent_since.get(text.address_id, text.last_at) < text.last_at)
    ]
    judged = Address.objects.filter(release__in=Release.objects.judged()).select_related("release")
    addresses = judged.in_bulk({text.address_id for text in open_texts})
    return [
        OpenQuestion(addresses[text.address_id], text.text_digest, text.first_at, text.last_at, text.checks)
        for text in open_texts
        if text.address_id in addresses
    ]


def verdicts_without_answer(releases: QuerySet[Release], *, reader: Person) -> QuerySet[Verification]:
    """Return the verdicts that need checking and for which no one has stated when the release was live.

    Verdicts on earlier dates are included. If a release was moved after it was due, the question about the earlier date
    is still open.

    Statements that the reader may not know about are ignored.
    """
    answered = is_answered(reader=reader)
    return Verification.objects.filter(~answered, release__in=releases, outcome__in=NEEDS_CHECKING)


def is_answered(*, reader: Person | None = None) -> Exists:
    """Return a condition that selects the verdicts for which a person has stated when the release was live.

    A statement that the release was live before the due time is confidential until the release is published or
    cancelled. Until then, the statement counts only for its author and for people who may know of early findings. If
    the statement counted for other people too, the question would disappear for them, and this would disclose the
    statement.

    :param reader: the person who is asked the question. If None, only statements that are open to everyone count.
    """
    # Compare with both the due time of the verdict and the present due time, because the release may have been moved.
    open_to_all = Q(live_at__gte=OuterRef("due_at")) & Q(live_at__gte=F("release__due_at"))
    open_to_all |= ~Q(release__status__in=TO_COME)
    if reader is not None:
        open_to_all |= Q(stated_by=reader.pk) | Q(release__series__producer__in=producers_known_to(reader))
    return Exists(
        Statement.objects.filter(
            open_to_all,
            kind=Statement.Kind.WAS_LIVE,
            release=OuterRef("release"),
            schedule_version__gte=OuterRef("schedule_version"),
        )
    )


def record_text_statement(
    release: Release,
    address: Address,
    kind: str,
    *,
    text_digest: str,
    by: User,
    at: datetime,
    seen: int | None = None,
    words: str = "",
) -> Statement:
    """Record a person's statement about the edition that a text belongs to, and judge the release again.

    :param seen: the key of the last answer about the text that the person saw; None if they saw none.
    :raises AnsweredMeanwhile: if there is a later answer.
    """
    check_may(by, Action.ANSWER, release.series.producer)
    if kind not in TEXT_KINDS:
        raise AnswerRefused(
            "kind", _("Select what the page shows: the release, the previous edition or something else.")
        )
    if not text_digest or not repository.has_seen_text(address, release, text_digest):
        sentence = _("No check for the current date found this text. Reload the release and try again.")
        raise AnswerRefused("kind", sentence)
    with transaction.atomic():
        lock_release(release.pk)
        answers = Statement.objects.filter(release=release, text_digest=text_digest)
        last = answers.select_related("release", "stated_by").in_order().last()
        if last is not None and last.pk != seen:
            raise AnsweredMeanwhile(last, _describe_answer(last, reader=by))
        statement = _add_statement(release, kind, by=by, at=at, words=words, address=address, text_digest=text_digest)
        _judge(release, now=at)
    return statement


def _describe_answer(answer: Statement, *, reader: User) -> str:
    if answer.pk in find_hidden_statements(reader, [answer.release]):
        return _("Another person answered this question. We did not save your answer.")
    sentence = _(
        "%(person)s answered ‘%(answer)s’ at %(moment)s. We did not save your answer. If you disagree, check your "
        "answer and save it again."
    )
    moment = calendar.format_moment(answer.stated_at)
    return sentence % {"person": answer.stated_by, "answer": answer, "moment": moment}


def may_have_been_live(release: Release, changes: Iterable[DateChange], *, at: datetime) -> bool:
    """Return whether a person may state when a release was live.

    This is possible from the London day of its date on. It is also possible if the date was changed after an earlier
    date had passed, because a question about that date may still be open. A release that a person saw before is
    reported as an early release.

    :param changes: all date changes of the release.
    """
    if release.due_at is None:
        return False
    earlier = (one.was.due_at for one in changes if one.was.due_at and one.was.due_at <= one.made_at)
    return any(due and calendar.is_due_day_reached(due, at=at) for due in (release.due_at, *earlier))


def record_live_time(release: Release, *, live_at: datetime, by: User, at: datetime, words: str = "") -> Statement:
    """Record a person's statement that a release was live at a certain time.

    If the release is confirmed, the person may publish it, and the stated time is not before the due time, the release
    is also published. If the stated time is before the due time, the release is not published, because it may have been
    removed since.

    The statement does not change the verdict, which is based on checks.
    """
    check_may(by, Action.ANSWER, release.series.producer)
    if release.due_at is None:
        raise AnswerRefused("live_on", _("This release has no exact date yet, so it cannot have been live."))
    if not may_have_been_live(release, release.date_changes.all(), at=at):
        sentence = _(
            "You can record this from the day of the release, %(day)s. If you saw the release before then, start a "
            "breach report."
        )
        raise AnswerRefused("live_on", sentence % {"day": calendar.format_day(release.planned_on)})
    if live_at > at:
        sentence = _("%(moment)s is in the future. Enter a time at which the release was already live.") % {
            "moment": calendar.format_moment(live_at)
        }
        raise AnswerRefused(
            "live_on" if calendar.local_date(live_at) > calendar.local_date(at) else "live_time", sentence
        )
    with transaction.atomic():
        lock_release(release.pk)
        statement = _add_statement(
            release,
            Statement.Kind.WAS_LIVE,
            by=by,
            at=at,
            words=words,
            live_at=live_at,
        )
        _judge(release, now=at)
        release.refresh_from_db()
        may_publish = PUBLISH in RELEASE.available(source=release.status, roles=roles_of(by, release.series.producer))
        if may_publish and live_at >= release.due_at:
            scheduling.publish(release, by=by, at=at, published_at=live_at)
    return statement


def _add_statement(
    release: Release,
    kind: str,
    *,
    by: User,
    at: datetime,
    words: str,
    address: Address | None = None,
    text_digest: str = "",
    live_at: datetime | None = None,
) -> Statement:
    statement = Statement.objects.create(
        release=release,
        address=address,
        schedule_version=release.schedule_version,
        kind=kind,
        text_digest=text_digest,
        live_at=live_at,
        words=words.strip(),
        stated_by=by,
        stated_at=at,
    )
    facts = {"said": kind, "text_digest": text_digest, "live_at": live_at.isoformat() if live_at else None}
    record_event(release, "stated", at=at, by=by, words=words.strip(), **facts)
    record_rows({Statement: [statement.pk]})
    return statement


def _judge(release: Release, *, now: datetime) -> None:
    """Judge a release again, unless monitoring does not judge it."""
    if not Release.objects.judged().filter(pk=release.pk, addresses__isnull=False).exists():
        return
    judge.judge_one(release, now=now, answered_until=judge.assume_answers(now=now))
