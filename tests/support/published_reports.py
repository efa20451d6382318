"""Reports that a head has made public, and what a stranger gets of them."""

from datetime import timedelta

from breaches import publication
from breaches.rules.public_statement import statement_digest
from tests.support.people import AT

LATER = AT + timedelta(hours=1)


def preview_digest(report):
    """The digest of what someone reads before they make a report public now."""
    return statement_digest(publication.preview_statement(report, now=LATER))


def made_public(report, office):
    """The report as its head makes it public."""
    publication.publish_statement(report, seen=preview_digest(report), by=office.head, at=LATER)
    report.refresh_from_db()
    return report


def read(client, report):
    """What a stranger gets of a report: the status of its page, and whether the list names it."""
    client.logout()
    listed = report.reference in client.get("/breaches/").text
    return client.get(f"/breaches/{report.reference}/").status_code, listed
