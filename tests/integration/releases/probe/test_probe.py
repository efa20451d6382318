"""The probe requests a publisher's site as the operator set it up, and distinguishes right pages from wrong ones."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome, Expectation, Reason
from releases.probe.adapters import ADAPTERS, NoSuchAdapterError, get_adapter
from releases.probe.probe import probe_from_settings, user_agent
from releases.rules.response import CheckRequest
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import rehearsal_site
from statsoffice.fake_publisher.scenes import scene
from tests.support import practice_pages

SERIES = "State-funded schools inspections and outcomes"
TITLE = f"{SERIES} as at 31 March 2020"
EARLIER = f"{SERIES} as at 31 December 2019"
DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)

OUT = pages.release_page(TITLE, published="9.30am on 30 June 2020")
SCENES = {
    "out": (scene(OUT), CheckOutcome.LIVE, Reason.MARKER_IN_TITLE),
    "absent": (scene("gone", status=404), CheckOutcome.NOT_LIVE, Reason.NOT_FOUND),
    "gone": (scene("gone", status=410), CheckOutcome.NOT_LIVE, Reason.GONE),
    "soft-404": (scene(pages.not_found_page()), CheckOutcome.NOT_LIVE, Reason.NEGATIVE_MARKER),
    "coming-soon": (
        scene(pages.coming_soon_page(TITLE, expected="9.30am on 30 June 2020")),
        CheckOutcome.NOT_LIVE,
        Reason.NEGATIVE_MARKER,
    ),
    "log-in": (scene(practice_pages.log_in_page()), CheckOutcome.NOT_LIVE, Reason.LOG_IN),
    "to-the-home-page": (scene(status=302, headers={"Location": "/"}), CheckOutcome.NOT_LIVE, Reason.HOME_PAGE),
    "to-another-host": (
        scene(status=302, headers={"Location": "http://www.example.gov.uk/a"}),
        CheckOutcome.UNRECOGNISED,
        Reason.OTHER_HOST,
    ),
    "earlier-edition": (
        scene(pages.release_page(EARLIER, published="9.30am on 31 March 2020")),
        CheckOutcome.UNRECOGNISED,
        Reason.NO_MARKER,
    ),
    "bot-challenge": (scene(practice_pages.bot_challenge_page()), CheckOutcome.UNRECOGNISED, Reason.OBSTACLE),
    "script-shell": (scene(practice_pages.script_shell_page()), CheckOutcome.UNRECOGNISED, None),
    "trouble": (scene(practice_pages.error_page(), status=503), CheckOutcome.UNREACHABLE, Reason.SERVER_ERROR),
    "too-many-requests": (scene("slow down", status=429), CheckOutcome.UNREACHABLE, Reason.RATE_LIMITED),
}


@pytest.fixture(scope="module")
def site():
    with rehearsal_site() as running:
        yield running


@pytest.fixture
def probe(site, settings):
    settings.OFFICE_NAME = "Office for Practice"
    settings.PROBE_CONTACT = "statistics@example.gov.uk"
    settings.PROBE_ALLOW_PRIVATE = frozenset({site.base_url.removeprefix("http://")})
    settings.PROBE_BUDGETS = {"127.0.0.1": (2, 1000)}
    settings.PROBE_PROXY = ""
    with probe_from_settings(now=lambda: datetime.now(UTC)) as made:
        yield made


def look(probe, url):
    host = url.removeprefix("http://").partition("/")[0]
    probe.start(
        CheckRequest(key="k", url=probe.fetched_address("page", url), allowed_hosts=frozenset({host}), planned_at=DUE)
    )
    ((_, answer),) = probe.poll(5)
    return answer


def expected(url, role=AddressRole.PAGE, marker="as at 31 March 2020"):
    return Expectation(role=role, url=url, marker=marker, release_title=TITLE, series_title=SERIES)


@pytest.mark.parametrize(("played", "result", "reason"), SCENES.values(), ids=SCENES.keys())
def test_each_kind_of_page_is_distinguished(site, probe, played, result, reason):
    url = site.publish("/statistics/inspections", [played])
    finding = probe.examine("page", look(probe, url), expected(url))
    assert finding.result is result
    assert reason is None or reason in finding.reasons


def test_the_earlier_edition_that_has_not_changed_is_not_live(site, probe):
    url = site.publish("/statistics/inspections", [scene(pages.release_page(EARLIER, published="31 March 2020"))])
    first = probe.examine("page", look(probe, url), expected(url))
    seen_before = Expectation(
        role=AddressRole.PAGE,
        url=url,
        marker="as at 31 March 2020",
        release_title=TITLE,
        series_title=SERIES,
        texts_not_live=frozenset({first.text_digest}),
    )
    again = probe.examine("page", look(probe, url), seen_before)
    assert again.result is CheckOutcome.NOT_LIVE


@pytest.mark.parametrize(
    ("served", "result"),
    [
        (scene(practice_pages.pdf_file(TITLE), content_type=practice_pages.PDF), CheckOutcome.LIVE),
        (scene(pages.not_found_page()), CheckOutcome.NOT_LIVE),
        (scene("nothing", status=404), CheckOutcome.NOT_LIVE),
    ],
    ids=["a-file", "a-page-in-its-place", "absent"],
)
def test_an_attachment_is_a_file_of_the_right_type(site, probe, served, result):
    url = site.publish("/files/inspections.pdf", [served])
    finding = probe.examine("page", look(probe, url), expected(url, role=AddressRole.ATTACHMENT, marker=""))
    assert finding.result is result


def test_a_table_is_a_file_too(site, probe):
    url = site.publish("/files/inspections.csv", [scene(practice_pages.csv_file(), content_type=practice_pages.CSV)])
    finding = probe.examine("page", look(probe, url), expected(url, role=AddressRole.ATTACHMENT, marker=""))
    assert finding.result is CheckOutcome.LIVE


def test_a_page_that_appears_is_seen_to_appear(site, probe):
    url = site.publish("/statistics/inspections", [scene(OUT, starts=DUE + timedelta(minutes=57))])
    seen = []
    for minute in (0, 56, 57):
        site.freeze(DUE + timedelta(minutes=minute))
        seen.append(probe.examine("page", look(probe, url), expected(url)).result)
    site.run_clock()
    assert seen == [CheckOutcome.NOT_LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.LIVE]


def test_the_operators_budget_holds_for_a_hosts_every_port(site, probe):
    url = site.publish("/slow", [scene("slow", delay_seconds=0.3)])
    host = site.base_url.removeprefix("http://")
    for number in range(4):
        probe.start(CheckRequest(key=number, url=url, allowed_hosts=frozenset({host}), planned_at=DUE))
    assert probe.in_flight == 4
    completed = []
    while probe.in_flight:
        completed += [answer.completed_at for _, answer in probe.poll(1)]
    assert completed[2] - completed[0] >= timedelta(seconds=0.25)
    assert completed[1] - completed[0] < timedelta(seconds=0.2)


def test_an_address_that_the_operator_has_not_opened_is_refused(site, settings):
    settings.PROBE_ALLOW_PRIVATE = frozenset()
    url = site.publish("/statistics/inspections", [scene(OUT)])
    with probe_from_settings(now=lambda: datetime.now(UTC)) as closed:
        answer = look(closed, url)
        finding = closed.examine("page", answer, expected(url))
    assert (finding.result, finding.reasons) == (CheckOutcome.UNREACHABLE, (Reason.ADDRESS_REFUSED,))


@pytest.mark.parametrize(
    ("office", "contact", "agent"),
    [
        (
            "Office for Practice",
            "a@example.gov.uk",
            "statsoffice-release-check (Office for Practice; a@example.gov.uk)",
        ),
        ("Office for Practice", "", "statsoffice-release-check (Office for Practice)"),
        ("", "", "statsoffice-release-check"),
        ("Swyddfa Ystadegau Môn (Cymru)", "", "statsoffice-release-check (Swyddfa Ystadegau Mon Cymru)"),
        ("A\r\nX-Evil: yes", "", "statsoffice-release-check (A X-Evil: yes)"),
        ("統計局", "", "statsoffice-release-check"),
    ],
    ids=["both", "no-contact", "nothing", "accents-and-brackets", "line-break", "no-latin-letters"],
)
def test_the_name_that_requests_carry_fits_into_a_header(office, contact, agent):
    assert user_agent(office=office, contact=contact) == agent


class TestAdapters:
    def test_every_adapter_is_found_under_its_own_name(self):
        assert "page" in ADAPTERS
        assert all(get_adapter(name).name == name for name in ADAPTERS)

    def test_the_page_adapter_fetches_the_announced_address_itself(self):
        assert get_adapter("page").address("https://www.example.gov.uk/a?b=c") == "https://www.example.gov.uk/a?b=c"

    def test_an_adapter_that_does_not_exist_is_told(self):
        with pytest.raises(NoSuchAdapterError, match=r"no adapter .gov.; there are: browser, ees, govuk, ons, page"):
            get_adapter("gov")
