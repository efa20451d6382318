"""Settings from the environment: each is read here, and a bad value refuses to start."""

import contextlib
import math
import os
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography import x509
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

defaults_read: dict[str, str] = {}
"""What holds where a setting is not set, of every setting that was read so far, by its name."""

OFFICE_WITHOUT_A_NAME = "Statistics office"
"""What an office is called that has not said otherwise."""


def text(name: str, default: str = "") -> str:
    """Read a setting as text without surrounding white space."""
    defaults_read.setdefault(name, default)
    return os.environ.get(name, default).strip()


def token(name: str, *, least: int) -> str:
    """Read a setting as a secret word that others bring; empty where it is not set.

    :param least: so many characters it must have.
    :raises ImproperlyConfigured: if it is shorter, or holds white space, which no header carries.
    """
    written = text(name)
    if written and (len(written) < least or len(written.split()) > 1):
        raise ImproperlyConfigured(f"{name} must be at least {least} characters without spaces.")
    return written


def one_of(name: str, default: str, *, choices: tuple[str, ...]) -> str:
    """Read a setting that must be one of a few words.

    :raises ImproperlyConfigured: if it is another word.
    """
    written = text(name, default)
    if written not in choices:
        raise ImproperlyConfigured(f'{name} is "{written}"; it must be one of: {", ".join(choices)}.')
    return written


def some_of(name: str, default: str, *, choices: Iterable[str]) -> frozenset[str]:
    """Read a setting as words separated by commas, each of which must be one of a few.

    :raises ImproperlyConfigured: if one of them is another word, or there is none.
    """
    known, written = tuple(choices), words(name, default)
    for word in written or [""]:
        if word not in known:
            raise ImproperlyConfigured(f'{name} holds "{word}"; each entry must be one of: {", ".join(known)}.')
    return frozenset(written)


def words(name: str, default: str = "") -> list[str]:
    """Read a setting as words separated by commas; empty ones are left out."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def number(name: str, default: str, *, least: float) -> float:
    """Read a setting as a number.

    :raises ImproperlyConfigured: if it is no number, or less than the least that makes sense.
    """
    written = text(name, default)
    try:
        read = float(written)
    except ValueError:
        read = math.nan
    if not least <= read < math.inf:
        raise ImproperlyConfigured(f'{name} is "{written}"; it must be a number of at least {least:g}.')
    return read


def whole_number(name: str, default: str, *, least: int) -> int:
    """Read a setting as a whole number.

    :raises ImproperlyConfigured: if it is none, or less than the least.
    """
    (found,) = whole_numbers(name, default) or (least - 1,)
    if found < least:
        raise ImproperlyConfigured(f'{name} is "{text(name, default)}"; it must be a whole number of at least {least}.')
    return found


def whole_numbers(name: str, default: str = "") -> tuple[int, ...]:
    """Read a setting as whole numbers separated by commas, which may be negative.

    :raises ImproperlyConfigured: if one of them is none.
    """
    try:
        return tuple(int(written) for written in words(name, default))
    except ValueError:
        raise ImproperlyConfigured(f'{name} is "{text(name, default)}"; each entry must be a whole number.') from None


def time_of_day(name: str, default: str) -> time:
    """Read a setting as a time of day, such as 14:00.

    :raises ImproperlyConfigured: if it is not such a time.
    """
    written = text(name, default)
    try:
        return datetime.strptime(written, "%H:%M").time()  # noqa: DTZ007  # a time of day has no zone of its own
    except ValueError:
        raise ImproperlyConfigured(f'{name} is "{written}"; it must be a time such as 14:00.') from None


def web_address(name: str, default: str) -> str:
    """Read a setting as an http or https address, without the slash at its end.

    :raises ImproperlyConfigured: if it is not such an address.
    """
    written = text(name, default)
    parts = urlsplit(written)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f'{name} is "{written}"; it must be an address that starts with http:// or https://.'
        raise ImproperlyConfigured(message)
    return written.rstrip("/")


def own_address(name: str, default: str, *, public: bool) -> str:
    """Read the address at which this service is reached, without the slash at its end.

    :param public: whether it has to be set, and to be https: links in messages begin with it.
    :raises ImproperlyConfigured: if it is not such an address.
    """
    written = web_address(name, "" if public else default)
    if public and not written.startswith("https://"):
        raise ImproperlyConfigured(f'{name} is "{written}"; in production it must start with https://.')
    return written


def hosts_served(name: str, default: str) -> list[str]:
    """Read the hosts for which the service answers, separated by commas, each named in full.

    :raises ImproperlyConfigured: if there is none, or one that is no host, or that stands for several.
    """
    for written in words(name, default):
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]", written.lower()):
            message = f'{name} holds "{written}"; each entry must be one host, such as releases.example.gov.uk.'
            raise ImproperlyConfigured(message)
    if not words(name, default):
        raise ImproperlyConfigured(f"{name} must name the hosts that this service answers for.")
    return words(name, default)


def optional_web_address(name: str) -> str:
    """Read a setting as an http or https address, or as empty where it is not set.

    :raises ImproperlyConfigured: if it is set, and is not such an address.
    """
    return web_address(name, "") if text(name) else ""


def web_addresses(name: str) -> list[str]:
    """Read a setting as http or https addresses separated by commas.

    :raises ImproperlyConfigured: if one of them is not such an address.
    """
    for written in words(name):
        parts = urlsplit(written)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ImproperlyConfigured(f'{name} holds "{written}"; each address must start with http:// or https://.')
    return words(name)


def time_servers(name: str) -> list[str]:
    """Read a setting as hosts separated by commas, each with its port if that is not the usual one.

    :raises ImproperlyConfigured: if one of them is no host, or has no valid port.
    """
    for written in words(name):
        try:
            parts = urlsplit(f"//{written}")
            valid = bool(parts.hostname) and parts.netloc == written and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            message = f'{name} holds "{written}"; each entry must be a host name, such as ntp.example.gov.uk.'
            raise ImproperlyConfigured(message)
    return words(name)


def mail_addresses(name: str) -> list[str]:
    """Read a setting as e-mail addresses separated by commas, in lower case.

    :raises ImproperlyConfigured: if one of them is none.
    """
    for written in words(name):
        try:
            validate_email(written)
        except ValidationError:
            raise ImproperlyConfigured(f'{name} holds "{written}"; each entry must be an e-mail address.') from None
    return [written.lower() for written in words(name)]


def mail_address(name: str) -> str:
    """Read a setting as one e-mail address in lower case; empty if it is not set.

    :raises ImproperlyConfigured: if it is none, or several.
    """
    found = mail_addresses(name)
    if len(found) > 1:
        raise ImproperlyConfigured(f"{name} holds {len(found)} e-mail addresses; it takes one.")
    return found[0] if found else ""


def certificates(name: str) -> str:
    """Read the PEM file that a setting names: certificates of authorities, each with its root; empty if it is not set.

    :raises ImproperlyConfigured: if the file cannot be read, or holds no root certificate.
    """
    file = text(name)
    if not file:
        return ""
    try:
        written = Path(file).read_text(encoding="ascii")
        read = x509.load_pem_x509_certificates(written.encode())
    except (OSError, ValueError) as error:
        message = f'{name} is "{file}"; it must be a file with certificates in PEM that can be read: {error}.'
        raise ImproperlyConfigured(message) from error
    if not any(certificate.issuer == certificate.subject for certificate in read):
        message = f"{name}: {file} holds no root certificate. Add the one at the top of the authority's chain."
        raise ImproperlyConfigured(message)
    return written


def hosts_with_port(name: str, default: str = "") -> frozenset[str]:
    """Read a setting as host:port pairs separated by commas.

    :raises ImproperlyConfigured: if one of them has no host or no valid port.
    """
    for written in words(name, default):
        host, _, port = written.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            message = f'{name} holds "{written}"; each entry must be host:port, such as intranet.example:443.'
            raise ImproperlyConfigured(message)
    return frozenset(words(name, default))


def probe_budgets(name: str, default: str) -> dict[str, tuple[int, int]]:
    """Read the budgets per host, `host=connections/per-second`, separated by commas.

    :raises ImproperlyConfigured: if an entry is not of this form or a number is 0.
    """
    budgets: dict[str, tuple[int, int]] = {}
    for written in words(name, default):
        match = re.fullmatch(r"([^=\s]+)=(\d{1,5})/(\d{1,5})", written)
        if not match or not int(match[2]) or not int(match[3]):
            raise ImproperlyConfigured(
                f'{name} holds "{written}"; each entry must be host=connections/per-second, such as www.gov.uk=6/8.'
            )
        budgets[match[1].lower()] = (int(match[2]), int(match[3]))
    return budgets


def mailer(name: str, default: str, *, timeout_seconds: int) -> dict[str, Any]:
    """Read how mail is sent, such as smtp+tls://user:password@mail.example:587, into an entry of MAILERS.

    :raises ImproperlyConfigured: if it cannot be read as such an address.
    """
    try:
        read = environ.Env.email_url_config(text(name, default))
    except (KeyError, ValueError, ImproperlyConfigured) as error:
        message = f'{name} is "{text(name, default)}"; it must be like smtp+tls://user:password@host:587.'
        raise ImproperlyConfigured(message) from error
    if "smtp" not in read["EMAIL_BACKEND"]:
        return {"BACKEND": read["EMAIL_BACKEND"], "OPTIONS": {"file_path": "/" + read["EMAIL_FILE_PATH"].lstrip("/")}}
    return {
        "BACKEND": read["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": read["EMAIL_HOST"],
            "port": read["EMAIL_PORT"] or 25,
            "username": read["EMAIL_HOST_USER"] or "",
            "password": read["EMAIL_HOST_PASSWORD"] or "",
            "use_tls": read.get("EMAIL_USE_TLS", False),
            "use_ssl": read.get("EMAIL_USE_SSL", False),
            "timeout": timeout_seconds,
        },
    }


# A PostgreSQL behind a broken line is given up within seconds: a watcher that waits for it cannot look meanwhile.
# Source: libpq's connection parameters; the second is in milliseconds.
ANSWERS_WITHIN = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class PrivateFile(sqlite3.Connection):
    """A connection to an SQLite database whose file, if this creates it, only its owner can read.

    SQLite gives its other files, such as the write-ahead log, the same mode.
    """

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        """Open the database."""
        if not str(database).startswith((":memory:", "file:")):
            # Where this is not possible, SQLite says why.
            with contextlib.suppress(OSError):
                os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))
        super().__init__(database, *args, **options)


def database(name: str, default: str) -> dict[str, Any]:
    """Read which database is used, such as postgres://user:password@host:5432/name or sqlite:////path/to/file.

    :raises ImproperlyConfigured: if it names neither a PostgreSQL nor an SQLite database.
    """
    scheme = text(name, default).partition(":")[0]
    if scheme not in {"postgres", "postgresql", "sqlite"}:
        message = f"{name} must name a PostgreSQL or an SQLite database, such as postgres://user:password@host/name."
        raise ImproperlyConfigured(message)
    read: dict[str, Any] = environ.Env.db_url_config(text(name, default))
    if scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": pragmas, "factory": PrivateFile}
        return {**read, "OPTIONS": options}
    options = {**ANSWERS_WITHIN, **read.get("OPTIONS", {})}
    return {**read, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60, "OPTIONS": options}


def database_owner(name: str) -> dict[str, Any]:
    """Read how the owner of the tables connects to the PostgreSQL database; empty where it is not set.

    :raises ImproperlyConfigured: if it is set, and names no PostgreSQL database.
    """
    if not text(name):
        return {}
    if not text(name).startswith(("postgres:", "postgresql:")):
        message = f"{name} must name a PostgreSQL database, such as postgres://owner:password@host/name."
        raise ImproperlyConfigured(message)
    return database(name, "")


FEWEST_CHARACTERS = 50
# A key that anybody can work out is worth nothing; 128 bits are beyond any search (NIST SP 800-57).
FEWEST_BITS = 128
# Fewer than this among fifty random characters, even of hexadecimal digits, does not happen by chance.
FEWEST_KINDS = 10
# What people write in a file in place of a key, to be replaced later.
PLACEHOLDERS = (
    "insecure",
    "changeme",
    "replaceme",
    "secretkey",
    "yoursecret",
    "placeholder",
    "password",
    "development",
)
HOW = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"


def read_secret_key(name: str, default: str, *, strict: bool) -> str:
    """Read the key from the environment.

    :param default: the key of a machine on which nothing is kept.
    :param strict: whether a weak key is refused; the default is one.
    :raises ImproperlyConfigured: if it is weak; the message says why and never shows it.
    """
    key = text(name, "" if strict else default)
    if strict and (key == default or (why := weakness(key))):
        raise ImproperlyConfigured(f"{name} {'is the one of development machines' if key == default else why}. {HOW}")
    return key


def weakness(key: str) -> str:
    """Return why a key can be guessed, as the end of a sentence, or "" if it looks random."""
    if len(key) < FEWEST_CHARACTERS:
        return f"must be set to at least {FEWEST_CHARACTERS} random characters; it has {len(key)}"
    letters = "".join(character for character in key.lower() if character.isalnum())
    if any(word in letters for word in PLACEHOLDERS):
        return "looks like a placeholder that was never replaced"
    steps = {ord(after) - ord(before) for before, after in pairwise(key)}
    if bits(key) < FEWEST_BITS or len(set(key)) < FEWEST_KINDS or len(steps) < FEWEST_KINDS:
        return "is not random: its characters are too few or follow a pattern"
    return ""


def bits(key: str) -> float:
    """Estimate how many bits a guesser must find, counting what repeats only once."""
    return math.log2(len(set(key)) or 1) * _different(pairwise(key))


def _different(pairs: Iterable[tuple[str, str]]) -> int:
    return len(set(pairs))


SERVER, CLIENT = "STATSOFFICE_OIDC_SERVER", "STATSOFFICE_OIDC_CLIENT_ID"
SECRET, NAME = "STATSOFFICE_OIDC_CLIENT_SECRET", "STATSOFFICE_OIDC_NAME"
# It is kept beside each account that is linked, in a column of this length.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class OfficeProvider:
    """Where people of the office sign in, and what we are there; the server's address is the issuer of its tokens."""

    server: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


def read_provider(*, strict: bool) -> OfficeProvider | None:
    """Read the office's provider, or None where none of its settings is set.

    :param strict: whether its address has to be https, as in production.
    :raises ImproperlyConfigured: if some are set and others not, or the address is none that tokens can come from.
    """
    written = {name: text(name) for name in (SERVER, CLIENT, SECRET, NAME)}
    if not any(written.values()):
        return None
    missing = [name for name, value in written.items() if not value]
    if missing:
        message = f"Sign-in by the office's own provider is half set: {', '.join(missing)} must be set too."
        raise ImproperlyConfigured(message)
    return OfficeProvider(
        server=_server(written[SERVER], strict=strict),
        client_id=written[CLIENT],
        client_secret=written[SECRET],
        name=written[NAME],
    )


def _server(written: str, *, strict: bool) -> str:
    server, parts = web_address(SERVER, ""), urlsplit(written)
    if parts.query or parts.fragment or "@" in parts.netloc or "/.well-known/" in written or len(written) > LONGEST:
        raise ImproperlyConfigured(f"{SERVER} must be the bare address of the issuer in at most {LONGEST} characters.")
    if strict and parts.scheme != "https":
        raise ImproperlyConfigured(f'{SERVER} is "{written}"; in production it must start with https://.')
    return server


UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Of all that Apprise can post to, what an office's rooms are, and plain JSON for whatever it builds itself.
SERVICES = ("json", "jsons", "slack", "workflow", "workflows", "msteams")


def notify_key(name: str) -> str:
    """Read an API key of GOV.UK Notify, such as release_desk-SERVICE-SECRET; empty if it is not set.

    :raises ImproperlyConfigured: if it does not end in the two identifiers of which such a key is made.
    """
    key = text(name)
    if key and not re.fullmatch(rf".+-{UUID}-{UUID}", key):
        # It is a secret: a sentence that ends in a log does not repeat it.
        message = f"{name} is no API key of GOV.UK Notify; one ends in two identifiers, of the service and its secret."
        raise ImproperlyConfigured(message)
    return key


def notify_template(name: str, *, key: str) -> str:
    """Read the identifier of a template of GOV.UK Notify; empty if it is not set.

    :param key: the API key; with it there must be a template.
    :raises ImproperlyConfigured: if it is no identifier, or missing beside a key.
    """
    template = text(name)
    if (key or template) and not re.fullmatch(UUID, template):
        message = f'{name} is "{template}"; it must be the identifier of a template with ((subject)) and ((text)).'
        raise ImproperlyConfigured(message)
    return template


def webhooks(name: str) -> dict[str, str]:
    """Read webhooks, `name=address` parted by white space, each address as Apprise writes it, such as json://host/.

    :raises ImproperlyConfigured: if an entry has no name, is named twice, or is of no service that may be posted to.
    """
    found: dict[str, str] = {}
    for entry in text(name).split():
        called, _, address = entry.partition("=")
        if not re.fullmatch(r"[\w-]{1,60}", called) or called in found:
            raise ImproperlyConfigured(f"{name} holds an entry without a name of its own; each must be name=address.")
        # An address holds a secret: no sentence that ends in a log repeats it.
        if not re.match(rf"({'|'.join(SERVICES)})://[^/]", address):
            message = f"{name}: the address of {called} must begin with one of: {', '.join(SERVICES)}, and then ://."
            raise ImproperlyConfigured(message)
        found[called] = address
    return found
