"""Each request has an id that its answer carries, and one line of the log."""

import logging
import re

import pytest
from django.urls import reverse

from statsoffice.logs import requests
from statsoffice.logs.about import now_about

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
    with caplog.at_level(logging.INFO, logger=requests.__name__):
        client.get("/nowhere.txt?words=typed")
    (line,) = [record for record in caplog.records if record.name == requests.__name__]
    assert (line.method, line.path, line.status) == ("GET", "/nowhere.txt", 404)
    assert line.milliseconds >= 0
    assert re.fullmatch(r"GET /nowhere\.txt: 404 in \d+ ms", line.getMessage())


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("account_invited", {"secret": "s3cret-of-somebody"}),
        ("account_reset_password_from_key", {"uidb36": "1", "key": "s3cret-of-somebody"}),
        ("canary_page", {"token": "s3cret-of-somebody"}),
    ],
    ids=["an invitation", "a new password", "a rehearsal"],
)
def test_what_lets_somebody_in_stands_in_no_line(client, caplog, name, kwargs):
    with caplog.at_level(logging.INFO, logger=requests.__name__):
        client.get(reverse(name, kwargs=kwargs))
    (line,) = [record for record in caplog.records if record.name == requests.__name__]
    assert "s3cret" not in line.getMessage() + line.path
    assert "[secret]" in line.getMessage()


def test_the_number_of_a_row_stands_in_the_line(client, caplog):
    with caplog.at_level(logging.INFO, logger=requests.__name__):
        client.get(reverse("releases:tick_task", kwargs={"key": 17}))
    assert any("/tasks/17/tick/" in record.getMessage() for record in caplog.records)


def test_a_line_break_in_a_path_begins_no_line_of_the_log(client, caplog):
    with caplog.at_level(logging.INFO, logger=requests.__name__):
        client.get("/x%0A2026-01-01 ERROR forged")
    (line,) = [record for record in caplog.records if record.name == requests.__name__]
    assert "\n" not in line.getMessage()


def test_after_the_answer_no_line_is_about_the_request_any_more(client):
    client.get("/health/live")
    assert now_about() == {}
