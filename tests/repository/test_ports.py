"""Ports for the servers of tests: none is given out twice before its server has started."""

from tests.servers.ports import OF_EACH, free_port


def test_no_port_is_given_out_again_before_all_others():
    ports = [free_port() for _ in range(OF_EACH // 2)]
    assert len(set(ports)) == len(ports)
