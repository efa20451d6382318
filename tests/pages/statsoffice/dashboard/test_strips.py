"""The strip of each release: what it draws when, which actions stand beside it, and that it shows no early release."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import judge, scheduling
from releases.evidence import coverage
from releases.models import Contact, Series
from releases.rules.lifecycle import Role
from statsoffice.dashboard import today
from statsoffice.dashboard.today import Section
from tests.pages.statsoffice.dashboard.morning import AFTER, BEFORE, sign_in, suspect
from tests.support.early_release import TITLE, add_checks, create_release, find_early
from tests.support.factories import SEED_DUE, ReleaseFactory, rolled_back
from tests.support.observations import create_observation, create_observations
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

DESK = reverse("desk")
SOON = SEED_DUE - timedelta(seconds=30)


def row_of(client, release, **query):
    tree = LexborHTMLParser(client.get(DESK, query).text)
    (row,) = [row for row in tree.css(".office-strips__item") if row.css_first(f"#today-{release.pk}")]
    return row


def marks_of(row):
    return {path.attributes["class"].rpartition("--")[2] for path in row.css(".office-strip__mark")}


def texts_of(row):
    return [" ".join(action.text().split()) for action in row.css(".office-strips__action")]


def test_a_strip_appears_ten_minutes_before_the_due_time(client, clock, release):
    sign_in(client, release)
    clock(SEED_DUE - timedelta(minutes=11))
    assert not row_of(client, release).css("svg")
    clock(SEED_DUE - timedelta(minutes=10))
    assert row_of(client, release).css("svg")


def test_each_kind_of_check_is_drawn_and_described(client, clock, release):
    address = release.addresses.get()
    create_observation(address, "not_live", at=SOON)
    for seconds, result in enumerate(("not_live", "unreachable", "unrecognised", "live")):
        create_observation(address, result, at=SEED_DUE + timedelta(seconds=seconds))
    clock(SEED_DUE + timedelta(seconds=10))
    sign_in(client, release)
    row = row_of(client, release)
    assert marks_of(row) == {"made", "not_live", "no_answer", "not_recognised", "live"}
    words = row.css_first("title").text()
    for sentence in (
        "Checked before the release time.",
        "1 check at 9:30:00am: not live.",
        "1 check at 9:30:01am: no response.",
        "1 check at 9:30:02am: not recognised.",
        "1 check at 9:30:03am: live.",
    ):
        assert sentence in words


def test_a_time_without_monitoring_is_drawn_and_described_and_never_late(client, clock, release):
    coverage.mark_alive("test", at=SEED_DUE - timedelta(minutes=3))
    clock(SEED_DUE + timedelta(minutes=5))
    sign_in(client, release)
    row = row_of(client, release)
    assert row.css(".office-strip__unmonitored")
    assert "Not monitored from" in row.css_first("title").text()
    assert not marks_of(row)
    assert "Late" not in row.text()


def test_a_statement_about_a_page_corrects_its_tick(client, clock, release):
    person = sign_in(client, release)
    seen = create_observation(release.addresses.get(), "unrecognised", at=SEED_DUE, text="A renamed title")
    clock(SEED_DUE + timedelta(seconds=10))
    assert marks_of(row_of(client, release)) == {"not_recognised"}
    release.statements.create(
        kind="previous_edition", address=release.addresses.get(), schedule_version=1, text_digest=seen.text_digest,
        stated_by=person, stated_at=SEED_DUE,
    )  # fmt: skip
    assert marks_of(row_of(client, release)) == {"not_live"}


def test_the_page_can_be_opened_from_the_due_time_on(client, clock, release):
    sign_in(client, release)
    clock(SEED_DUE - timedelta(seconds=1))
    assert not row_of(client, release).css('a[rel="noreferrer"]')
    clock(SEED_DUE)
    (link,) = row_of(client, release).css('a[rel="noreferrer"]')
    assert link.attributes["href"] == release.addresses.get().url


def test_the_contact_can_be_called_until_the_release_is_live(client, clock, release):
    name = release.series.responsible.name
    sign_in(client, release)
    clock(SEED_DUE)
    assert f"Call {name}: {release.title}" in texts_of(row_of(client, release))
    assert row_of(client, release).css('a[href="tel:02079460000"]')
    Contact.objects.update(telephone="")
    assert f"No phone number for {name}" in texts_of(row_of(client, release))
    Series.objects.update(responsible=None)
    assert f"No phone number for {release.series.head_of_profession.name}" in texts_of(row_of(client, release))
    Series.objects.update(head_of_profession=None)
    assert "No contact" in texts_of(row_of(client, release))
    create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(release, now=AFTER)
    assert [text.partition(":")[0] for text in texts_of(row_of(client, release))] == ["Open page"]


def test_what_can_have_the_focus_keeps_its_identifier_in_an_update(client, clock, release):
    sign_in(client, release)
    stopped = ReleaseFactory(announced=True, reference="stopped", title="Stopped", series=release.series)
    scheduling.cancel_release(stopped, reason="The survey was stopped.", by=None, at=BEFORE)
    clock(SEED_DUE)
    opened, updated = (LexborHTMLParser(client.get(address).text) for address in (DESK, reverse("desk_part")))
    for tree in (opened, updated):
        actions = tree.css("a.office-strips__action, button.office-strips__action")
        assert [action.id for action in actions] == [f"today-{release.pk}-action-{number}" for number in (1, 2, 3)]
        assert {action.tag for action in actions} == {"a", "button"}
        assert tree.css_first("details#desk-finished > summary#desk-finished-summary")
    names = [node.id for node in opened.css("[id]")]
    assert len(names) == len(set(names))


def test_only_leads_tell_readers_and_only_after_the_tolerance_and_through_a_page(client, clock, release):
    leads = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
    address = reverse("releases:delay_notice", args=[release.reference])
    for role in Role:
        with rolled_back():
            sign_in(client, release, role)
            clock(SEED_DUE + timedelta(seconds=60))
            assert address not in row_of(client, release).html
            clock(SEED_DUE + timedelta(minutes=2))
            assert (address in row_of(client, release).html) == (role in leads), role


def test_a_late_release_leads_to_its_report_for_those_who_may_read_it(client, clock, release):
    clock(AFTER)
    report = suspect(release)
    address = reverse("breaches:report", args=[report.reference])
    for role, sees in ((Role.STATISTICIAN, True), (Role.CALENDAR_MANAGER, False)):
        sign_in(client, release, role)
        assert (address in row_of(client, release).html) == sees


@pytest.mark.parametrize(
    ("results", "after", "section"),
    [
        ([], timedelta(minutes=-11), Section.LATER),
        ([], timedelta(minutes=-10), Section.DUE),
        (["not_live"] * 3, timedelta(minutes=6), Section.DUE),
        (["not_live"] * 3, timedelta(minutes=17), Section.OPEN),
        (["unreachable"] * 3, timedelta(hours=8), Section.OPEN),
        (["not_live", "live"], timedelta(minutes=6), Section.DUE),
        (["not_live", "live"], timedelta(minutes=17), Section.FINISHED),
        (["not_live"] * 3 + ["live"], timedelta(minutes=17), Section.OPEN),
        (["not_live"] * 3 + ["live"], timedelta(hours=8), Section.OPEN),
    ],
)
def test_a_release_moves_through_the_parts_of_the_page(client, clock, release, results, after, section):
    every = timedelta(seconds=65 if len(results) > 2 else 5)
    if results:
        create_observations(release, *results, start=SEED_DUE - timedelta(seconds=5), every=every)
        judge.judge_one(release, now=SEED_DUE + timedelta(minutes=6))
    (line,) = today.today(sign_in(client, release), now=SEED_DUE + after).lines
    assert line.section is section


def test_the_release_that_is_due_comes_before_an_earlier_open_one_and_finished_ones_are_folded_away(
    client, clock, release
):
    head = sign_in(client, release, Role.HEAD_OF_PROFESSION)
    stopped = ReleaseFactory(announced=True, reference="stopped", title="Stopped", series=release.series)
    scheduling.cancel_release(stopped, reason="The survey was stopped.", by=head, at=BEFORE)
    clock(SEED_DUE)
    day = today.today(head, now=SEED_DUE)
    assert [group.section for group in day.groups] == [Section.DUE]
    assert [line.release for line in day.finished] == [stopped]
    page = client.get(DESK).text
    assert page.index(release.title) < page.index("office-desk__finished") < page.index("Stopped")


def test_the_banner_shows_a_result_for_two_minutes(client, clock, release):
    def banner():
        return client.get(DESK).text.partition('id="desk-banner"')[2].partition("office-desk__time")[0]

    suspect(release)
    sign_in(client, release)
    clock(SEED_DUE + timedelta(minutes=2, seconds=30))
    assert release.title in banner()
    assert "Not live when last checked" in banner()
    clock(SEED_DUE + timedelta(minutes=4))
    assert release.title not in banner()


def test_good_results_are_counted_in_the_banner(client, clock, release):
    create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(release, now=AFTER)
    sign_in(client, release)
    clock(SEED_DUE + timedelta(seconds=20))
    text = client.get(DESK).text
    assert "1 release is live." in text
    assert "office-banner--late" not in text


def test_results_of_rehearsals_are_marked_in_the_banner_and_are_no_releases(client, clock, release):
    live, late = (
        ReleaseFactory(confirmed=True, rehearsal=True, reference=name, title=f"Played {name}", series=release.series)
        for name in ("live", "late")
    )
    create_observations(live, "not_live", "live", start=SEED_DUE, every=timedelta(minutes=1))
    judge.judge_one(live, now=SEED_DUE + timedelta(minutes=1, seconds=1))
    suspect(late)
    sign_in(client, release)

    def read_banner():
        text = client.get(DESK, {"rehearsals": "show"}).text
        assert "office-banner--late" not in text
        return " ".join(LexborHTMLParser(text).css_first("#desk-banner").text(separator=" ").split())

    clock(SEED_DUE + timedelta(minutes=1, seconds=2))
    assert "1 rehearsal is live." in read_banner()
    clock(SEED_DUE + timedelta(minutes=2, seconds=30))
    assert "Played late : Not live when last checked Rehearsal" in read_banner()


class TestEarlyRelease:
    """Until it is published, no one sees that a release was found early, however long before its due time."""

    @staticmethod
    def shown(office, **query):
        return {
            role: today_of(office.people[role], query)
            for role in (Role.HEAD_OF_PROFESSION, Role.STATISTICIAN, Role.PUBLISHING_TEAM)
        }

    @pytest.mark.parametrize("query", [{}, {"large": ""}, {"rehearsals": "show"}], ids=["page", "wall", "rehearsals"])
    def test_a_release_found_early_looks_like_one_that_was_not(self, clock, query):
        office = create_office()
        release = create_release(office)
        # In the two minutes that the strip shows, at the instants of the plan.
        planned = range(-120, -74, 15)
        pages = []
        for result in ("not_live", "live"):
            with rolled_back():
                add_checks(release, *((result, at) for at in planned))
                if result == "live":
                    # The additional checks that confirm it.
                    add_checks(release, ("live", -115), ("live", -100))
                clock(SEED_DUE - timedelta(seconds=70))
                pages.append(self.shown(office, **query))
        assert pages[0] == pages[1]

    def test_its_marks_before_the_due_time_have_no_result_even_for_those_who_may_know(self, client, clock):
        office = create_office()
        early = find_early(office, create_release(office))
        add_checks(early.release, ("live", -60), ("live", -30))
        clock(SEED_DUE - timedelta(seconds=10))
        client.force_login(office.head)
        row = row_of(client, early.release)
        assert marks_of(row) == {"made"}
        assert "live" not in row.css_first("title").text()
        assert not row.css('a[href^="/reports/"], a[rel="noreferrer"]')

    @pytest.fixture
    def published(self, client):
        """An early release after its due time, with a reader who may know of it."""
        office = create_office()
        early = find_early(office, create_release(office))
        add_checks(early.release, *(("live", at) for at in range(0, 125, 5)))
        client.force_login(office.head)
        return early

    def test_once_it_is_published_it_is_to_follow_up_and_in_the_banner_by_name(self, client, clock, published):
        clock(SEED_DUE + timedelta(minutes=1))
        page = " ".join(LexborHTMLParser(client.get(DESK).text).css_first("#desk-banner").text().split())
        assert f"{TITLE}: Early" in page
        assert "live" not in page
        clock(SEED_DUE + timedelta(hours=1))
        day = today.today(published.office.head, now=SEED_DUE + timedelta(hours=1))
        assert [group.section for group in day.groups] == [Section.OPEN]
        assert (day.live, day.late, day.finished) == (1, 0, [])
        assert "1 release to follow up" in " ".join(client.get(DESK).text.split())
        assert "Early by" in row_of(client, published.release).text()

    @pytest.mark.parametrize(("query", "is_shown"), [({}, True), ({"large": ""}, False)], ids=["page", "wall"])
    def test_once_it_is_published_its_strip_shows_that_it_was_live_before_the_due_time(
        self, client, clock, query, is_shown
    ):
        office = create_office()
        early = find_early(office, create_release(office))
        add_checks(early.release, ("live", -60), ("live", -30), *(("live", at) for at in range(0, 125, 5)))
        client.force_login(office.head)
        clock(SEED_DUE + timedelta(minutes=1))
        row = row_of(client, early.release, **query)
        assert marks_of(row) == ({"early", "live"} if is_shown else {"made", "live"})
        title = row.css_first("title").text()
        sentences = (
            "First found live at 9:10:00am, before the release time.",
            "2 checks, 9:29:00am to 9:29:30am: live before the release time.",
        )
        assert [sentence in title for sentence in sentences] == [is_shown, is_shown]

    def test_it_is_counted_from_when_its_line_says_that_it_was_early(self, clock):
        office = create_office()
        early = find_early(office, create_release(office))
        clock(SEED_DUE - timedelta(seconds=10))
        title, page, summary = today_of(office.head, {})
        assert "early" not in f"{title}{page}{summary}".casefold()
        add_checks(early.release, *(("live", at) for at in range(0, 125, 5)))
        clock(SEED_DUE + timedelta(minutes=5))
        title, page, summary = today_of(office.head, {})
        assert title.startswith("(1 early) Today’s releases")
        assert "1 early" in " ".join(LexborHTMLParser(page).css_first(".office-counts").text().split())
        assert summary.startswith("1 due, 1 live, 1 early, 0 late, 0 to check")
        suspect(ReleaseFactory(confirmed=True, reference="not-there", series=early.release.series))
        clock(AFTER)
        assert today_of(office.head, {})[0].startswith("(1 early, 1 late) Today’s releases")

    def test_a_wall_shows_it_as_live_alone(self, client, clock, published):
        for minutes in (1, 60):
            clock(SEED_DUE + timedelta(minutes=minutes))
            page = client.get(DESK, {"large": ""}).text
            assert "early" not in page.casefold()
            assert "follow up" not in page
            row = row_of(client, published.release, large="")
            assert row.css_first(".govuk-tag").text().strip() == "Live"
            assert "1 release is live." in page or minutes == 60
        assert "1 finished release" in " ".join(page.split())


def today_of(person, query):
    client = Client()
    client.force_login(person)
    tree = LexborHTMLParser(client.get(DESK, query).text)
    title = tree.css_first("title").text()
    return title, tree.css_first("#desk-today").html, tree.css_first("#desk-summary").text()
