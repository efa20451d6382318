"""Short ways to import as a person does: upload, let the product check, confirm, let it apply."""

from datetime import UTC, datetime

from releases.imports import uploads
from releases.models import CalendarImport
from tests.support.import_files import csv_of

NOW = datetime(2098, 6, 1, 12, 0, tzinfo=UTC)


def turn(at: datetime = NOW, **means) -> int:
    """Let the product do what waits."""
    return uploads.run_due_import(uploads.ImportMeans(now=lambda: at, adapters={"page", "govuk"}, **means))


def uploaded(person, *rows, create_missing=False, at: datetime = NOW, **how) -> CalendarImport:
    """Upload a file of rows."""
    content = csv_of(*rows, **how)
    return uploads.upload_file(content, name="calendar.csv", create_missing=create_missing, by=person, at=at)


def checked(person, *rows, **how) -> CalendarImport:
    """Upload a file of rows and let it be checked."""
    found = uploaded(person, *rows, **how)
    turn()
    found.refresh_from_db()
    return found


def confirm(found: CalendarImport, *, by, skip_refused=False, at: datetime = NOW) -> None:
    """Confirm the result that is stored now."""
    uploads.confirm_import(found, seen=uploads.digest_result(found), skip_refused=skip_refused, by=by, at=at)


def confirm_page(client, found: CalendarImport, **given):
    """Confirm the result that the page of an import shows now."""
    page = client.get(f"/imports/{found.public_id}/")
    return client.post(f"/imports/{found.public_id}/confirm/", {"seen": page.context["form"]["seen"].value()} | given)


def applied(person, *rows, skip_refused=False, **how) -> CalendarImport:
    """Upload a file of rows, let it be checked, confirm it, and let it be applied."""
    found = checked(person, *rows, **how)
    confirm(found, skip_refused=skip_refused, by=person)
    turn()
    found.refresh_from_db()
    return found


def outcomes(found: CalendarImport) -> list[tuple[int, str]]:
    """Return what becomes of each row, by its number."""
    return list(found.rows.values_list("number", "outcome"))
