"""What a check shows before anyone reads the page: failures, statuses, redirects; and what it shows of files."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome, Reason
from releases.detection.interstitials import is_elsewhere
from releases.detection.rules import examine
from releases.rules.response import NO_ANSWER, Failure
from tests.corpus.files import DOCX, ODS, ODS_FILE, XLSX, damaged, packed_otherwise
from tests.corpus.layouts import shell
from tests.support.import_files import ods_of
from tests.support.practice_pages import pdf_file
from tests.support.release_pages import AT, MUCH, SERIES, URL, answered, expected, page, release_page

LIVE, NOT_LIVE, UNRECOGNISED = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED
OBSERVER_FAULT, UNREACHABLE = CheckOutcome.OBSERVER_FAULT, CheckOutcome.UNREACHABLE


@pytest.mark.parametrize(
    ("led_to", "kind"),
    [
        ("https://id.example.gov.uk/connect/authorize", Reason.LOG_IN),
        ("https://www.example.gov.uk/statistics/search", Reason.SEARCH),
        ("https://www.example.gov.uk/?q=fuel", Reason.SEARCH),
        ("https://www.example.gov.uk/", Reason.HOME_PAGE),
        ("https://example.gov.uk/", Reason.HOME_PAGE),
        ("https://fuel-dashboard.example.org/", None),
        ("https://www.example.gov.uk/errors/404.html", Reason.NOT_FOUND),
        ("https://www.example.gov.uk/statistics/research", None),
    ],
)
def test_the_address_of_a_redirect_shows_that_it_is_not_the_release(led_to, kind):
    assert is_elsewhere(led_to, requested="https://www.example.gov.uk/statistics/fuel-june-2026") is kind


@pytest.mark.parametrize("failure", Failure)
def test_a_fetch_that_failed_is_unreachable_and_says_how(failure):
    finding = examine(answered(release_page(), failure=failure), expected())
    # A failure of our own browser says nothing about the site.
    result = OBSERVER_FAULT if failure is Failure.BROWSER else UNREACHABLE
    assert (finding.result, finding.reasons) == (result, (Reason(failure.value),))


@pytest.mark.parametrize("failure", sorted(set(Failure) - {Failure.BROWSER}))
def test_a_fetch_without_an_answer_is_our_own_fault_where_the_controls_fail_too(failure):
    finding = examine(answered(failure=failure), expected(controls_fail=True))
    if failure in NO_ANSWER:
        assert (finding.result, finding.reasons) == (OBSERVER_FAULT, (Reason(failure.value), Reason.CONTROLS_FAIL))
    else:
        assert finding.result is UNREACHABLE


def test_an_answer_counts_although_the_controls_fail():
    assert examine(answered(release_page()), expected(controls_fail=True)).result is LIVE
    assert examine(answered(status=404), expected(controls_fail=True)).result is NOT_LIVE


@pytest.mark.parametrize(
    ("status", "result", "reason"),
    [
        (404, NOT_LIVE, Reason.NOT_FOUND),
        (410, NOT_LIVE, Reason.GONE),
        (400, UNREACHABLE, Reason.CLIENT_ERROR),
        (401, UNREACHABLE, Reason.FORBIDDEN),
        (403, UNREACHABLE, Reason.FORBIDDEN),
        (418, UNREACHABLE, Reason.CLIENT_ERROR),
        (429, UNREACHABLE, Reason.RATE_LIMITED),
        (500, UNREACHABLE, Reason.SERVER_ERROR),
        (503, UNREACHABLE, Reason.SERVER_ERROR),
        (302, UNREACHABLE, Reason.UNEXPECTED_STATUS),
        (304, UNREACHABLE, Reason.UNEXPECTED_STATUS),
        (101, UNREACHABLE, Reason.UNEXPECTED_STATUS),
        (None, UNREACHABLE, Reason.BROKEN),
    ],
)
@pytest.mark.parametrize("role", AddressRole)
def test_a_status_other_than_success_decides_whatever_the_body_says(status, result, reason, role):
    finding = examine(answered(release_page(), status=status), expected(role=role))
    assert (finding.result, finding.reasons) == (result, (reason,))


@pytest.mark.parametrize("status", [200, 203, 206])
def test_a_success_is_read(status):
    assert examine(answered(release_page(), status=status), expected()).result is LIVE


# --- redirects


@pytest.mark.parametrize(
    ("final", "reasons"),
    [
        pytest.param("https://parked.example.com/x", (Reason.OTHER_HOST,), id="parked"),
        pytest.param("https://example.org/", (Reason.OTHER_HOST,), id="front-page"),
        pytest.param("https://example.org/search?q=x", (Reason.OTHER_HOST,), id="search"),
        pytest.param("https://id.example.com/login?next=x", (Reason.OTHER_HOST, Reason.LOG_IN), id="log-in"),
        pytest.param("https://www.stats.example.gov.uk/road-fuel/june-2026", (Reason.OTHER_HOST,), id="other-name"),
        pytest.param("https://www.example.org/x/June-2026.html?y", (Reason.OTHER_HOST,), id="moved"),
        pytest.param("https://o.queue-it.net/?c=o", (Reason.OTHER_HOST, Reason.OBSTACLE), id="queue"),
        pytest.param("https://geo.captcha-delivery.com/c/", (Reason.OTHER_HOST, Reason.OBSTACLE), id="robots"),
        pytest.param("https://example.org/maintenance.html", (Reason.OTHER_HOST, Reason.OBSTACLE), id="maintenance"),
    ],
)
def test_a_redirect_to_a_host_that_may_not_be_fetched_accuses_no_one(final, reasons):
    finding = examine(answered(status=302, final_url=final, left_allowed_hosts=True), expected())
    assert (finding.result, finding.reasons) == (UNRECOGNISED, reasons)


def test_a_release_whose_own_address_names_a_queue_meets_no_obstacle_by_its_name():
    asked = "https://stats.example.gov.uk/housing/queue"
    left = answered(status=302, url=asked, final_url="https://example.org/queue/x", left_allowed_hosts=True)
    assert examine(left, expected(url=asked)).reasons == (Reason.OTHER_HOST,)


def test_a_front_page_that_draws_others_names_the_release_in_its_heading_or_proves_nothing():
    final = "https://stats.example.gov.uk/#/releases/june-2026"
    listing = page(f"<h1>Road fuel prices</h1><ul><li>June 2026</ul>{MUCH}", title="Road fuel prices")
    finding = examine(answered(listing, final_url=final), expected())
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TEXT, Reason.PAGE_ABOVE))
    at_a_place = examine(answered(listing, final_url="https://stats.example.gov.uk/#latest"), expected())
    assert (at_a_place.result, at_a_place.reasons) == (NOT_LIVE, (Reason.HOME_PAGE,))


def test_a_server_error_on_the_way_out_is_still_unreachable():
    left = answered(status=503, final_url="https://parked.example.com/x", left_allowed_hosts=True)
    assert examine(left, expected()).result is UNREACHABLE


@pytest.mark.parametrize(
    "final",
    [
        "https://stats.example.gov.uk/",
        "https://stats.example.gov.uk",
        "https://www.stats.example.gov.uk/index.html",
        "https://stats.example.gov.uk/Home",
        "https://stats.example.gov.uk/en/",
        "https://stats.example.gov.uk/default.aspx",
    ],
)
def test_a_redirect_to_the_home_page_is_not_live_although_the_home_page_names_the_release(final):
    finding = examine(answered(release_page(), final_url=final), expected())
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.HOME_PAGE,))


@pytest.mark.parametrize("final", ["https://fuel-dashboard.example.org/", "https://www.example.gov.uk/index.html"])
def test_a_redirect_to_the_front_page_of_another_allowed_host_is_put_to_a_person(final):
    finding = examine(answered(release_page(), final_url=final), expected())
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.HOME_PAGE))
    # The person's answer is about this text, so it decides the next check that finds the same text.
    digest = finding.text_digest
    assert examine(answered(release_page(), final_url=final), expected(confirmed_texts={digest})).result is LIVE
    before = expected(previous_edition_texts={digest})
    assert examine(answered(release_page(), final_url=final), before).result is NOT_LIVE
    without = examine(answered(page(f"<h1>Example Office</h1>{MUCH}", title="Home"), final_url=final), expected())
    assert (without.result, without.reasons) == (UNRECOGNISED, (Reason.NO_MARKER,))


@pytest.mark.parametrize(
    ("marker", "shown", "is_earlier"),
    [
        pytest.param("June 2026", "May 2026", True, id="month"),
        pytest.param("June 2026", "July 2026", False, id="later-month"),
        pytest.param("2025 to 2026", "2024 to 2025", True, id="financial-year"),
        pytest.param("2025 to 2026", "2023 to 2024", True, id="financial-year-before-the-last"),
        pytest.param("2025 to 2026", "2026 to 2027", False, id="later-financial-year"),
    ],
)
def test_a_redirect_to_a_page_of_an_earlier_edition_is_not_live_before_the_due_time(marker, shown, is_earlier):
    answer = answered(page(f"<h1>Road fuel, {shown}</h1>{MUCH}", title="Fuel"), final_url=f"{URL}/other")
    known = {"marker": marker, "release_title": f"Road fuel prices, {marker}"}
    finding = examine(answer, expected(**known, due_at=AT + timedelta(seconds=1)))
    assert (finding.result is NOT_LIVE) == is_earlier
    assert (finding.reasons == (Reason.OTHER_EDITION,)) == is_earlier
    assert examine(answer, expected(**known, due_at=AT)).result is UNRECOGNISED


@pytest.mark.parametrize(
    ("asked", "final"),
    [
        pytest.param(URL, URL + "/", id="trailing-slash"),
        pytest.param(URL, "https://www.stats.example.gov.uk/road-fuel/2026/june", id="canonical-address"),
        pytest.param(URL, "https://stats.example.gov.uk/?release=june-2026", id="front-with-a-query"),
        pytest.param(URL, "https://stats.example.gov.uk/#/releases/june-2026", id="front-with-a-fragment"),
        pytest.param(
            "https://fuel.example.gov.uk/", "https://fuel.example.gov.uk/en", id="the-release-is-the-home-page"
        ),
        pytest.param("https://fuel.example.gov.uk/", "https://fuel.example.gov.uk/", id="no-redirect"),
        pytest.param(
            "https://a.example.gov.uk/login/stats", "https://a.example.gov.uk/login/stats/", id="a-log-in-asked"
        ),
    ],
)
def test_a_redirect_to_another_form_of_the_address_is_read(asked, final):
    assert examine(answered(release_page(), url=asked, final_url=final), expected(url=asked)).result is LIVE


@pytest.mark.parametrize(
    "path", ["/login", "/Login.aspx?ReturnUrl=x", "/users/sign-in", "/sso/start", "/wp-login.php", "/oauth2/authorize"]
)
def test_a_redirect_to_a_log_in_address_is_not_live(path):
    final = "https://stats.example.gov.uk" + path
    finding = examine(answered(page("<h1>Welcome</h1>"), final_url=final), expected())
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.LOG_IN,))


# --- files

PDF = pdf_file("Road fuel prices")
ZIP = XLSX
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20)
CSV = b"month,price\n2026-06,1.42\n"
HTML = release_page()
SOFT_404 = page("<h1>Page not found</h1>", title="Page not found")
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_at(name: str, body: bytes, content_type: str, **changes):
    url = f"https://stats.example.gov.uk/media/{name}"
    known = expected(role=AddressRole.ATTACHMENT, url=url, **changes)
    return examine(answered(body, url=url, content_type=content_type), known)


@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        pytest.param("bulletin.pdf", PDF, "application/pdf", id="pdf"),
        pytest.param("Bulletin%20June.PDF?v=2", PDF, "application/pdf;charset=utf-8", id="pdf-in-capitals"),
        pytest.param("bulletin.pdf", b"\n\n" + PDF, "application/octet-stream", id="pdf-as-anything"),
        pytest.param("tables.xlsx", ZIP, SHEET, id="xlsx"),
        pytest.param("tables.xlsx", ZIP, "application/vnd.ms-excel", id="xlsx-under-the-old-name"),
        pytest.param("tables.ods", ODS_FILE, "application/vnd.oasis.opendocument.spreadsheet", id="ods"),
        pytest.param("notes.docx", DOCX, "", id="docx-without-a-type"),
        pytest.param("all.zip", ZIP, "application/zip", id="zip"),
        pytest.param("tables.xls", OLE, "application/vnd.ms-excel", id="xls"),
        pytest.param("tables.csv", CSV, "text/csv; charset=utf-8", id="csv"),
        pytest.param("tables.csv", CSV, "application/vnd.ms-excel", id="csv-for-spreadsheets"),
        pytest.param("tables.csv", CSV.decode().encode("utf-16"), "text/csv", id="csv-in-utf-16"),
        pytest.param("data.json", b'[{"month": "2026-06"}]', "application/json", id="json"),
        pytest.param("annex.html", HTML, "text/html", id="html-where-html-was-due"),
        pytest.param("download", PDF, "application/pdf", id="pdf-without-an-ending"),
        pytest.param("download", ZIP, "application/octet-stream", id="zip-without-an-ending"),
        pytest.param("download", CSV, "text/csv", id="csv-without-an-ending"),
        pytest.param("v1.2/download", PDF, "application/pdf", id="a-dot-in-a-folder"),
    ],
)
def test_an_attachment_of_the_right_type_is_live(name, body, content_type):
    finding = file_at(name, body, content_type)
    assert (finding.result, finding.reasons) == (LIVE, (Reason.RIGHT_TYPE,))
    assert len(finding.text_digest) == 64


@pytest.mark.parametrize("content_type", ["text/html", "application/pdf", ""], ids=["html", "pdf", "none"])
@pytest.mark.parametrize("name", ["bulletin.pdf", "tables.xlsx", "tables.csv"])
def test_a_page_where_a_file_was_due_is_not_live(name, content_type):
    finding = file_at(name, HTML, content_type)
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.WRONG_TYPE,))


@pytest.mark.parametrize("name", ["bulletin.pdf", "annex.html", "download"])
def test_a_soft_404_for_an_attachment_is_not_live(name):
    assert file_at(name, SOFT_404, "text/html").reasons == (Reason.NEGATIVE_MARKER,)


@pytest.mark.parametrize("name", ["bulletin.pdf", "annex.html", "download"])
def test_a_bot_challenge_for_an_attachment_is_unrecognised(name):
    finding = file_at(name, page("<h1>Just a moment...</h1>", title="Just a moment..."), "text/html")
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.OBSTACLE,))


AWS_CHALLENGE = (
    b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title></title><style>body{font-family:Arial}</style>'
    b'<script>window.gokuProps={"key":"AQIDAHjcYu","iv":"A6wFzQ","context":"b3Bhb"};</script>'
    b'<script src="https://0a1b2c.edge.sdk.awswaf.com/0a1b2c/challenge.js"></script></head>'
    b'<body><div id="challenge-container"></div><script>AwsWafIntegration.saveReferrer();</script>'
    b"<noscript><h1>JavaScript is disabled</h1>In order to continue, we need to verify that you're not a robot."
    b"</noscript></body></html>"
)
IMPERVA_CHALLENGE = (
    b'<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW">'
    b'<script src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e"></script></head>'
    b'<body style="margin:0px;height:100%"><iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=31" '
    b'width="100%" height="100%">Request unsuccessful. Incapsula incident ID: 871000430-45</iframe></body></html>'
)


@pytest.mark.parametrize(
    ("status", "body"),
    [(202, AWS_CHALLENGE), (200, AWS_CHALLENGE), (200, IMPERVA_CHALLENGE), (202, shell("Office of Figures"))],
    ids=["aws", "aws-without-its-status", "imperva", "other-status"],
)
@pytest.mark.parametrize("name", ["bulletin.pdf", "tables.xlsx", "tables.csv"])
def test_a_bot_challenge_that_is_only_a_script_is_unrecognised_at_the_address_of_a_file(name, status, body):
    url = f"https://stats.example.gov.uk/media/{name}"
    finding = examine(answered(body, status=status, url=url), expected(role=AddressRole.ATTACHMENT, url=url))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.SCRIPT_SHELL,))


def test_an_application_s_own_empty_page_at_the_address_of_a_file_is_not_live():
    finding = file_at("tables.csv", shell("Office of Figures"), "text/html")
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.WRONG_TYPE,))


def html_attachment(body: bytes, *, final: str = "june-2026/tables.html"):
    requested, final = (f"https://stats.example.gov.uk/fuel/{path}" for path in ("june-2026/tables.html", final))
    known = expected(role=AddressRole.ATTACHMENT, url=requested, due_at=AT)
    return examine(answered(body, url=requested, final_url=final), known)


TABLES = page(f"<h1>Tables</h1>{MUCH}", title="Tables")


@pytest.mark.parametrize(
    ("body", "final", "reasons"),
    [
        (page(f"<h1>{SERIES}</h1>{MUCH}", title=SERIES), "", (Reason.NO_MARKER, Reason.PAGE_ABOVE)),
        (HTML, "june-2026", (Reason.MARKER_IN_TITLE, Reason.PAGE_ABOVE)),
        (page("<h1>May 2026</h1>", title="Fuel"), "may-2026/tables.html", (Reason.NO_MARKER, Reason.OTHER_PAGE)),
        (TABLES, "latest/tables.html", (Reason.NO_MARKER, Reason.OTHER_PAGE)),
    ],
    ids=["collection", "release", "last-edition", "other-address"],
)
def test_an_html_attachment_that_redirects_to_another_page_is_put_to_a_person(body, final, reasons):
    finding = html_attachment(body, final=final)
    assert (finding.result, finding.reasons) == (UNRECOGNISED, reasons)


@pytest.mark.parametrize("final", ["june-2026/tables", "june-2026/Tables.html", "june-2026/tables/?v=2"])
def test_an_html_attachment_that_redirects_to_another_form_of_its_address_is_live(final):
    assert html_attachment(TABLES, final=final).reasons == (Reason.RIGHT_TYPE,)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (page("<p>These tables will be published on 30 June 2026.</p>", title="Tables"), Reason.NEGATIVE_MARKER),
        (page(f"<p>Tables for June 2026 will be published today.</p>{MUCH}", title="Tables"), Reason.STILL_TO_COME),
        (page(f"<h1>Fuel in May 2026</h1>{MUCH}"), Reason.OTHER_EDITION),
        (page(f"<h1>Sign in</h1><h2>Prices</h2>{MUCH}"), Reason.LOG_IN),
        (page(f"<header><h1>Search</h1></header><h1>Office</h1>{MUCH}"), Reason.SEARCH),
    ],
)
def test_an_html_attachment_that_may_show_something_else_is_put_to_a_person(body, reason):
    finding = html_attachment(body)
    assert finding.result is UNRECOGNISED
    assert reason in finding.reasons


def test_a_page_at_an_address_that_promises_no_file_is_judged_as_a_page():
    assert file_at("annex", HTML, "text/html").reasons == (Reason.MARKER_IN_TITLE,)
    assert file_at("annex", page("<h1>Annex</h1>", title="Annex"), "text/html").reasons == (Reason.NO_MARKER,)


@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        pytest.param("bulletin.pdf", ZIP, SHEET, id="another-file"),
        pytest.param("bulletin.pdf", PDF, "text/html", id="declared-as-a-page"),
        pytest.param("bulletin.pdf", b"Service busy", "text/plain", id="a-message"),
        pytest.param("tables.csv", b'{"error": "busy"}', "application/json", id="an-error-in-json"),
        pytest.param("tables.xlsx", OLE, SHEET, id="an-encrypted-or-older-file"),
        pytest.param("tables.csv", b"\x00\x01\x02", "text/csv", id="noise"),
        pytest.param("tables.ods", damaged(ods_of({}), "mimetype"), ODS, id="a-damaged-sheet"),
        pytest.param("tables.ods", packed_otherwise(ods_of({}), "mimetype"), ODS, id="a-sheet-packed-otherwise"),
        pytest.param("download", b"Service busy", "", id="text-of-no-type-and-no-ending"),
        pytest.param("download", b'{"ok": true}', "application/json", id="json-without-an-ending"),
        pytest.param("download", b"\x89PNG\r\n\x1a\n\x00", "image/png", id="a-picture"),
    ],
)
def test_an_attachment_of_a_doubtful_type_is_put_to_a_person(name, body, content_type):
    finding = file_at(name, body, content_type)
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.WRONG_TYPE,))


@pytest.mark.parametrize("body", [b"", b" \r\n\t "], ids=["no-bytes", "white-space"])
def test_an_empty_attachment_is_unrecognised(body):
    assert file_at("tables.csv", body, "text/csv").reasons == (Reason.EMPTY,)


def test_a_file_that_a_person_called_the_previous_edition_is_not_live_and_a_confirmed_one_is():
    digest = frozenset({file_at("bulletin.pdf", PDF, "application/pdf").text_digest})
    stale = file_at("bulletin.pdf", PDF, "application/pdf", previous_edition_texts=digest)
    assert (stale.result, stale.reasons) == (NOT_LIVE, (Reason.PREVIOUS_EDITION,))
    other = frozenset({file_at("bulletin.pdf", ZIP, SHEET).text_digest})
    assert file_at("bulletin.pdf", ZIP, SHEET, confirmed_texts=other).reasons == (Reason.CONFIRMED_BY_PERSON,)


def test_a_page_confirmed_for_a_file_is_live_although_its_type_is_wrong():
    digest = frozenset({file_at("bulletin.pdf", HTML, "text/html").text_digest})
    assert file_at("bulletin.pdf", HTML, "text/html", confirmed_texts=digest).reasons == (Reason.CONFIRMED_BY_PERSON,)


def test_a_file_where_a_page_was_due_is_unrecognised_until_a_person_confirms_it():
    pdf = answered(PDF, content_type="application/pdf")
    finding = examine(pdf, expected())
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.FILE_FOR_PAGE,))
    told = replace(expected(), confirmed_texts=frozenset({finding.text_digest}))
    assert examine(pdf, told).result is LIVE


XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
DOCTYPE = b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "xhtml1-strict.dtd">'


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("a.kml", XML + b"<kml><description><![CDATA[<html xmlns:fo='x'>]]></description></kml>", id="kml"),
        pytest.param("a.xml", XML + b"<!-- <html> --><notes><html-text>x</html-text></notes>", id="xml"),
        pytest.param("a.xml", XML + b"<html-notes><html>x</html></html-notes>", id="xml-with-a-similar-root"),
        pytest.param("a.geojson", b'{"features": [{"popup": "<html><body>x</body></html>"}]}', id="geojson"),
        pytest.param("a.json", b'\n["<!doctype html><html>x</html>"]', id="json"),
        pytest.param("a.csv", b'town,note\nNorthton 1,"<html><p>x</p></html>"\n', id="csv"),
        pytest.param("a.csv", b'"<html>town</html>",price\nNorthton,1\n', id="csv-from-its-first-cell"),
        pytest.param("a.txt", b"Notes. The descriptions are written as <html> and <body>.\n", id="text"),
    ],
)
def test_a_file_of_data_that_contains_html_is_no_page(name, body, mark):
    finding = file_at(name, mark + body, "")
    assert (finding.result, finding.reasons) == (LIVE, (Reason.RIGHT_TYPE,))


@pytest.mark.parametrize("name", ["a.kml", "a.geojson", "a.csv", "a.pdf"])
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xef\xbb\xbf", id="byte-order-mark"),
        pytest.param(b"\r\n\t ", id="white-space"),
        pytest.param(b"<!-- error -->\n<!-- 404 > -->", id="comments"),
        pytest.param(b"\n<!-- error --><!DOCTYPE HTML>", id="comment-and-doctype"),
        pytest.param(DOCTYPE, id="doctype"),
        pytest.param(XML, id="xml"),
        pytest.param(b"\xef\xbb\xbf" + XML + b"<!-- 404 -->" + DOCTYPE, id="xml-with-a-doctype"),
        pytest.param(XML + b"<!DOCTYPE html [<!ENTITY nbsp '&#160;'>]>", id="xml-with-entities"),
        pytest.param(XML + b'<?xml-stylesheet href="a.css"?>', id="xml-with-a-style-sheet"),
        pytest.param(b"<br />\n<b>Warning</b>: wrong key<br />\n", id="a-warning-in-markup"),
        pytest.param(b"<script>var a = 1</script>", id="a-script"),
    ],
)
def test_a_page_for_a_file_is_recognised_whatever_comes_before_its_root(name, before):
    body = before + b'<html xmlns="x"><head><title>Error</title></head><body>Sorry</body></html>'
    for content_type in ("", "text/html"):
        finding = file_at(name, body, content_type)
        assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.WRONG_TYPE,))
    with_a_prefix = XML + b'<x:html xmlns:x="http://www.w3.org/1999/xhtml"><x:body>Sorry</x:body></x:html>'
    assert file_at(name, with_a_prefix, "").result is NOT_LIVE


def test_text_before_a_page_is_put_to_a_person_unless_it_is_declared_as_a_page():
    body = b"Warning: wrong key\n<html><head><title>Error</title></head><body>Sorry</body></html>"
    assert file_at("tables.csv", body, "text/csv").result is UNRECOGNISED
    assert file_at("tables.csv", body, "text/html").result is NOT_LIVE


@pytest.mark.parametrize(
    "markup", [b"<p>Please wait</p>", b"\xef\xbb\xbf\n<p>Wait, 1\n<p>Wait, 2"], ids=["line", "lines"]
)
def test_a_piece_of_markup_declared_as_a_page_is_one(markup):
    finding = file_at("tables.csv", markup, "text/html")
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.WRONG_TYPE,))


@pytest.mark.parametrize("table", [CSV, b'id,note\n1,"<p>x</p>"\n2,"<div>y</div>"\n'], ids=["figures", "html-in-cells"])
def test_a_table_declared_as_a_page_is_put_to_a_person(table):
    finding = file_at("tables.csv", table, "text/html")
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.WRONG_TYPE,))
