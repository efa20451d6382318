"""A private server with the interface of S3, and a bucket for page bodies."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import boto3
import requests
from moto.server import ThreadedMotoServer

BUCKET = "page-bodies"
# The server asks for no keys, but its clients send some.
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-2"}


@contextlib.contextmanager
def object_storage() -> Iterator[str]:
    """Run a server without buckets on 127.0.0.1 for the time of a `with` block, and yield its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        # All servers of a process share what they store, and a worker can run the tests of a module in two parts.
        requests.post(f"{address}/moto-api/reset", timeout=30).raise_for_status()
        yield address
    finally:
        server.stop()


def client_of(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name=KEYS["AWS_DEFAULT_REGION"],
    )
