"""Reports that a person starts, and drafts that become one report, for browser tests of the pages."""

from datetime import date, timedelta
from uuid import uuid4

from django.urls import reverse

from breaches import drafting, merging
from breaches.drafting import ReportSubject
from breaches.rules.lifecycle import ReportKind
from tests.support.factories import SEED_DUE
from tests.support.people import Office, create_joint_report, create_report

NOW = SEED_DUE + timedelta(minutes=5)


def pages_of_started_reports(office: Office, series) -> dict[str, str]:
    """Start and join some reports, and return the addresses of their pages by name."""
    leak = drafting.start_report(
        ReportSubject(office.producer, series=series),
        kind=ReportKind.LEAK,
        occurred_on=(date(2020, 6, 29), date(2020, 6, 30)),
        by=office.statistician,
        at=NOW,
        form_key=uuid4(),
    )[0]
    joint = create_joint_report(
        office, create_report(office, reference="to-join", title="To be joined with another one")
    )
    whole = merging.merge_drafts([joint, create_report(office, reference="to-join-too")], by=office.head, at=NOW)
    return {
        "starting a report": reverse("breaches:start"),
        "starting a report about a series": reverse(
            "breaches:start_about_series", args=[series.producer.slug, series.slug]
        ),
        "starting a report about a release": reverse("breaches:start_about_release", args=["late"]),
        "a restricted report": reverse("breaches:report", args=[leak.reference]),
        "a joint report": reverse("breaches:report", args=[whole.reference]),
        "taking a report apart": reverse("breaches:part", args=[whole.reference]),
        "history of a joint report": reverse("breaches:history", args=[whole.reference]),
        "drafts of a morning": reverse("breaches:join", args=[office.producer.slug, date(2020, 6, 30)]),
        "drafts of an empty morning": reverse("breaches:join", args=[office.producer.slug, date(2020, 7, 30)]),
        "near misses": reverse("breaches:near_misses"),
        "no near misses": reverse("breaches:near_misses") + "?last=2019-01-01",
        "near misses of no day": reverse("breaches:near_misses") + "?first=yesterday",
    }
