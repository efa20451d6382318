"""Each request has an id that its answer carries, and one line of the log."""

import io
import logging
import logging.config
import re

import pytest
from django.test import Client
from django.urls import reverse

from statsoffice import logs
from statsoffice.logs import current_context, make_logging_config, redact_line
from tests.pages.access.addresses import places

pytestmark = pytest.mark.django_db


def test_an_id_that_the_proxy_gives_is_kept_and_answered(client):
    answer = client.get("/health/live", headers={"X-Request-ID": "a1b2c3d4-e5f6"})
    assert answer.headers["X-Request-ID"] == "a1b2c3d4-e5f6"


@pytest.mark.parametrize(
    "brought", [None, "short", "x" * 65, "with space in it", 'a"quote-in-it', "ünïcödé-words"], ids=str
)
def test_where_none_comes_or_one_that_could_forge_lines_a_new_one_is_given(client, brought):
    headers = {} if brought is None else {"X-Request-ID": brought}
    first, second = (client.get("/health/live", headers=headers).headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_each_request_is_told_by_one_line_without_its_question(client, caplog):
    with caplog.at_level(logging.INFO, logger=logs.__name__):
        client.get("/nowhere.txt?words=typed")
    (line,) = [record for record in caplog.records if record.name == logs.__name__]
    assert (line.method, line.path, line.status) == ("GET", "/nowhere.txt", 404)
    assert line.milliseconds >= 0
    assert re.fullmatch(r"GET /nowhere\.txt: 404 in \d+ ms", line.getMessage())


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("account_invited", {"secret": "s3cret-of-somebody"}),
        ("account_reset_password_from_key", {"uidb36": "1", "key": "s3cret-of-somebody"}),
        ("canary_page", {"token": "s3cret-of-somebody"}),
        ("releases:receipt", {"token": "s3cret-of-somebody"}),
        ("releases:receipt_disclosure", {"token": "s3cret-of-somebody"}),
    ],
    ids=["an invitation", "a new password", "a rehearsal", "a recipient", "a disclosure"],
)
def test_what_lets_someone_in_is_in_no_line(client, caplog, name, kwargs):
    with caplog.at_level(logging.INFO, logger=logs.__name__):
        client.get(reverse(name, kwargs=kwargs))
    (line,) = [record for record in caplog.records if record.name == logs.__name__]
    assert "s3cret" not in line.getMessage() + line.path
    assert "[secret]" in line.getMessage()


@pytest.fixture(params=["plain", "json"])
def log(request):
    """What the handler of the log writes in one of its forms."""
    configured = logging.config.DictConfigurator(make_logging_config(request.param, level="INFO"))
    for kind, configure in (("formatters", configured.configure_formatter), ("filters", configured.configure_filter)):
        for name, given in configured.config[kind].items():
            configured.config[kind][name] = configure(given)
    handler = configured.configure_handler(configured.config["handlers"]["console"])
    written = io.StringIO()
    handler.setStream(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("after", ["", "/", "/x", "%0Ax", "?next=/accounts/invited/s3cret"])
@pytest.mark.parametrize("before", ["/accounts/invited/", "/accounts/password/reset/key/1-", "/canary/", "/canary//"])
def test_a_request_makes_one_line_without_what_gives_access(log, method, before, after):
    getattr(Client(enforce_csrf_checks=True), method)(f"{before}s3cret-of-a-person{after}")
    (line,) = log.getvalue().splitlines()
    assert "s3cret" not in line
    assert "[secret]" in line


def test_a_refused_request_makes_one_line_with_the_reason(log):
    Client(enforce_csrf_checks=True).post("/accounts/invited/s3cret/")
    Client(headers={"host": "evil.example"}).get("/")
    forged, misdirected = log.getvalue().splitlines()
    assert "403 in" in forged
    assert "WARNING" in forged
    assert "(Forbidden (CSRF cookie not set.))" in forged
    assert "400 in" in misdirected
    assert "(Invalid HTTP_HOST header: 'evil.example'. You may need to add" in misdirected


def test_an_error_of_ours_is_written_with_its_traceback_and_without_what_gives_access(log, rf):
    try:
        message = "no row for /accounts/invited/s3cret/"
        raise LookupError(message)
    except LookupError as fault:
        said = {"status_code": 500, "request": rf.get("/accounts/invited/s3cret/")}
        logging.getLogger("django.request").error("Failed: %s", said["request"].path, exc_info=fault, extra=said)
    assert "LookupError: no row for /accounts/invited/[secret]/" in log.getvalue()
    assert "Failed: /accounts/invited/[secret]/" in log.getvalue()
    assert "s3cret" not in log.getvalue()


def test_each_address_with_such_a_part_is_known():
    routes = [place.route for place in places() if re.search(r"<(str:)?(secret|key|token)>|\(\?P<key>", place.route)]
    examples = ["/" + re.sub(r"<[^>]+>|\(.*\)", "s3cret", route).replace("^", "") for route in routes]
    assert len(examples) >= 3
    assert [example for example in examples if "s3cret" in redact_line(example)] == []


def test_modules_in_a_traceback_stay_readable():
    line = 'File "/opt/statsoffice/statsoffice/self_monitoring/words.py", line 92, in of_the_rehearsals'
    assert redact_line(line) == line


@pytest.mark.parametrize("name", ["django", "django.server", "django.request", "django.security.csrf"])
def test_no_logger_of_django_has_a_handler_of_its_own(name):
    logger = logging.getLogger(name)
    assert (logger.handlers, logger.propagate) == ([], True)


def test_the_number_of_a_row_is_in_the_line(client, caplog):
    with caplog.at_level(logging.INFO, logger=logs.__name__):
        client.get(reverse("releases:tick_task", kwargs={"key": 17}))
    assert any("/tasks/17/tick/" in record.getMessage() for record in caplog.records)


def test_a_line_break_in_a_path_begins_no_line_of_the_log(client, caplog):
    with caplog.at_level(logging.INFO, logger=logs.__name__):
        client.get("/x%0A2026-01-01 ERROR forged")
    (line,) = [record for record in caplog.records if record.name == logs.__name__]
    assert "\n" not in line.getMessage()


def test_after_the_answer_no_line_is_about_the_request_any_more(client):
    client.get("/health/live")
    assert current_context() == {}
