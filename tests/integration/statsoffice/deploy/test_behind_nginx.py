"""The product in production behind nginx's example: real TLS, real limits, and nothing private stored on the way."""

import re
import ssl
import subprocess
import sys
import time
from datetime import date

import pytest
from django.utils import timezone

from statsoffice import processes
from tests.integration.statsoffice.deploy import files
from tests.integration.statsoffice.deploy.behind_nginx import INSIDE, NAME, OUTSIDE, TOKEN, in_front, in_production
from tests.servers.ports import free_port
from tests.servers.process import running
from tests.support.api_tokens import issue
from tests.support.factories import ReleaseFactory, SeriesFactory, UserFactory, london_slot
from tests.support.people import create_office
from tests.support.shared_database import environment_of_processes

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def front(django_db_setup, redis_url, tmp_path_factory):
    """Run web and proxy once for all tests."""
    # The workers of an nginx that root starts have no rights, and write what they get there.
    folder = tmp_path_factory.mktemp("front")
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)
    environment = in_production(environment_of_processes(redis_url=redis_url), folder=folder)
    with in_front(environment, folder=folder, workers=1) as found:
        yield found


def signed_in(front):
    """Sign someone in through the proxy, and return the cookies."""
    UserFactory(email="head@example.gov.uk")
    page = front.ask("/accounts/login/")
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[:1]
    cookies = _cookies(page)
    body = f"csrfmiddlewaretoken={token}&login=head%40example.gov.uk&password={PASSWORD.replace(' ', '+')}"
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded", "Referer": f"https://{NAME}/"}
    answer = front.ask("/accounts/login/", method="POST", body=body, **headers)
    assert (answer.status, answer.headers["Location"]) == (302, "/desk/"), answer.text
    return _cookies(answer)


def _cookies(answer):
    written = answer.headers.get_all("Set-Cookie")
    assert all("; Secure" in cookie for cookie in written)
    return "; ".join(cookie.split(";")[0] for cookie in written)


def test_readers_are_led_to_https_and_their_sessions_work_there(front):
    plainly = front.ask_plainly("/calendar/")
    assert (plainly.status, plainly.headers["Location"]) == (301, f"https://{NAME}/calendar/")
    calendar = front.ask("/")
    assert calendar.status == 200
    assert calendar.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    desk = front.ask("/desk/", Cookie=signed_in(front))
    assert desk.status == 200
    assert desk.headers["Cache-Control"] == "private, no-store"
    (styles,) = re.findall(r'href="(/static/[^"]+statsoffice[^"]+\.css)"', calendar.text)
    assert front.ask(styles).headers.get_all("Cache-Control") == ["max-age=315360000, public, immutable"]


def test_another_name_gets_no_connection(front):
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        front.ask("/", name="another.example.gov.uk")


def test_what_a_reader_says_of_themselves_is_not_passed_on(front):
    lie = {"X-Forwarded-For": "192.0.2.1", "X-Request-ID": "mine", "X-Forwarded-Proto": "http"}
    assert front.ask("/robots.txt", reader=OUTSIDE, **lie).status == 200
    until = time.monotonic() + 20
    while "GET /robots.txt " not in front.seen_by_the_web():
        assert time.monotonic() < until, front.seen_by_the_web()
        time.sleep(0.1)
    assert re.search(rf"GET /robots.txt for={OUTSIDE} id=[0-9a-f]{{32}} host={NAME}\n", front.seen_by_the_web())


PAGES_WITH_SECRETS = ("/", "/accounts/login/")
FOR_PROGRAMS = ("/api/v1/openapi.json", "/calendar.ics", "/changes.atom")


def test_files_feeds_and_the_api_are_compressed_and_pages_with_secrets_are_not(front):
    series = SeriesFactory()
    for number in range(4):
        ReleaseFactory(
            announced=True, series=series, reference=f"release-{number}", slot=london_slot(date(2030, 1, 1 + number))
        )
    (styles,) = re.findall(r'href="(/static/[^"]+statsoffice[^"]+\.css)"', front.ask("/").text)
    for path in (styles, *FOR_PROGRAMS, *PAGES_WITH_SECRETS):
        answer = front.ask(path, **{"Accept-Encoding": "gzip"})
        assert answer.status == 200
        compressed = answer.headers["Content-Encoding"] == "gzip"
        assert compressed == (path not in PAGES_WITH_SECRETS), path
        if compressed:
            assert "Accept-Encoding" in answer.headers["Vary"]
        if path in FOR_PROGRAMS:
            again = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
            assert front.ask(path, **again).status == 304


def test_answers_to_the_offices_own_systems_are_neither_compressed_nor_stored(front):
    office = create_office()
    series = SeriesFactory(producer=office.producer)
    for number in range(4):
        ReleaseFactory(
            announced=True, series=series, reference=f"release-{number}", slot=london_slot(date(2030, 1, 1 + number))
        )
    secret = issue(office, at=timezone.now()).secret
    headers = {"Accept-Encoding": "gzip", "Authorization": f"Bearer {secret}"}
    answer = front.ask("/api/office/v1/releases", **headers)
    assert answer.status == 200
    assert "Content-Encoding" not in answer.headers
    assert len(answer.text) > 1000, "long enough to be compressed"
    assert answer.headers.get_all("Cache-Control") == ["private, no-store"]


def test_a_link_that_lets_someone_in_is_in_no_log_of_the_proxy(front):
    front.ask("/accounts/invited/a-secret-of-one-person/")
    front.ask("/calendar/")
    assert "/calendar/" in front.proxy_log.read_text()
    assert "a-secret-of-one-person" not in front.proxy_log.read_text()


def test_health_and_metrics_are_for_those_inside(front):
    token = {"Authorization": f"Bearer {TOKEN}"}
    assert front.ask("/health/live", reader=OUTSIDE).status == 200
    assert {front.ask(path, reader=OUTSIDE, **token).status for path in ("/health/ready", "/metrics")} == {404}
    assert front.ask("/health/ready", reader=INSIDE).status == 503  # no monitoring runs here
    assert front.ask("/metrics", reader=INSIDE).status == 404
    assert "statsoffice_watchers 0.0" in front.ask("/metrics", reader=INSIDE, **token).text


def test_who_asks_for_too_much_is_held_back_and_the_office_is_not(front):
    asked = 0
    while (status := front.ask("/accounts/nothing/", reader=OUTSIDE).status) == 404:
        asked += 1
        assert asked < 2000
    assert status == 429
    assert asked >= 20
    assert {front.ask("/accounts/nothing/", reader=INSIDE).status for _ in range(30)} == {404}


def test_a_body_larger_than_any_calendar_file_is_refused_before_the_web_sees_it(front):
    body = b"x" * (7 * 1024**2)
    before = front.seen_by_the_web().count("POST")
    assert front.ask("/accounts/login/", method="POST", body=body).status == 413
    assert front.seen_by_the_web().count("POST") == before


def test_the_check_that_compose_makes_of_the_web_tells_whether_it_answers(process_environment, tmp_path):
    port = free_port()
    environment = process_environment | {"ALLOWED_HOSTS": NAME, "STATSOFFICE_ADDRESS": f"https://{NAME}"}
    kind, _, *arguments = files.compose()["services"]["web"]["healthcheck"]["test"]
    assert kind == "CMD"
    check = [sys.executable, *(word.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in arguments)]

    def asked():
        return subprocess.run(check, env=environment, capture_output=True, check=False).returncode

    assert asked() != 0
    command = [*files.started_command("web", port=port, python=sys.executable), "--workers", "1"]
    with running(
        command,
        answers=lambda: processes.web_answers(port),
        log=tmp_path / "web.log",
        environment=environment,
        within_seconds=60,
    ):
        until = time.monotonic() + 60  # like Compose, which asks again
        while asked() != 0:
            assert time.monotonic() < until
