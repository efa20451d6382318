"""With breaches shown to everybody, only what a lead marked is in any public answer, and none of its people (B17)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings

from breaches import decisions, publication
from breaches.models import Report
from breaches.rules.public_statement import statement_digest
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.pages.statsoffice.test_public_leaks import HIDDEN, NOW, VERDICTS, office, read, without_question
from tests.support.factories import create_member
from tests.support.people import render_text, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

# What a lead decides to publish: when the release was seen at last, as the report's own account says it.
TOLD = {
    "the time at which it was seen",
    "the same with the point of earlier versions",
    "the same in UTC",
    "the same in an iCalendar file",
}
LINK = '<a class="govuk-link" href="/breaches/">Breaches of the Code of Practice</a>'
APPROVED_AT = NOW + timedelta(minutes=20)

# Where something of a breach could be read; that a stranger reads nothing else is proved in test_public_leaks.py.
PUBLIC = ("/?", "/api/", "/breaches/", "/calendar", "/changes.atom", "/producers/", "/releases/")

__all__ = ["office"]


@pytest.fixture(autouse=True)
def _breaches_are_public(settings, time_machine):
    settings.BREACHES_PUBLIC = True
    time_machine.move_to(APPROVED_AT, tick=False)


@shared_fixture
def marked(office) -> Report:
    """The office with the breach of one release approved and marked, another approved and not marked, one a draft."""
    with time_machine.travel(APPROVED_AT, tick=False), override_settings(BREACHES_PUBLIC=True):
        return _mark()


def _mark() -> Report:
    producer = Report.objects.order_by("reference").first().producer
    head = User.objects.get(name="Hidden Person")
    writer = create_member(Role.STATISTICIAN, producer, name="Hidden Person Writer")
    # The early release is not published yet, so only leads know of its report.
    for release, person in (("late", writer), ("early", head)):
        report = write_sections(
            _report(release), by=person, at=NOW, impact=_words(release), actions="Hidden Person looked."
        )
        decisions.approve_report(report, by=head, at=APPROVED_AT, render=render_text)
    late = _report("late")
    publication.publish_statement(
        late, seen=statement_digest(publication.preview_statement(late, now=APPROVED_AT)), by=head, at=APPROVED_AT
    )
    return late


def _report(release):
    return Report.objects.get(suspicions__release__reference=release)


def _words(release):
    where = "https://hidden-site.example.gov.uk/hidden-tables.ods"
    return f"Impact of {release}. Hidden Person 1 (hidden.person.1@example.gov.uk, 020 7946 0000) saw {where} first."


@pytest.mark.parametrize(
    "under",
    [pytest.param(PUBLIC, id="where something could be"), pytest.param((), id="every address", marks=pytest.mark.full)],
)
def test_only_the_marked_report_is_in_any_public_answer_and_no_other_answer_changes_by_it(
    client, marked, under, subtests
):
    answers = read(client, *under)
    told = {address for address, (_, text) in answers.items() if "impact of" in text}
    assert {address for address, (status, _) in answers.items() if "breaches" in address and status == 200} == {
        "/breaches/"
    }
    assert told == set()
    page = client.get(f"/breaches/{marked.reference}/")
    assert page.status_code == 200
    assert "Impact of late. [name removed]" in page.text
    for release in ("early", "not-seen"):
        assert client.get(f"/breaches/{_report(release).reference}/").status_code == 404
        assert f"Prices, {release}" not in client.get("/breaches/").text
    others = {address: text for address, (_, text) in answers.items() if not address.startswith("/breaches/")}
    for what, word in HIDDEN.items():
        with subtests.test(what):
            assert [address for address, text in others.items() if word in without_question(text, address)] == []


def test_what_is_public_of_a_report_holds_nothing_that_is_hidden_but_what_it_tells(client, marked, subtests):
    answers = {
        address: client.get(address).text.lower() for address in ("/breaches/", f"/breaches/{marked.reference}/")
    }
    for what, word in HIDDEN.items():
        if what not in TOLD:
            with subtests.test(what):
                assert [address for address, text in answers.items() if word in text] == []


def test_a_calendar_that_stands_next_to_it_speaks_of_no_verdict(client, marked):
    for address in ("/", "/calendar/2020/6/", "/changes.atom", "/api/v1/releases"):
        text = client.get(address).content.decode().lower().replace("prices, late", "").replace("/late", "")
        # The foot of a page links to the public statements, and says the same whatever there is.
        text = text.replace(LINK.lower(), "")
        for own in ("prices, early", "/early", "prices, not-seen", "/not-seen", '"late', '"early', '"not-seen'):
            text = text.replace(own, "")
        assert VERDICTS.findall(text) == [], address


def test_a_reader_finds_what_is_public_from_any_public_page(client, marked):
    for address in ("/", "/calendar/2020/6/", "/accessibility/"):
        assert client.get(address).text.count(LINK) == 1, address


def test_without_the_setting_nothing_is_there(client, marked, settings):
    settings.BREACHES_PUBLIC = False
    assert "/breaches/" not in client.get("/").text
    assert client.get("/breaches/").status_code == 404
    assert client.get(f"/breaches/{marked.reference}/").status_code == 404
