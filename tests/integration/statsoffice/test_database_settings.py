"""How long the product waits for its database."""

import socket
import time

import psycopg
import pytest

from statsoffice import env


def options_of(url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url)
    return env.database("DATABASE_URL", "sqlite:///unused")["OPTIONS"]


def test_a_postgresql_that_takes_connections_and_says_nothing_is_given_up_within_seconds(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        options = options_of(f"postgres://office@127.0.0.1:{port}/office", monkeypatch)
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=port, user="office", dbname="office", **options)
    assert time.monotonic() - began < 6


def test_an_operator_can_wait_longer(monkeypatch):
    options = options_of("postgres://office@127.0.0.1/office?connect_timeout=30", monkeypatch)
    assert (options["connect_timeout"], options["keepalives_count"]) == (30, 3)
