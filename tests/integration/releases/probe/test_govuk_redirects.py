"""A redirect document of GOV.UK is followed like any redirect, under the same rules."""

import json
from dataclasses import replace

import pytest

from releases.detection.finding import CheckOutcome, PublisherSays, PublisherState, Reason
from releases.probe import adapters
from releases.probe.adapters import get_adapter
from releases.rules.response import Failure, Hop
from statsoffice.fake_publisher import govuk as govuk_pages
from tests.support.content_api import JSON, api_path
from tests.support.fetching import answers, check_request, make_fetcher
from tests.support.govuk_documents import ASKED, PATH, TITLE, URL, examined, expectation, publication, shown
from tests.support.publishers import path_of, publisher, response

ANNOUNCED_AT = "https://www.example.gov.uk/api/content/government/statistics/announcements/road-fuel-june-2026"


def test_a_publication_to_which_the_announcement_led_is_live():
    assert examined(publication(), hops=(ANNOUNCED_AT,), url=ANNOUNCED_AT).result is CheckOutcome.LIVE


@pytest.mark.parametrize(
    ("to", "target"),
    [
        (PATH, ASKED),
        (f"{PATH}?query=1#contents", ASKED),
        (URL, ASKED),
        ("https://stats.example.org/june", "https://stats.example.org/june"),
    ],
    ids=["path", "with query and fragment", "whole address", "another host"],
)
def test_a_redirect_document_leads_to_the_document_of_its_destination(to, target):
    path = "/government/statistics/announcements/road-fuel-june-2026"
    body = json.dumps(govuk_pages.redirect(path, to)).encode()
    assert get_adapter("govuk").leads_to(body, url=ANNOUNCED_AT) == target


def test_a_redirect_of_a_whole_folder_keeps_the_rest_of_the_path_if_it_says_so():
    redirect = govuk_pages.redirect("/old/june", "")
    redirect["redirects"] = [
        {"path": "/older", "type": "prefix", "destination": "/nowhere"},
        {"path": "/old", "type": "prefix", "destination": "/new", "segments_mode": "preserve"},
    ]
    body = json.dumps(redirect).encode()
    host = "https://www.example.gov.uk/api/content"
    assert get_adapter("govuk").leads_to(body, url=f"{host}/old/june") == f"{host}/new/june"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(publication(body='<p>"redirect"</p>')).encode(),
        json.dumps(govuk_pages.redirect(PATH, "")).encode(),
        b'{"schema_name": "redirect"',
        b"",
    ],
    ids=["publication", "redirect to nowhere", "cut off", "empty"],
)
def test_all_else_leads_nowhere(body):
    assert get_adapter("govuk").leads_to(body, url=ASKED) == ""


def test_a_redirect_document_that_names_no_target_tells_nothing():
    finding = examined(govuk_pages.redirect(PATH, ""))
    assert shown(finding) == (CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))
    assert finding.publisher == PublisherSays(PublisherState.REDIRECTED)


def serving(documents, status=200):
    """Serve documents by path, and a release page whatever else is asked for."""

    def answer(connection, head):
        document = documents.get(path_of(head), publication())
        connection.sendall(response(status, json.dumps(document).encode(), Content_Type=JSON))

    return answer


ANNOUNCEMENT = "/government/statistics/announcements/road-fuel-june-2026"


def fetched(documents, *, adapter="govuk", status=200, **options):
    by_path = {api_path(path): document for path, document in documents.items()}
    with publisher(serving(by_path, status)) as site:
        asked = replace(check_request(site.url(api_path(ANNOUNCEMENT)), site.entry), adapter=adapter)
        with make_fetcher(site.entry, **options) as fetcher:
            fetcher.start(asked)
            (_, answer) = answers(fetcher)[0]
        return site, answer


def test_a_redirect_document_is_followed_and_both_addresses_are_kept():
    site, answer = fetched({ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, PATH)})
    there = site.url(api_path(PATH))
    assert answer.hops == (Hop(site.url(api_path(ANNOUNCEMENT)), 200), Hop(there, 200))
    assert (answer.failure, answer.final_url, json.loads(answer.body)["title"]) == (None, there, TITLE)


def test_a_redirect_document_is_followed_only_for_the_adapter_that_knows_it():
    site, answer = fetched({ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, PATH)}, adapter="page")
    assert [hop.status for hop in answer.hops] == [200]
    assert len(site.requests) == 1


def test_a_redirect_document_leads_to_no_host_that_may_not_be_fetched():
    site, answer = fetched({ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, "http://127.0.0.1:9/elsewhere")})
    assert (answer.left_allowed_hosts, answer.final_url) == (True, "http://127.0.0.1:9/elsewhere")
    assert len(site.requests) == 1
    finding = get_adapter("govuk").examine(answer, expectation())
    assert shown(finding) == (CheckOutcome.UNRECOGNISED, (Reason.OTHER_HOST,))


def test_redirect_documents_that_lead_in_a_circle_tell_nothing():
    """(V4)"""
    site, answer = fetched(
        {
            ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, "/other"),
            "/other": govuk_pages.redirect("/other", ANNOUNCEMENT),
        }
    )
    assert answer.failure is Failure.TOO_MANY_REDIRECTS
    assert len(site.requests) == 6
    assert get_adapter("govuk").examine(answer, expectation()).result is CheckOutcome.UNREACHABLE


def test_a_body_that_our_own_code_cannot_read_is_examined_as_it_came(monkeypatch, caplog):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(adapters, "read_document", fail)
    _, answer = fetched({ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, PATH)})
    assert (answer.failure, answer.status, len(answer.hops)) == (None, 200, 1)
    assert "cannot determine whether" in caplog.text


def test_a_redirect_document_to_something_that_is_no_web_address_is_refused_like_any_redirect():
    _, answer = fetched({ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, "file:///etc/passwd")})
    assert answer.failure is Failure.ADDRESS_REFUSED


@pytest.mark.parametrize("status", [404, 410, 503])
def test_a_redirect_document_under_a_status_that_is_no_success_is_not_followed(status):
    site, answer = fetched({ANNOUNCEMENT: govuk_pages.redirect(ANNOUNCEMENT, PATH)}, status=status)
    assert (answer.status, len(site.requests)) == (status, 1)
