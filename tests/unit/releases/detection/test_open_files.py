"""What the response for a dummy file shows, which addresses are accepted, and the state of a dummy file."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import AddressRole, Expectation
from releases.detection.open_files import (
    AddressFault,
    AddressResult,
    DummyFileState,
    Judgement,
    Result,
    Sign,
    Target,
    decide_file_state,
    file_name_of,
    find_file_fault,
    find_page_fault,
    is_same_place,
    judge_response,
)
from releases.detection.rules import examine
from releases.rules.response import Answer, Failure
from releases.rules.web_address import NotAWebAddressError
from tests.support.dummy_files import LOG_IN_PAGE

AT = datetime(2026, 6, 29, 13, 0, tzinfo=UTC)
TOKEN, CODE = "5b0c3e6f9a1d48c2b7e4f60913ad82c5", "k7m2p9x4q8"
NAME = f"dummy-file-{CODE}.csv"
URL = f"https://www.example.gov.uk/files/{NAME}"
PAGE = "https://www.example.gov.uk/preview/4711"
OPEN, NOT_OPEN, NOT_KNOWN = Result.OPEN, Result.NOT_OPEN, Result.NOT_KNOWN


def response(body="", *, status=200, url=URL, final="", kind="text/html", **more):
    headers = (("content-type", kind), *more.pop("headers", ()))
    return Answer(
        requested_url=url,
        planned_at=AT,
        sent_at=AT,
        completed_at=AT + timedelta(seconds=1),
        status=status,
        final_url=final or url,
        headers=headers,
        body=body.encode(),
        **more,
    )


def judged(answer, target=Target.FILE):
    expected = Expectation(
        role=AddressRole.PAGE, url=answer.requested_url, marker=TOKEN, release_title="", series_title=""
    )
    found = examine(answer, expected) if answer.failure is None else None
    return judge_response(answer, found, target=target, token=TOKEN, file_name=NAME)


@pytest.mark.parametrize(
    ("answer", "result", "sign"),
    [
        pytest.param(response(f"about,token\r\nDummy,{TOKEN}", kind="text/csv"), OPEN, Sign.TOKEN, id="the file"),
        pytest.param(response(f"token {TOKEN}", status=403), OPEN, Sign.TOKEN, id="the file with a status of refusal"),
        pytest.param(response("Not found", status=404), NOT_OPEN, Sign.REFUSED, id="404"),
        pytest.param(response("Gone", status=410), NOT_OPEN, Sign.REFUSED, id="410"),
        pytest.param(response("Forbidden", status=403), NOT_OPEN, Sign.REFUSED, id="403"),
        pytest.param(response("Sign in", status=401), NOT_OPEN, Sign.REFUSED, id="401"),
        pytest.param(
            response("<h1>Just a moment</h1>", status=403, headers=(("cf-mitigated", "challenge"),)),
            NOT_KNOWN,
            Sign.OBSTACLE,
            id="403 with a bot challenge",
        ),
        pytest.param(response("Busy", status=429), NOT_KNOWN, Sign.OTHER_STATUS, id="429"),
        pytest.param(response("Fault", status=503), NOT_KNOWN, Sign.OTHER_STATUS, id="503"),
        pytest.param(response("Bad", status=400), NOT_KNOWN, Sign.OTHER_STATUS, id="400"),
        pytest.param(response("", status=304), NOT_KNOWN, Sign.OTHER_STATUS, id="304"),
        pytest.param(
            response(LOG_IN_PAGE, final="https://www.example.gov.uk/login?next=%2Ffiles"),
            NOT_OPEN,
            Sign.LOG_IN,
            id="a redirect to a page for signing in",
        ),
        pytest.param(
            response(status=302, final="https://sso.example.gov.uk/login?to=1", left_allowed_hosts=True),
            NOT_OPEN,
            Sign.LOG_IN,
            id="a redirect to another host for signing in",
        ),
        pytest.param(
            response(status=302, final="https://cdn.example.gov.uk/k7.csv", left_allowed_hosts=True),
            NOT_KNOWN,
            Sign.OTHER_HOST,
            id="a redirect to another host",
        ),
        pytest.param(
            response("<title>Page not found</title><h1>Page not found</h1><p>Check the web address.</p>"),
            NOT_OPEN,
            Sign.NOT_FOUND_PAGE,
            id="a page for missing addresses with status 200",
        ),
        pytest.param(
            response("<title>Office</title><h1>Welcome</h1>", final="https://www.example.gov.uk/"),
            NOT_OPEN,
            Sign.HOME_PAGE,
            id="a redirect to the home page",
        ),
        pytest.param(
            response("<title>Files</title><h1>Files</h1><p>Some words about files.</p>"),
            NOT_KNOWN,
            Sign.SOMETHING_ELSE,
            id="something else",
        ),
        pytest.param(response("a,b\r\n1,2", kind="text/csv"), NOT_KNOWN, Sign.SOMETHING_ELSE, id="another file"),
        pytest.param(
            response("<title>Just a moment</title><h1>Checking your browser</h1>"),
            NOT_KNOWN,
            Sign.OBSTACLE,
            id="a bot challenge",
        ),
        pytest.param(response(f"<h1>Files</h1><p>{NAME}</p>"), NOT_KNOWN, Sign.SOMETHING_ELSE, id="only its name"),
    ],
)
def test_a_response_shows_that_the_file_is_open_or_not_or_neither(answer, result, sign):
    assert judged(answer) == Judgement(result, sign)


@pytest.mark.parametrize("failure", list(Failure))
def test_a_missing_answer_is_never_not_open(failure):
    answer = response(status=None, failure=failure)
    assert judged(answer).result is NOT_KNOWN
    assert judged(answer, Target.PAGE).result is NOT_KNOWN


def test_a_page_is_open_if_it_has_the_token_or_names_the_file():
    page = f'<title>Draft</title><h1>Draft</h1><a href="/files/{NAME.upper()}">Table</a>'
    assert judged(response(page, url=PAGE), Target.PAGE) == Judgement(OPEN, Sign.FILE_NAME)
    assert judged(response(f"<h1>Draft</h1>{TOKEN}", url=PAGE), Target.PAGE) == Judgement(OPEN, Sign.TOKEN)
    other = response("<title>Draft</title><h1>Draft</h1><p>A table.</p>", url=PAGE)
    assert judged(other, Target.PAGE) == Judgement(NOT_KNOWN, Sign.SOMETHING_ELSE)
    refused = response(f"{NAME} was not found", url=PAGE, status=404)
    assert judged(refused, Target.PAGE) == Judgement(NOT_OPEN, Sign.REFUSED)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (URL, None),
        (f"https://www.example.gov.uk/a/Copy_of-{NAME.upper()}", None),
        ("https://www.example.gov.uk/files/table-1.csv", AddressFault.NO_CODE),
        (f"https://www.example.gov.uk/{CODE}/table-1.csv", AddressFault.NO_CODE),
        (f"https://www.example.gov.uk/files/table-1.csv?{CODE}", AddressFault.NO_CODE),
        (f"https://www.example.gov.uk/files/table-1.csv#{CODE}", AddressFault.NO_CODE),
        (f"{URL}?file=table-1.csv", AddressFault.HAS_QUERY),
        (f"https://www.example.gov.uk/files/{CODE}-{TOKEN}.csv", AddressFault.HAS_TOKEN),
    ],
)
def test_the_address_of_a_file_must_have_the_code_in_the_file_name(url, fault):
    assert find_file_fault(url, code=CODE, token=TOKEN) == fault


def test_the_address_of_a_page_must_not_name_the_file_because_an_error_page_may_repeat_it():
    assert find_page_fault(PAGE, file_name=NAME, token=TOKEN) is None
    assert find_page_fault(URL, file_name=NAME, token=TOKEN) is AddressFault.NAMES_FILE
    assert find_page_fault(f"{PAGE}?file={NAME}", file_name=NAME, token=TOKEN) is AddressFault.NAMES_FILE
    assert find_page_fault(f"{PAGE}?t={TOKEN}", file_name=NAME, token=TOKEN) is AddressFault.HAS_TOKEN
    with pytest.raises(NotAWebAddressError):
        find_page_fault("ftp://www.example.gov.uk/", file_name=NAME, token=TOKEN)


def test_addresses_are_the_same_place_apart_from_scheme_query_case_and_a_final_slash():
    assert is_same_place("https://www.example.gov.uk/a/B", "http://WWW.example.gov.uk/a/b/?x=1")
    assert not is_same_place("https://www.example.gov.uk/a/b", "https://www.example.gov.uk/a/c")
    assert file_name_of("https://www.example.gov.uk/a/my%20file.csv?x") == "my file.csv"


def hours(number):
    return AT + timedelta(hours=number)


@pytest.mark.parametrize(
    ("checked", "remedied", "state"),
    [
        pytest.param([], None, DummyFileState.NOT_CHECKED, id="never checked"),
        pytest.param([(URL, NOT_OPEN, 1)], None, DummyFileState.NOT_OPEN, id="not open"),
        pytest.param([(URL, NOT_KNOWN, 1)], None, DummyFileState.NOT_KNOWN, id="not known"),
        pytest.param(
            [(URL, NOT_OPEN, 1), (PAGE, NOT_KNOWN, 1)], None, DummyFileState.NOT_KNOWN, id="one of two not known"
        ),
        pytest.param([(URL, OPEN, 1)], None, DummyFileState.OPEN, id="open"),
        pytest.param(
            [(URL, OPEN, 1), (URL, NOT_OPEN, 2)], None, DummyFileState.OPEN, id="closed, and no one recorded why"
        ),
        pytest.param([(URL, OPEN, 1)], 2, DummyFileState.DEALT_WITH, id="dealt with, and not checked again"),
        pytest.param(
            [(URL, OPEN, 1), (URL, NOT_KNOWN, 3)], 2, DummyFileState.DEALT_WITH, id="dealt with, then no answer"
        ),
        pytest.param([(URL, OPEN, 1), (PAGE, NOT_OPEN, 3)], 2, DummyFileState.DEALT_WITH, id="another address checked"),
        pytest.param([(URL, OPEN, 1), (URL, NOT_OPEN, 3)], 2, DummyFileState.NOT_OPEN, id="dealt with and not open"),
        pytest.param([(URL, NOT_OPEN, 2), (URL, OPEN, 1)], 3, DummyFileState.NOT_OPEN, id="recorded after the check"),
        pytest.param([(URL, OPEN, 1), (URL, OPEN, 3)], 2, DummyFileState.OPEN, id="open again"),
        pytest.param(
            [(URL, OPEN, 1), (PAGE, OPEN, 1), (URL, NOT_OPEN, 3)], 2, DummyFileState.DEALT_WITH, id="page not checked"
        ),
    ],
)
def test_an_open_file_is_a_task_until_it_is_dealt_with_and_a_new_check_finds_it_not_open(checked, remedied, state):
    found = [AddressResult(url, result, hours(at)) for url, result, at in checked]
    assert decide_file_state(found, hours(remedied) if remedied else None) is state
