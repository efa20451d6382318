"""Handling receipts for pre-release access: the times of requests, the terms to confirm, and the possible answers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from releases.rules import calendar
from releases.rules.calendar import Nation
from releases.rules.lifecycle import Status
from releases.rules.pre_release import AccessStatus

# Recipients are asked to confirm the terms this many working days before their window opens. Source: issue L, item 1.
DAYS_FOR_TERMS = 5
# The owner of a list is asked to check it this many working days before the release. Source: issue L, item 1.
DAYS_FOR_LIST = 10
# From the working day before the window opens, staff have a task to call recipients who have not confirmed.
DAYS_FOR_CALLS = 1
# Requests are sent at this London time of day, because people read them at the beginning of a working day. The time
# exists on every day, even when the clocks change.
ASKED_AT = time(9)
# If the release is not found live, a link works for this long after the due time.
AFTER_DUE = timedelta(days=1)
TERMS_VERSION = 1


class Purpose(StrEnum):
    """The purpose of a personal link. A recipient gets one link for each purpose and release date."""

    TERMS = "terms"
    HANDLING = "handling"


class Answer(StrEnum):
    """A recipient's answer, as it is recorded. `SILENT` means that the recipient did not answer in time."""

    CONFIRMED = "confirmed"
    ACKNOWLEDGED = "acknowledged"
    NOT_NEEDED = "not_needed"
    DISCLOSURE = "disclosure"
    SILENT = "silent"


class Disclosure(StrEnum):
    """The disclosures that a recipient can report. There is no free text, so a report cannot contain figures."""

    SENT = "sent_to_other"
    SEEN = "seen_by_other"
    LOST = "lost"
    PUBLIC = "in_public"
    OTHER = "something_else"


# The answers that each kind of link accepts. A disclosure can be reported even before the window opens, because the
# statistics may have been sent early.
ANSWERS: dict[Purpose, frozenset[Answer]] = {
    Purpose.TERMS: frozenset({Answer.CONFIRMED, Answer.NOT_NEEDED, Answer.DISCLOSURE}),
    Purpose.HANDLING: frozenset({Answer.CONFIRMED, Answer.ACKNOWLEDGED, Answer.NOT_NEEDED, Answer.DISCLOSURE}),
}


class Term(StrEnum):
    PERIOD = "period"
    NO_SHARING = "no_sharing"
    NO_INDICATION = "no_indication"
    REPORT_AT_ONCE = "report_at_once"
    REPORT_BY_LAW = "report_by_law"


def terms_for(nation: Nation) -> tuple[Term, ...]:
    """Return the terms that recipients confirm for statistics of a nation.

    The source of the terms on sharing and indications is the Code of Practice, edition 3.0, practice 3.3 (2.1: T3.3).
    The duty to report an accidental disclosure immediately is confirmed only for the order for Scotland (paragraph 5).
    For other nations, this duty is a term of the producer. The term on the period names the limit of the order if the
    limit is confirmed. The limit for Wales is not confirmed.
    """
    report = Term.REPORT_BY_LAW if nation is Nation.SCOTLAND else Term.REPORT_AT_ONCE
    return (Term.PERIOD, Term.NO_SHARING, Term.NO_INDICATION, report)


def name_terms(nation: Nation) -> str:
    """Return the code of the terms, such as "1:scotland". The code is stored with each confirmation."""
    return f"{TERMS_VERSION}:{nation}"


def terms_asked_at(begins_at: datetime, *, nation: Nation) -> datetime:
    """Return when a recipient is asked to confirm the terms: five working days before the window opens.

    :param begins_at: the aware instant at which the window opens.
    """
    return _morning_before(begins_at, DAYS_FOR_TERMS, nation=nation)


def list_asked_at(due_at: datetime, *, nation: Nation) -> datetime:
    """Return when the owner of a list is asked to check the list: ten working days before the release."""
    return _morning_before(due_at, DAYS_FOR_LIST, nation=nation)


def calls_due_at(begins_at: datetime, *, nation: Nation) -> datetime:
    """Return when staff begin to call recipients who have not confirmed: one working day before the window opens."""
    return _morning_before(begins_at, DAYS_FOR_CALLS, nation=nation)


def _morning_before(instant: datetime, days: int, *, nation: Nation) -> datetime:
    day = calendar.working_days_away(calendar.local_date(instant), -days, nation=nation)
    return calendar.from_london(datetime.combine(day, ASKED_AT))


@dataclass(frozen=True, slots=True)
class Window:
    """The times of one recipient's access to a release; `begins_at` and `due_at` are aware instants."""

    begins_at: datetime
    due_at: datetime
    nation: Nation

    @property
    def asked_at(self) -> datetime:
        return terms_asked_at(self.begins_at, nation=self.nation)

    def are_calls_due(self, *, now: datetime) -> bool:
        """Return whether staff should now call a recipient who has not confirmed. Calls end at `due_at`."""
        return calls_due_at(self.begins_at, nation=self.nation) <= now < self.due_at

    def due_purpose(self, *, now: datetime) -> Purpose | None:
        """Return the purpose of the link that a recipient must have at `now`.

        Return None before `asked_at`, and once the release is due.

        If a person is added to the list within the window, the person gets only the handling link. This link also asks
        the person to confirm the terms.
        """
        if self.begins_at <= now < self.due_at:
            return Purpose.HANDLING
        return Purpose.TERMS if self.asked_at <= now < self.begins_at else None

    def is_link_open(self, purpose: Purpose, *, status: str, access: str, now: datetime) -> bool:
        """Return whether a link works at `now`.

        A terms link starts to work at `asked_at`, and a handling link when the window opens. Both stop when the release
        is published or cancelled, when the access is withdrawn, or one day after the due time.

        :param status: the status of the release.
        :param access: the status of the entry on the list.
        """
        starts_at = self.asked_at if purpose is Purpose.TERMS else self.begins_at
        if status != Status.CONFIRMED or access == AccessStatus.WITHDRAWN:
            return False
        return starts_at <= now < self.due_at + AFTER_DUE


class ReceiptStatus(StrEnum):
    """The status of one recipient on the producer's page."""

    NO_ADDRESS = "no_address"
    NOT_ASKED = "not_asked"
    NOT_CONFIRMED = "not_confirmed"
    CONFIRMED = "confirmed"
    CONFIRMED_BY_PHONE = "confirmed_by_phone"
    ACKNOWLEDGED = "acknowledged"
    NOT_NEEDED = "not_needed"


# Recipients with one of these statuses have not confirmed the terms in any way.
UNCONFIRMED = frozenset({ReceiptStatus.NO_ADDRESS, ReceiptStatus.NOT_ASKED, ReceiptStatus.NOT_CONFIRMED})


def find_receipt_status(
    *, has_address: bool, asked: bool, answers: Collection[Answer], by_phone: bool = False
) -> ReceiptStatus:
    """Return the status of a recipient from the answers for the present release date.

    If a recipient has answered that access is no longer needed, the other answers are ignored. A reported disclosure
    does not change the status, because the disclosure is only a suspicion.

    :param by_phone: whether staff recorded that the recipient confirmed the terms by phone.
    """
    if Answer.NOT_NEEDED in answers:
        return ReceiptStatus.NOT_NEEDED
    if Answer.ACKNOWLEDGED in answers and (Answer.CONFIRMED in answers or by_phone):
        return ReceiptStatus.ACKNOWLEDGED
    if Answer.CONFIRMED in answers:
        return ReceiptStatus.CONFIRMED
    if by_phone:
        return ReceiptStatus.CONFIRMED_BY_PHONE
    if not has_address:
        return ReceiptStatus.NO_ADDRESS
    return ReceiptStatus.NOT_CONFIRMED if asked else ReceiptStatus.NOT_ASKED
