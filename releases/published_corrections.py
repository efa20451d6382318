"""Corrections of published statistics, with notices for readers.

People record, change and withdraw corrections. A correction is not in itself a breach (decision 87), and recording a
correction does not change a verdict.

The functions that record, change and withdraw a correction raise NotYours if none of the person's roles allows the
action. They raise ChangedMeanwhile if the record has changed since the person read it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.utils.translation import gettext as _

from releases.models import PublishedCorrection, Release
from releases.models.event import lock_release, record_event, record_rows
from releases.models.published_correction import PublishedCorrectionQuerySet
from releases.models.training import is_shown_to
from releases.permissions import Action, Person, User, check_may, producers_where
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MoveRefused, RefusalCollector, Status

Kind = PublishedCorrection.Kind


class CorrectionRefused(FieldRefused):
    """A correction cannot be accepted. `field` is the name of the invalid field."""


class NotPublished(MoveRefused):
    """The release is not published, so there is nothing to correct."""


class AlreadyWithdrawn(MoveRefused):
    """The correction was withdrawn, so it cannot be changed."""


@dataclass(frozen=True, slots=True)
class CorrectionFacts:
    """The facts that a person enters about a correction. All datetimes are aware.

    If `corrected_at` is None, the error is not corrected yet.
    """

    what_was_wrong: str
    found_at: datetime | None
    corrected_at: datetime | None = None
    public_notice: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of a release with all its revisions, oldest first."""

    revisions: tuple[PublishedCorrection, ...]

    @property
    def current(self) -> PublishedCorrection:
        return self.revisions[-1]

    @property
    def number(self) -> int:
        return self.current.number

    @property
    def posted_at(self) -> datetime:
        """The time at which the present notice was posted. A change that readers do not see does not change it."""
        return self._first_rows[-1].recorded_at

    @property
    def earlier_notices(self) -> list[PublishedCorrection]:
        """The first revision with each public notice that was later replaced or removed, latest first."""
        return [row for row in reversed(self._first_rows[:-1]) if row.public_notice]

    @property
    def _first_rows(self) -> list[PublishedCorrection]:
        """The first revision of each public notice, oldest first. A revision without one counts as empty."""
        return [next(rows) for _notice, rows in groupby(self.revisions, key=lambda row: row.public_notice)]

    @property
    def public_changes(self) -> list[PublishedCorrection]:
        """The revisions that changed what readers see, from the first notice on, oldest first."""
        by_text = groupby(self.revisions, key=lambda row: row.public_notice and (row.public_notice, row.corrected_at))
        first_rows = [next(rows) for _shown, rows in by_text]
        return first_rows if first_rows[0].public_notice else first_rows[1:]


def corrections_of(release: Release) -> list[Correction]:
    """Return all corrections of a release, including withdrawn corrections, in order of number."""
    return group_corrections(release.published_corrections.select_related("recorded_by").order_by("number", "revision"))


def group_corrections(rows: Iterable[PublishedCorrection]) -> list[Correction]:
    """Group revisions by correction.

    :param rows: must be sorted by release, number and revision.
    """
    by_correction = groupby(rows, key=lambda row: (row.release_id, row.number))
    return [Correction(tuple(revisions)) for _key, revisions in by_correction]


def corrections_visible_to(person: Person) -> PublishedCorrectionQuerySet:
    """Return the last revision of each correction that a person may read, most recently found error first.

    The result excludes withdrawn corrections, and corrections in trainings in which the person does not take part.
    """
    own = PublishedCorrection.objects.filter(
        is_shown_to(person, column="release__training"),
        release__series__producer__in=producers_where(person, Action.VIEW),
    )
    return own.filter(kind=Kind.RECORDED).current().order_by("-found_at", "-pk")


def check_recordable(release: Release, *, by: User) -> None:
    """Check that a person may record a correction of a release.

    :raises NotYours: if none of the person's roles allows it.
    :raises NotPublished: if the release is not published.
    """
    check_may(by, Action.RECORD_CORRECTION, release.series.producer)
    if release.status != Status.PUBLISHED:
        sentence = _("You can only record a correction of a published release. This release is %(status)s.")
        raise NotPublished(sentence % {"status": release.get_status_display().lower()})


def check_facts(release: Release, facts: CorrectionFacts, *, at: datetime) -> None:
    """Check the facts that a person enters about a correction.

    :raises CorrectionRefused: if facts are missing or times are impossible. It has the refusals of all fields.
    """
    refusals = RefusalCollector()
    with refusals.collect():
        if not facts.what_was_wrong.strip():
            raise CorrectionRefused("what_was_wrong", _("Enter what was wrong."))
    with refusals.collect():
        _check_found(release, facts.found_at, at=at)
    with refusals.collect():
        _check_corrected(facts, at=at)
    refusals.raise_found()


def _check_found(release: Release, found_at: datetime | None, *, at: datetime) -> None:
    if found_at is None:
        raise CorrectionRefused("found_at", _("Enter when the error was found."))
    if found_at > at:
        raise CorrectionRefused("found_at", _("The time when the error was found must be in the past."))
    if release.due_at is not None and found_at < release.due_at:
        sentence = _("The time when the error was found must be after the release time, %(slot)s.")
        raise CorrectionRefused("found_at", sentence % {"slot": release.slot})


def _check_corrected(facts: CorrectionFacts, *, at: datetime) -> None:
    if facts.corrected_at is None:
        return
    if facts.corrected_at > at:
        raise CorrectionRefused("corrected_at", _("The time of the correction must be in the past."))
    if facts.found_at is not None and facts.corrected_at < facts.found_at:
        sentence = _("The time of the correction must not be before the time when the error was found.")
        raise CorrectionRefused("corrected_at", sentence)


def record_correction(
    release: Release, facts: CorrectionFacts, *, by: User, at: datetime, seen: int
) -> PublishedCorrection:
    """Record a new correction of a published release.

    If a person submits the same correction twice, return the existing record.

    :param seen: the number of corrections that the release had when the person read the page.
    """
    check_recordable(release, by=by)
    check_facts(release, facts, at=at)
    with transaction.atomic():
        stored = lock_release(release.pk)
        rows = PublishedCorrection.objects.filter(release=stored).current().order_by("number")
        last = rows.last()
        if last and last.number == seen + 1 and last.recorded_by_id == by.pk and facts_of(last) == _tidy(facts):
            return last
        if (last.number if last else 0) != seen:
            raise _changed_meanwhile()
        return _add_row(stored, "correction_recorded", number=seen + 1, revision=1, facts=facts, by=by, at=at)


def change_correction(
    correction: Correction, facts: CorrectionFacts, *, by: User, at: datetime, seen: int
) -> PublishedCorrection:
    """Add a revision to a correction. Earlier revisions are kept.

    :param seen: the number of revisions when the person read the correction.
    :raises CorrectionRefused: if nothing changes.
    :raises AlreadyWithdrawn: if the correction was withdrawn.
    """
    release = correction.current.release
    check_may(by, Action.RECORD_CORRECTION, release.series.producer)
    check_facts(release, facts, at=at)
    with transaction.atomic():
        last = _lock_correction(correction, seen=seen)
        if facts_of(last) == _tidy(facts):
            raise CorrectionRefused("what_was_wrong", _("You did not make any changes."))
        revision = last.revision + 1
        return _add_row(release, "correction_changed", number=last.number, revision=revision, facts=facts, by=by, at=at)


def withdraw_correction(
    correction: Correction, *, reason: str, by: User, at: datetime, seen: int
) -> PublishedCorrection:
    """Withdraw a correction that was recorded by mistake.

    Readers can no longer read the correction's notice, but they can see that there was a notice.

    :param seen: the number of revisions when the person read the correction.
    :raises CorrectionRefused: if no reason is given.
    :raises AlreadyWithdrawn: if the correction was withdrawn before.
    """
    release = correction.current.release
    check_may(by, Action.RECORD_CORRECTION, release.series.producer)
    if not reason.strip():
        raise CorrectionRefused("reason", _("Enter why you are withdrawing the correction."))
    with transaction.atomic():
        last = _lock_correction(correction, seen=seen)
        row = PublishedCorrection.objects.create(
            release=release,
            number=last.number,
            revision=last.revision + 1,
            kind=Kind.WITHDRAWN,
            withdrawal_reason=reason.strip(),
            recorded_by=by,
            recorded_at=at,
        )
        _record(row, "correction_withdrawn", words=row.withdrawal_reason)
    return row


def facts_of(row: PublishedCorrection) -> CorrectionFacts:
    return CorrectionFacts(row.what_was_wrong, row.found_at, row.corrected_at, row.public_notice)


def _tidy(facts: CorrectionFacts) -> CorrectionFacts:
    return CorrectionFacts(
        facts.what_was_wrong.strip(), facts.found_at, facts.corrected_at, facts.public_notice.strip()
    )


def _lock_correction(correction: Correction, *, seen: int) -> PublishedCorrection:
    """Lock the release of a correction, and return the last revision of the correction.

    :raises ChangedMeanwhile: if there are revisions that the person has not read.
    :raises AlreadyWithdrawn: if the correction was withdrawn.
    """
    lock_release(correction.current.release_id)
    last = PublishedCorrection.objects.filter(release=correction.current.release, number=correction.number).last()
    if last is None or last.revision != seen:
        raise _changed_meanwhile()
    if last.is_withdrawn:
        raise AlreadyWithdrawn(_("This correction was withdrawn. Record a new one."))
    return last


def _changed_meanwhile() -> ChangedMeanwhile:
    sentence = _(
        "We did not save your answers, because another person recorded a correction. Check it before you try again."
    )
    return ChangedMeanwhile(sentence)


def _add_row(
    release: Release, event: str, *, number: int, revision: int, facts: CorrectionFacts, by: User, at: datetime
) -> PublishedCorrection:
    stated = _tidy(facts)
    row = PublishedCorrection.objects.create(
        release=release,
        number=number,
        revision=revision,
        kind=Kind.RECORDED,
        what_was_wrong=stated.what_was_wrong,
        found_at=stated.found_at,
        corrected_at=stated.corrected_at,
        public_notice=stated.public_notice,
        recorded_by=by,
        recorded_at=at,
    )
    _record(row, event, words=stated.what_was_wrong)
    return row


def _record(row: PublishedCorrection, event: str, *, words: str) -> None:
    record_event(
        row.release, event, at=row.recorded_at, by=row.recorded_by, words=words, number=row.number,
        revision=row.revision, is_public=bool(row.public_notice),
    )  # fmt: skip
    record_rows({PublishedCorrection: [row.pk]})
