"""One run at a time in a checkout, and a port that is taken is named with one that is free."""

import re
import socket

import pytest

from statsoffice import processes


@pytest.fixture
def taken():
    """Listen at some port of the loopback address."""
    with socket.create_server((processes.LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def test_a_second_run_in_the_same_folder_is_told_of_the_first(tmp_path):
    first = "http://127.0.0.1:8000"
    told = rf"is in use by process \d+ at {first}\. Stop that process first"
    with processes.lock_folder(tmp_path, address=first), pytest.raises(processes.InUse, match=told):
        processes.lock_folder(tmp_path, address="http://127.0.0.1:8001")


def test_a_run_after_the_end_of_another_may_use_the_folder(tmp_path):
    processes.lock_folder(tmp_path, address="http://127.0.0.1:8000").close()
    processes.lock_folder(tmp_path, address="http://127.0.0.1:8001").close()


def test_a_taken_port_is_named_with_its_option_and_a_free_one(taken):
    with pytest.raises(processes.InUse) as told:
        processes.refuse_taken_ports({"--port": taken})
    sentence = rf"Port {taken} is taken by another program\. Choose another one: \./run --port (\d+)"
    offered = re.fullmatch(sentence, str(told.value))
    assert processes.is_free(int(offered[1]))


def test_a_port_wanted_for_another_server_of_the_run_is_not_offered(taken):
    with pytest.raises(processes.InUse) as told:
        processes.refuse_taken_ports({"--port": taken, "--rehearsal-port": taken + 1})
    assert f"--port {taken + 1}" not in str(told.value)


def test_free_ports_are_accepted(taken):
    with socket.create_server((processes.LOOPBACK, 0)) as server:
        free = server.getsockname()[1]
    processes.refuse_taken_ports({"--port": free})
