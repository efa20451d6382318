"""Lists of pre-release access in every state, for browser tests of the pages."""

from dataclasses import replace
from datetime import date, timedelta

from django.urls import reverse

from breaches import drafting
from releases import pre_release_access, receipts, scheduling
from releases.models import AccessLink
from releases.rules.pre_release import Details, Period
from releases.rules.receipts import Answer
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.people import Office
from tests.support.pre_release_lists import MINISTER, granted, someone

NOW = SEED_DUE + timedelta(minutes=5)
LONG_BEFORE = SEED_DUE - timedelta(days=9)
LONG_POST = replace(
    someone("Deputy Director for Analysis of Inspections and Outcomes of State-funded Schools and Colleges"),
    organisation="Office for Invented Numbers and Very Long Organisation Names",
    email="deputy.director.for.analysis.of.inspections.and.outcomes@example.gov.uk",
)


def pages_of_access_lists(office: Office, series) -> dict[str, str]:
    """Set the lists up, and return the addresses of their pages by name."""
    ahead = _list_of_a_release_ahead(office, series)
    token = _ask_recipients(office, ahead)
    out = _list_of_a_release_that_is_out(office, series)
    empty = ReleaseFactory(announced=True, series=series, reference="access-empty", due_at=SEED_DUE + timedelta(days=8))
    report = drafting.start_about_list(out, occurred_on=date(2020, 6, 29), by=office.statistician, at=NOW)[0]
    reported = _list_of_a_release_that_is_out(office, series, reference="access-unreported")
    first = {entry.status: entry.pk for entry in ahead.pre_release_access.all()}
    pages = {
        "an access list": reverse("releases:pre_release_list", args=[ahead.reference]),
        "an empty access list": reverse("releases:pre_release_list", args=[empty.reference]),
        "an access list that is over": reverse("releases:pre_release_list", args=[out.reference]),
        "a published access list": reverse("releases:pre_release", args=[out.reference]),
        "an access list to be published": reverse("releases:pre_release", args=[ahead.reference]),
        "the access lists of a producer": reverse("releases:pre_release_lists", args=[office.producer.slug]),
        "a release with an access list": reverse("releases:release", args=[out.reference]),
        "adding to an access list": reverse("releases:pre_release_add", args=[ahead.reference]),
        "copying an access list": reverse("releases:pre_release_copy", args=[ahead.reference]),
        "erasing the names of an access list": reverse("releases:pre_release_erase", args=[out.reference]),
        "starting a report about an access list": reverse("breaches:start_pra", args=[reported.reference]),
        "an access list with an open report": reverse("breaches:start_pra", args=[out.reference]),
        "a started report": reverse("breaches:report", args=[report.reference]),
        "what happened": reverse("breaches:section", args=[report.reference, "what_happened"]),
        "checking a started report": reverse("breaches:check", args=[report.reference]),
    }
    for name, page, status in (
        ("changing access", "change", "granted"),
        ("putting words of access right", "change", "begun"),
        ("withdrawing access", "withdraw", "granted"),
        ("access began", "begin", "granted"),
        ("access ended", "end", "begun"),
        ("taking access back", "take_back", "ended"),
    ):
        pages[name] = reverse(f"releases:pre_release_{page}", args=[ahead.reference, first[status]])
    asked = ahead.pre_release_access.get(person=MINISTER.person)
    pages |= {
        "the link of a recipient": reverse("releases:receipt", args=[token]),
        "reporting a possible disclosure": reverse("releases:receipt_disclosure", args=[token]),
        "sending a recipient a new link": reverse("releases:pre_release_renew_links", args=[ahead.reference, asked.pk]),
        "recording a confirmation by phone": reverse(
            "releases:pre_release_confirm_by_phone", args=[ahead.reference, asked.pk]
        ),
        "removing a confirmation by phone": reverse(
            "releases:pre_release_take_back_phone", args=[ahead.reference, asked.pk]
        ),
        "asking recipients to confirm": reverse("releases:ask_recipients", args=[office.producer.slug]),
    }
    one = out.pre_release_access.exclude(person="").first()
    assert one is not None
    pages["erasing a name"] = reverse("releases:pre_release_erase_name", args=[out.reference, one.pk])
    return pages


def _ask_recipients(office: Office, release) -> str:
    """Ask the people on the list, one of whom has confirmed, and return the token of the other one's link."""
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
    receipts.make_due_links(now=NOW)
    links = AccessLink.objects.filter(entry__release=release).order_by("pk")
    links.update(sent_at=NOW)
    first, second = links
    receipts.answer_link(receipts.token_of(second), Answer.CONFIRMED, at=NOW)
    return receipts.token_of(first)


def _recorded(office: Office, release, details: Details, *, began: timedelta, ended: timedelta | None = None):
    entry = granted(release, details, by=office.statistician, at=LONG_BEFORE)
    by, due_at = office.statistician, release.due_at
    entry = pre_release_access.record_begin(entry, began_at=due_at - began, by=by, at=NOW, expected_version=1)
    if ended is not None:
        pre_release_access.record_end(entry, ended_at=due_at - ended, by=by, at=NOW, expected_version=2)


def _list_of_a_release_ahead(office: Office, series):
    """A release of tomorrow: entries in every state, and what waits for a lead to agree."""
    ahead = ReleaseFactory(
        announced=True,
        series=series,
        reference="access-ahead",
        title="Due tomorrow, with a list",
        due_at=SEED_DUE + timedelta(days=1),
    )
    granted(ahead, by=office.statistician, at=LONG_BEFORE)
    granted(ahead, LONG_POST, by=office.people["calendar_manager"], at=LONG_BEFORE)
    _recorded(office, ahead, someone("Permanent Secretary"), began=timedelta(hours=30))
    _recorded(
        office, ahead, someone("Special Adviser"), began=timedelta(hours=24), ended=timedelta(hours=23, minutes=57)
    )
    withdrawn = granted(ahead, someone("Press officer"), by=office.statistician, at=LONG_BEFORE)
    pre_release_access.withdraw_access(withdrawn, by=office.head, at=LONG_BEFORE, expected_version=1)
    morning = someone("Duty press officer", period=Period(3), period_reason="Answers the first calls at 9:30am.")
    pre_release_access.grant_access(ahead, morning, by=office.statistician, at=NOW)
    entry = granted(ahead, someone("Chief economist"), by=office.statistician, at=LONG_BEFORE)
    changed = replace(someone("Chief economist"), person="Somebody Else", email="somebody.else@example.gov.uk")
    pre_release_access.change_access(entry, changed, by=office.statistician, at=NOW, expected_version=1)
    leaving = granted(ahead, someone("Analyst"), by=office.statistician, at=LONG_BEFORE)
    pre_release_access.withdraw_access(leaving, by=office.statistician, at=NOW, expected_version=1)
    return ahead


def _list_of_a_release_that_is_out(office: Office, series, *, reference="access-out"):
    out = ReleaseFactory(
        announced=True, series=series, reference=reference, title="Out, with the list of who saw it before"
    )
    granted(out, MINISTER, by=office.statistician, at=LONG_BEFORE)
    _recorded(office, out, LONG_POST, began=timedelta(hours=23))
    erased = granted(out, someone("Permanent Secretary"), by=office.statistician, at=LONG_BEFORE)
    scheduling.publish(out, by=None, at=SEED_DUE, published_at=SEED_DUE)
    pre_release_access.erase_name(out, entry=erased, by=office.statistician, at=NOW)
    return out
