"""The columns of a calendar file, in the order in which templates and exports have them."""

REQUIRED = ("reference", "producer", "series", "title", "scheduled_for")
OPTIONAL = (
    "zone", "precision", "status", "url", "marker", "adapter", "attachments", "announcement", "announcement_adapter",
    "responsible_email", "tolerance_seconds", "rehearsal", "short_notice_reason", "date_change_reason",
    "cancellation_reason",
)  # fmt: skip
COLUMNS = (*REQUIRED, *OPTIONAL)
LONGEST = {
    "reference": 100,
    "producer": 300,
    "series": 300,
    "title": 300,
    "marker": 300,
    "url": 1000,
    "announcement": 1000,
    "attachments": 10_000,
    "short_notice_reason": 2000,
    "date_change_reason": 2000,
    "cancellation_reason": 2000,
    "adapter": 30,
    "announcement_adapter": 30,
}
ZONE = "Europe/London"
EXAMPLE = "example"
"""The reference of the row that stands in every template to be written over; it is left out of every import."""
