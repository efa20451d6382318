"""The columns of a calendar file, and the lifecycle of an import."""

from enum import StrEnum

from releases.rules.lifecycle import KEEPERS, Lifecycle, Move

REQUIRED = ("reference", "producer", "series", "title", "scheduled_for")
OPTIONAL = (
    "zone", "precision", "status", "url", "marker", "adapter", "attachments", "announcement", "announcement_adapter",
    "responsible_email", "tolerance_seconds", "rehearsal", "short_notice_reason", "date_change_reason",
    "cancellation_reason", "osr_reference", "osr_agreed_on", "bank_holiday_reason",
)  # fmt: skip
COLUMNS = (*REQUIRED, *OPTIONAL)
LONGEST_ADDRESS = 1000
"""The greatest length of each web address in the column "attachments", and of an address in another column."""
LONGEST = {
    "reference": 100,
    "producer": 300,
    "series": 300,
    "title": 300,
    "marker": 300,
    "url": LONGEST_ADDRESS,
    "announcement": LONGEST_ADDRESS,
    "attachments": 10_000,
    # The address becomes the name of a new contact, if no account has it.
    "responsible_email": 200,
    "short_notice_reason": 2000,
    "date_change_reason": 2000,
    "cancellation_reason": 2000,
    "osr_reference": 100,
    "bank_holiday_reason": 2000,
    "adapter": 30,
    "announcement_adapter": 30,
}
ZONE = "Europe/London"
EXAMPLE = "example"
"""The reference of the example row in every template. Imports ignore this row."""


class ImportSource(StrEnum):
    FILE = "file"
    GOVUK = "govuk"
    ONS = "ons"


class ImportStatus(StrEnum):
    UPLOADED = "uploaded"
    AMBIGUOUS = "ambiguous"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


CHECK = "check"
ASK_DATE_ORDER = "ask_date_order"
SET_DATE_ORDER = "set_date_order"
CHANGE_OPTIONS = "change_options"
CONFIRM = "confirm"
CHECK_AGAIN = "check_again"
APPLY = "apply"
DISCARD = "discard"
FAIL = "fail"

# An import changes the calendar only after a person has confirmed the result of its check. If the effect of the rows
# has changed since the person confirmed it, the person is asked again.
IMPORT = Lifecycle(
    name="import",
    initial=ImportStatus.UPLOADED,
    moves=(
        Move(CHECK, ImportStatus.UPLOADED, ImportStatus.CHECKED, frozenset()),
        Move(ASK_DATE_ORDER, ImportStatus.UPLOADED, ImportStatus.AMBIGUOUS, frozenset()),
        Move(SET_DATE_ORDER, ImportStatus.AMBIGUOUS, ImportStatus.UPLOADED, KEEPERS),
        Move(CHANGE_OPTIONS, ImportStatus.CHECKED, ImportStatus.UPLOADED, KEEPERS),
        Move(CONFIRM, ImportStatus.CHECKED, ImportStatus.CONFIRMED, KEEPERS),
        Move(CHECK_AGAIN, ImportStatus.CONFIRMED, ImportStatus.CHECKED, frozenset()),
        Move(APPLY, ImportStatus.CONFIRMED, ImportStatus.APPLIED, frozenset()),
        Move(DISCARD, ImportStatus.UPLOADED, ImportStatus.DISCARDED, KEEPERS),
        Move(DISCARD, ImportStatus.AMBIGUOUS, ImportStatus.DISCARDED, KEEPERS),
        Move(DISCARD, ImportStatus.CHECKED, ImportStatus.DISCARDED, KEEPERS),
        Move(FAIL, ImportStatus.UPLOADED, ImportStatus.FAILED, frozenset()),
        Move(FAIL, ImportStatus.CONFIRMED, ImportStatus.FAILED, frozenset()),
    ),
)
WAITING = (ImportStatus.UPLOADED, ImportStatus.CONFIRMED)
"""The states in which a job has to continue the import."""
WAITING_FOR_PERSON = (ImportStatus.AMBIGUOUS, ImportStatus.CHECKED)
"""The states in which a person has to answer or decide."""
OPEN = (*WAITING, *WAITING_FOR_PERSON)
"""The states in which the uploaded file is stored. The file is removed when the import ends."""
