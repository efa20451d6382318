"""How the API refuses, in one sentence of JSON, and when it need not answer again."""

from itertools import product

import pytest
from django.test import Client

from tests.support.factories import ReleaseFactory
from tests.support.shared_rows import shared_fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("settled")]

RELEASES = "/api/v1/releases"
STATUSES = "provisional, confirmed, postponed, published, cancelled"
PARAMETERS = "after, designation, from, per_page, producer, series, status, to, words"


REFUSED = (
    (f"{RELEASES}?from=yesterday", 400, "“from” must be a valid date, such as 2026-06-30."),
    (f"{RELEASES}?to=2026-02-30", 400, "“to” must be a valid date, such as 2026-06-30."),
    (f"{RELEASES}?from=1782800000", 400, "“from” must be a valid date, such as 2026-06-30."),
    (f"{RELEASES}?after=prices", 400, "“after” must be the value from next_url."),
    (f"{RELEASES}?per_page=0", 400, "“per_page” must be a whole number from 1 to 100."),
    (f"{RELEASES}?per_page=101", 400, "“per_page” must be a whole number from 1 to 100."),
    (f"{RELEASES}?status=late", 400, f"“status” must be one of {STATUSES}."),
    (f"{RELEASES}?words=%00", 400, "“words” must be at most 200 characters, none of them a null character."),
    (f"{RELEASES}?producer=a/b", 400, "“producer” must be made of letters, digits, hyphens and underscores."),
    (f"{RELEASES}?producer=nowhere", 404, "There is no producer “nowhere” in this calendar."),
    (f"{RELEASES}?series=nothing", 404, "There is no series “nothing” in this calendar."),
    (f"{RELEASES}?per_page=1&marker=x", 400, f"There is no parameter “marker”. The parameters are {PARAMETERS}."),
    (f"{RELEASES}/quiet", 404, "There is no announced release “quiet”."),
    (f"{RELEASES}/a?x=1", 400, "There is no parameter “x”. This operation has no parameters."),
    ("/api/v1/producers?producer=a", 400, "There is no parameter “producer”. The parameters are after, per_page."),
    ("/api/v1/nothing", 404, "There is nothing at /api/v1/nothing; the API is described at /api/v1/."),
    ("/api/v2/releases", 404, "There is nothing at /api/v2/releases; the API is described at /api/v1/."),
)


@shared_fixture
def release(series):
    return ReleaseFactory(announced=True, series=series, reference="a")


def test_what_cannot_be_answered_is_refused_in_one_sentence(client, release, subtests):
    ReleaseFactory(confirmed=True, series=release.series, reference="quiet")
    for address, status, sentence in REFUSED:
        with subtests.test(address):
            response = client.get(address)
            assert (response.status_code, response.json()) == (status, {"error": sentence})


def test_an_empty_filter_is_no_filter(client, release):
    for name in ("after", "producer", "series", "status", "designation", "from", "to", "words"):
        assert client.get(f"{RELEASES}?{name}=").json() == client.get(RELEASES).json(), name


def test_an_empty_filter_of_the_other_lists_is_no_filter(client, release):
    for address in ("/api/v1/producers?after=", "/api/v1/series?after=&producer="):
        answer = client.get(address)
        assert (answer.status_code, answer.json()) == (200, client.get(address.partition("?")[0]).json()), address


def test_the_api_is_only_read(release, subtests):
    client = Client(enforce_csrf_checks=True)
    addresses = (RELEASES, f"{RELEASES}/a", "/api/v1/openapi.json", "/api/v1/nothing")
    for address, method in product(addresses, ("post", "put", "patch", "delete")):
        with subtests.test(f"{method} {address}"):
            response = getattr(client, method)(address)
            if address.endswith("nothing"):
                assert (response.status_code, list(response.json())) == (404, ["error"])
            else:
                assert response.json() == {"error": f"This address is read-only: use GET, not {method.upper()}."}
                assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_head_is_answered_like_get_without_a_body(client, release):
    response = client.head(RELEASES)
    assert (response.status_code, response.content) == (200, b"")


def test_an_answer_that_still_applies_is_not_sent_again(client, release):
    for address in (RELEASES, f"{RELEASES}/a", "/api/v1/producers", "/api/v1/openapi.json"):
        first = client.get(address)
        assert (first["Cache-Control"], first["Access-Control-Allow-Origin"]) == ("no-cache", "*"), address
        assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304, address
