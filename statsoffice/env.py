"""Settings from the environment: their descriptions, and readers that parse them.

Every reader raises ImproperlyConfigured if the value is invalid, so that no process starts with an invalid setting.
"""

import contextlib
import importlib.util
import math
import os
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography import x509
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email


@dataclass(frozen=True, slots=True)
class Setting:
    """The description of a setting.

    `default` describes the default value in words. If `default` is empty, the documentation shows the value itself.
    """

    name: str
    meaning: str
    default: str = ""


# `manage.py diagrams` writes this table to docs/reference/settings.md.
SETTINGS = (
    Setting("STATSOFFICE_MODE", "`development` or `production`"),
    Setting(
        "SECRET_KEY",
        "in production, at least 50 random characters. The product does not start there if the key is shorter or can "
        "be guessed",
        default="a fixed key in development",
    ),
    Setting("SECRET_KEY_FALLBACKS", "keys that were used before, separated by commas"),
    Setting(
        "ALLOWED_HOSTS",
        "full host names under which the web server responds, separated by commas",
        default="loopback in development",
    ),
    Setting(
        "STATSOFFICE_PROXIES",
        "the number of your own proxies before the web server, each of which adds to `X-Forwarded-For`. Limits by "
        "address use the address that the outermost proxy added. With `0`, `X-Forwarded-Proto` is not trusted",
        default="`1` in production, `0` in development",
    ),
    Setting("DATABASE_URL", "`postgres://user:password@host:5432/name`", default="SQLite in `STATSOFFICE_VAR`"),
    Setting(
        "DATABASE_OWNER_URL",
        "the same database with the role that owns its tables, only for `migrate`, `restore` and `copy_from_sqlite` "
        "([database roles](../operations/database-roles.md))",
        default="none: the role of `DATABASE_URL` owns the tables",
    ),
    Setting(
        "REDIS_URL",
        "the broker: `redis://host:6379/0`, for Redis or Valkey",
        default="a private server in `STATSOFFICE_VAR`",
    ),
    Setting(
        "CELERY_BROKER_URL",
        "the broker instead of `REDIS_URL`: RabbitMQ (`amqp://user:password@host:5672/vhost`, `amqps://…`), Redis or "
        "Valkey. Others are refused, because Celery polls them and our messages expire after 0.9 seconds",
        default="none: `REDIS_URL` is used",
    ),
    Setting(
        "EMAIL_URL",
        "`smtp+tls://user:password@host:587`",
        default="files in `STATSOFFICE_VAR/mail`; in production an SMTP server on this machine",
    ),
    Setting(
        "STATSOFFICE_MAIL_FROM",
        "the sender of emails: an address, or a name and an address, such as `Release desk <desk@example.gov.uk>`",
        default="a placeholder address, with the name of the office",
    ),
    Setting(
        "STATSOFFICE_NOTIFY_KEY",
        "an API key of GOV.UK Notify ([notifications](../operations/notifications.md))",
        default="none: Notify is off",
    ),
    Setting(
        "STATSOFFICE_NOTIFY_TEMPLATE",
        "the identifier of the email template in Notify",
        default="none; required with a key",
    ),
    Setting(
        "STATSOFFICE_NOTIFY_TEXT_TEMPLATE",
        "the identifier of the text message template in Notify. We send text messages about minute briefs, early "
        "releases and possible disclosures",
        default="none: no text messages",
    ),
    Setting("STATSOFFICE_NOTIFY_ADDRESS", "the address of the Notify API"),
    Setting(
        "STATSOFFICE_WEBHOOKS",
        "webhooks as `name=address`, separated by white space, each address in the format of Apprise",
        default="none: webhooks are off",
    ),
    Setting("STATSOFFICE_OFFICE_NAME", "the name in the header of every page and in the User-Agent"),
    Setting(
        "STATSOFFICE_ACCESSIBILITY_CONTACT",
        "the email address in the accessibility statement; the law requires one",
    ),
    Setting(
        "STATSOFFICE_CONTACT",
        "the email address for questions about the website and about personal data; the pages *Contact* and "
        "*Privacy notice* show it",
        default="none: the pages name the office",
    ),
    Setting(
        "STATSOFFICE_SECURITY_CONTACT",
        "the email address to which people report vulnerabilities; `/.well-known/security.txt` shows it",
        default="none: there is no `security.txt`",
    ),
    Setting(
        "STATSOFFICE_ADDRESS",
        "the address of this service, for links in notifications and for the page of the self-test; in production it "
        "starts with https://",
        default="`http://127.0.0.1:8000` in development",
    ),
    Setting(
        "STATSOFFICE_SECOND_FACTOR",
        "who must have a second factor, separated by commas: roles as in [roles](roles.md) with `_` between words, "
        "`administrator` for everyone who can use the admin site, or `nobody`",
        default="`head_of_profession,deputy,calendar_manager,administrator` in production, `nobody` in development",
    ),
    Setting(
        "STATSOFFICE_OIDC_SERVER",
        "the issuer of your office’s own sign-in provider (OpenID Connect), such as `https://login.example.gov.uk`; "
        "in production it starts with https:// ([sign-in](../operations/sign-in.md#your-own-sign-in-provider))",
        default="none: people sign in with passwords and passkeys",
    ),
    Setting(
        "STATSOFFICE_OIDC_CLIENT_ID",
        "the client ID of this service at the provider",
        default="none; required with a provider",
    ),
    Setting(
        "STATSOFFICE_OIDC_CLIENT_SECRET",
        "the client secret of this service at the provider",
        default="none; required with a provider",
    ),
    Setting(
        "STATSOFFICE_OIDC_NAME",
        "the name of the provider on the button of the sign-in page: *Sign in with …*",
        default="none; required with a provider",
    ),
    Setting(
        "STATSOFFICE_PAGES_PER_MINUTE",
        "how many requests for public pages one address can send to one web process in a minute; `0` for no limit",
    ),
    Setting(
        "STATSOFFICE_API_PER_MINUTE",
        "how many requests for feeds and the API together one address can send to one web process in a minute; `0` "
        "for no limit",
    ),
    Setting("STATSOFFICE_VAR", "the folder for all files that the product writes", default="`var/`"),
    Setting(
        "STATSOFFICE_PROBE_BUDGETS",
        "`host=connections/per-second`, separated by commas ([effects](preflight.md#request-limits))",
        default="`www.gov.uk=6/8`; others 20/50",
    ),
    Setting(
        "STATSOFFICE_PROBE_ALLOW_PRIVATE",
        "`host:port` on private networks that we may check, separated by commas",
        default="the practice site in development",
    ),
    Setting("STATSOFFICE_PROBE_CONTACT", "the contact for publishers who have questions about our requests"),
    Setting(
        "STATSOFFICE_PROBE_CONTROLS",
        "addresses on two or more unrelated hosts. If they fail too, or redirect to the same gateway, the fault is "
        "our own",
    ),
    Setting(
        "STATSOFFICE_PROBE_PROXY",
        "an egress proxy, such as `http://name:password@proxy.example:3128`; we do not write the password anywhere",
    ),
    Setting(
        "STATSOFFICE_PROBE_VANTAGE",
        "where checks are made from, as recorded with each check",
        default="the vantage point, or this machine's name",
    ),
    Setting(
        "STATSOFFICE_VANTAGE_POINT",
        "the name of a further vantage point, such as `London`. The sweeps of this process also check the pages of "
        "due releases. Their checks alone never make a release late "
        "([several machines](../operations/several-machines.md))",
        default="none: this process is a part of the main vantage point",
    ),
    Setting(
        "STATSOFFICE_JUDGE_QUEUE",
        "`on`: sweeps only check, and workers of the queue `judge` give the verdicts; `off`: each sweep judges what it "
        "checks. All processes need the same value ([several machines](../operations/several-machines.md#judging))",
    ),
    Setting(
        "STATSOFFICE_BROWSER",
        "the Chromium that takes screenshots and loads pages of the type `browser`, as a path, or `off` "
        "([browser](../operations/browser.md))",
        default="a Chromium of the system, if `statsoffice[browser]` is installed",
    ),
    Setting(
        "STATSOFFICE_BROWSER_SANDBOX",
        "whether Chromium uses its own sandbox: `on` or `off`; it cannot if it runs as root",
    ),
    Setting(
        "STATSOFFICE_CLOCK_SERVERS",
        "NTP servers that confirm the clock of the checks, separated by commas; for machines without chrony "
        "([decision 61](../decisions/0061-trust-a-clock-only-if-it-is-confirmed.md))",
    ),
    Setting(
        "STATSOFFICE_CLOCK_LARGEST_ERROR",
        "seconds. If the clock is known to be wrong by more than this, checks are stored but not used for verdicts. "
        "Otherwise, a possible error of the clock makes each interval wider",
    ),
    Setting(
        "STATSOFFICE_ACKNOWLEDGE_MINUTES",
        "minutes after which we send one reminder if no one is assigned. For a suspected breach, we notify the next "
        "contact. For an incident that a person reported, we notify the same people again",
    ),
    Setting(
        "STATSOFFICE_BREACHES_PUBLIC",
        "`on`: anyone can read, at `/breaches/`, the reports that a Head of Profession or deputy has made "
        "public, and the foot of every page links to them; `off`: there are no such pages",
    ),
    Setting(
        "STATSOFFICE_WELSH_APPROVED_BY",
        "the name of the person who approved the Welsh texts ([Welsh](../operations/languages.md)). Public pages are "
        "in Welsh too, at `/cy/`, if `STATSOFFICE_WELSH_APPROVED_TEXTS` is the digest of the present texts",
        default="none: public pages are in English only",
    ),
    Setting(
        "STATSOFFICE_WELSH_APPROVED_TEXTS",
        "the digest of the texts that this person approved, as `manage.py welsh_texts` shows it. If an upgrade changes "
        "these texts, Welsh pages are off until someone approves them again",
    ),
    Setting(
        "STATSOFFICE_WELSH_OFFICE_NAME",
        "the name of the office on Welsh pages",
        default="the English name",
    ),
    Setting(
        "STATSOFFICE_LEAD_OFFICIAL",
        "`on`: the form says “Name and contact details of Head of Profession for Statistics or Lead "
        "Official”, as some published reports of 2020-21 do; `off`: it names only the Head of Profession. "
        "Approved reports do not change",
    ),
    Setting(
        "STATSOFFICE_EARLY_RELEASE_REMINDER_MINUTES",
        "minutes after which we notify the same people again of a release that was found early. We repeat this until "
        "someone decides what to do, or until the due time",
    ),
    Setting(
        "STATSOFFICE_REPORT_RECIPIENT",
        "the only address to which you can send an approved breach report from here; without it, you send reports by "
        "hand and record this",
    ),
    Setting(
        "STATSOFFICE_ATTACHMENT_SCANNER",
        "the command that scans each attachment of a breach report before we store it, such as `clamdscan --fdpass`. "
        "We add the path of the file. A return code other than 0 refuses the file",
        default="none: attachments are not scanned, and the page says so",
    ),
    Setting(
        "STATSOFFICE_REPORT_DUE_WORKING_DAYS",
        "the working days after its draft in which a report should be decided. This is the office’s own aim; no rule "
        "sets it",
    ),
    Setting(
        "STATSOFFICE_REPORT_REMINDERS",
        "the working days, relative to that day, on which people are reminded of an undecided report, separated by "
        "commas. Negative numbers are days before it",
    ),
    Setting("STATSOFFICE_PREFLIGHT_AT", "London time of the preflight on the working day before a release"),
    Setting(
        "STATSOFFICE_COMPARISON_AT",
        "London time from which releases are compared with their announcements on GOV.UK",
    ),
    Setting(
        "STATSOFFICE_BODIES_BUCKET",
        "a private bucket of an S3-compatible storage, to which the bodies of checked pages move after a day "
        "([storage of page bodies](../operations/body-storage.md))",
        default="none: bodies stay in the database",
    ),
    Setting(
        "STATSOFFICE_BODIES_ADDRESS",
        "the address of that storage, such as `https://s3.example.gov.uk`",
        default="that of Amazon S3",
    ),
    Setting(
        "STATSOFFICE_EVIDENCE_KEPT_DAYS",
        "days for which we store the bodies of checked pages; their hashes are stored permanently",
    ),
    Setting(
        "STATSOFFICE_PRE_RELEASE_NAMES_KEPT_DAYS",
        "days after a release for which we store the names and email addresses on its pre-release access list",
    ),
    Setting(
        "STATSOFFICE_MESSAGES_KEPT_DAYS",
        "days after sending for which we store the recipient, subject and text of a notification; its kind, topic and "
        "time are stored permanently",
    ),
    Setting(
        "STATSOFFICE_FORMER_DETAILS_KEPT_DAYS",
        "days for which we store the name, email address and telephone number of former contacts in the histories, "
        "names of people in the log of the admin site, recipients of ended invitations, and owners of hosts whose "
        "authorisation ended",
    ),
    Setting(
        "STATSOFFICE_HEALTH_PING",
        "the address to which we send a request each minute while every check is well (a dead man's switch)",
    ),
    Setting(
        "STATSOFFICE_TIMESTAMP_AUTHORITY",
        "address of a time-stamp authority (RFC 3161) that stamps the anchors of the record "
        "([anchors](../operations/anchors.md))",
        default="none: anchors have no time stamp",
    ),
    Setting(
        "STATSOFFICE_TIMESTAMP_CERTIFICATES",
        "PEM file with the certificates of the time-stamp authority and their root certificates. Do not remove the "
        "certificates of an earlier authority",
        default="none; required with an authority",
    ),
    Setting(
        "STATSOFFICE_ANCHOR_RECIPIENTS",
        "email addresses of the people who receive every anchor, separated by commas; at least one outside the office",
        default="none: anchors are not sent",
    ),
    Setting(
        "STATSOFFICE_METRICS_TOKEN",
        "at least 32 characters. Prometheus sends them as a bearer token to read `/metrics` "
        "([metrics](../operations/metrics.md))",
        default="none: there is no such page",
    ),
    Setting("STATSOFFICE_CANARY", "`on` or `off`: the self-test, which monitors a release of our own each minute"),
    Setting(
        "STATSOFFICE_OPERATORS",
        "email addresses of the people who are notified if monitoring has a problem, separated by commas",
    ),
    Setting("STATSOFFICE_REHEARSAL_SITE", "the address of the practice site"),
    Setting("STATSOFFICE_REHEARSAL_TOKEN", "the token of the practice site"),
    Setting(
        "STATSOFFICE_LOG_FORMAT",
        "the format of the log: `plain`, or `json` with one object on each line ([the log](../operations/log.md))",
    ),
    Setting(
        "STATSOFFICE_SENTRY_DSN",
        "address of a Sentry that receives errors: their kind and their place in the code, and no data about people, "
        "requests or releases. It needs `.venv/bin/pip install sentry-sdk`",
    ),
    Setting("STATSOFFICE_LOG_LEVEL", "the lowest level in the log: `DEBUG`, `INFO`, `WARNING` or `ERROR`"),
)


defaults_read: dict[str, str] = {}
"""A dict that maps the name of each setting that was read so far to its default value."""

OFFICE_WITHOUT_A_NAME = "Statistics office"


def text(name: str, default: str = "") -> str:
    """Read a setting without surrounding white space."""
    defaults_read.setdefault(name, default)
    return os.environ.get(name, default).strip()


def word_list(name: str, default: str = "") -> list[str]:
    """Read a list separated by commas, without empty items."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def _read_valid(
    name: str, default: str = "", *, is_valid: Callable[[str], object], rule: str, entry: str = "entry"
) -> list[str]:
    """Read a list separated by commas, and validate each item.

    :raises ImproperlyConfigured: if an item is invalid, or its validation raises ValueError or ValidationError.
    """
    for word in word_list(name, default):
        try:
            valid = is_valid(word)
        except (ValueError, ValidationError):
            valid = False
        if not valid:
            raise ImproperlyConfigured(f'{name} contains "{word}"; each {entry} must {rule}.')
    return word_list(name, default)


def token(name: str, *, least: int) -> str:
    """Read a secret, or "" if it is not set.

    :param least: the minimum length in characters.
    :raises ImproperlyConfigured: if the secret is too short, or contains white space, which is not possible in a
        header.
    """
    written = text(name)
    if written and (len(written) < least or len(written.split()) > 1):
        raise ImproperlyConfigured(f"{name} must be at least {least} characters without spaces.")
    return written


def one_of(name: str, default: str, *, choices: tuple[str, ...]) -> str:
    written = text(name, default)
    if written not in choices:
        raise ImproperlyConfigured(f'{name} is "{written}"; it must be one of: {", ".join(choices)}.')
    return written


def is_on(name: str, default: str) -> bool:
    return one_of(name, default, choices=("on", "off")) == "on"


def some_of(name: str, default: str, *, choices: Iterable[str]) -> frozenset[str]:
    """Read a non-empty list of allowed values, separated by commas.

    :raises ImproperlyConfigured: if a value is not allowed, or the list is empty.
    """
    known, written = tuple(choices), word_list(name, default)
    for word in written or [""]:
        if word not in known:
            raise ImproperlyConfigured(f'{name} contains "{word}"; each entry must be one of: {", ".join(known)}.')
    return frozenset(written)


def number(name: str, default: str, *, least: float, most: float) -> float:
    written = text(name, default)
    try:
        read = float(written)
    except ValueError:
        read = math.nan
    if not least <= read <= most:
        message = f'{name} is "{written}"; it must be a number of at least {least:g} and at most {most:g}.'
        raise ImproperlyConfigured(message)
    return read


def days(name: str, default: str, *, least: float) -> timedelta:
    """Read a time of at most a hundred years. Without a limit, there may be no date that is so long ago."""
    return timedelta(days=number(name, default, least=least, most=36_500))


def minutes(name: str, default: str) -> timedelta:
    """Read a time between one minute and a year."""
    return timedelta(minutes=number(name, default, least=1, most=525_600))


def whole_number(name: str, default: str, *, least: int) -> int:
    (found,) = whole_numbers(name, default) or (least - 1,)
    if found < least:
        message = f'{name} is "{text(name, default)}"; it must be a whole number of at least {least}.'
        raise ImproperlyConfigured(message)
    return found


def whole_numbers(name: str, default: str = "") -> tuple[int, ...]:
    """Read whole numbers separated by commas. Negative numbers are allowed.

    :raises ImproperlyConfigured: if an item is not a whole number.
    """
    try:
        return tuple(int(written) for written in word_list(name, default))
    except ValueError:
        message = f'{name} is "{text(name, default)}"; each entry must be a whole number.'
        raise ImproperlyConfigured(message) from None


def wall_time(name: str, default: str) -> time:
    written = text(name, default)
    try:
        return datetime.strptime(written, "%H:%M").time()  # noqa: DTZ007  # a time of day has no zone
    except ValueError:
        raise ImproperlyConfigured(f'{name} is "{written}"; it must be a time such as 14:00.') from None


def _is_web_address(written: str) -> bool:
    parts = urlsplit(written)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def web_address(name: str, default: str) -> str:
    """Read an http or https address, without the slash at its end."""
    written = text(name, default)
    if not _is_web_address(written):
        # Do not include the value: the message is logged, and the address can contain a secret.
        message = f"{name} must be a web address that starts with http:// or https://."
        raise ImproperlyConfigured(message)
    return written.rstrip("/")


def optional_web_address(name: str) -> str:
    """Read an http or https address, or "" if it is not set."""
    return web_address(name, "") if text(name) else ""


def body_storage(bucket: str, address: str) -> dict[str, dict[str, Any]]:
    """Read the storage of page bodies, as an entry for STORAGES. Return an empty dict if no bucket is set.

    :param bucket: the name of the setting with the bucket.
    :param address: the name of the setting with the address of the storage.
    :raises ImproperlyConfigured: if the packages of the extra `s3` are not installed.
    """
    options = {"bucket_name": text(bucket), "endpoint_url": optional_web_address(address) or None, "default_acl": None}
    if not options["bucket_name"]:
        return {}
    if importlib.util.find_spec("storages") is None:
        raise ImproperlyConfigured(f"{bucket} is set. Install the packages of statsoffice[s3], or remove the setting.")
    # boto3 finds the access keys itself, for example in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    return {"bodies": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}


def web_addresses(name: str) -> list[str]:
    """Read http or https addresses separated by commas."""
    return _read_valid(name, is_valid=_is_web_address, rule="start with http:// or https://", entry="address")


def own_address(name: str, default: str, *, public: bool) -> str:
    """Read the address of this service or of the sign-in provider, and remove the slash at the end.

    :param public: whether the address must be set and start with https://. If so, `default` is not used, because links
        in messages begin with the address of this service.
    :raises ImproperlyConfigured: if the address is missing or does not start as required.
    """
    written = web_address(name, "" if public else default)
    if public and not written.startswith("https://"):
        raise ImproperlyConfigured(f'{name} is "{written}"; in production it must start with https://.')
    return written


def hosts(name: str, default: str) -> list[str]:
    """Read the host names of this service, separated by commas, without wildcards."""

    def is_host(written: str) -> object:
        return re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]", written.lower())

    found = _read_valid(name, default, is_valid=is_host, rule="be one host, such as releases.example.gov.uk")
    if not found:
        raise ImproperlyConfigured(f"{name} must name the hosts that this service answers for.")
    return found


def time_servers(name: str) -> list[str]:
    """Read the hosts of time servers, separated by commas. A host may be followed by a port."""

    def is_server(written: str) -> bool:
        parts = urlsplit(f"//{written}")
        return bool(parts.hostname) and parts.netloc == written and parts.port != 0

    return _read_valid(name, is_valid=is_server, rule="be a host name, such as ntp.example.gov.uk")


def mail_addresses(name: str) -> list[str]:
    """Read email addresses separated by commas, in lower case."""

    def is_mail_address(written: str) -> bool:
        validate_email(written)
        return True

    return [found.lower() for found in _read_valid(name, is_valid=is_mail_address, rule="be an email address")]


def mail_address(name: str) -> str:
    """Read one email address, and convert it to lower case. Return "" if it is not set."""
    found = mail_addresses(name)
    if len(found) > 1:
        raise ImproperlyConfigured(f"{name} has {len(found)} email addresses. Set it to one.")
    return found[0] if found else ""


def certificates(name: str) -> str:
    """Read a PEM file with the certificates of authorities and their roots. Return "" if the setting is not set.

    :raises ImproperlyConfigured: if the file cannot be read, or has no root certificate.
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
        message = f"{name}: {file} has no root certificate. Add the one at the top of the authority's chain."
        raise ImproperlyConfigured(message)
    return written


def hosts_with_port(name: str, default: str = "") -> frozenset[str]:
    """Read host:port pairs separated by commas.

    :raises ImproperlyConfigured: if a pair has no host or no valid port.
    """

    def is_pair(written: str) -> bool:
        host, _, port = written.rpartition(":")
        return bool(host) and port.isdigit() and 0 < int(port) < 65536

    return frozenset(_read_valid(name, default, is_valid=is_pair, rule="be host:port, such as intranet.example:443"))


_BUDGET = re.compile(r"([^=\s]+)=(?!0+/)(\d{1,5})/(?!0+$)(\d{1,5})")


def probe_budgets(name: str, default: str) -> dict[str, tuple[int, int]]:
    """Read request budgets for hosts, in the format `host=connections/per-second`, separated by commas.

    :return: a dict that maps each host to its two limits: connections, and requests per second.
    """
    rule = "be host=connections/per-second, such as www.gov.uk=6/8"
    found = map(_BUDGET.fullmatch, _read_valid(name, default, is_valid=_BUDGET.fullmatch, rule=rule))
    return {budget[1].lower(): (int(budget[2]), int(budget[3])) for budget in found if budget}


def mail_sender(name: str, default: str, *, name_of_sender: str) -> str:
    """Read the sender of emails. If the setting has no name before the address, `name_of_sender` is used."""
    display_name, address = parseaddr(text(name, default))
    try:
        return str(Address(display_name=display_name or name_of_sender, addr_spec=address))
    except (ValueError, HeaderParseError) as error:
        raise ImproperlyConfigured(f"{name} must be an email address, such as desk@example.gov.uk.") from error


def mailer(name: str, default: str, *, timeout_seconds: int) -> dict[str, Any]:
    """Convert a mail server's address, such as smtp+tls://user:password@mail.example:587, to an entry of MAILERS."""
    try:
        read = environ.Env.email_url_config(text(name, default))
    except (KeyError, ValueError, ImproperlyConfigured):
        # Do not include the value or the original error: the message is logged, and the value can contain a password.
        message = f"{name} must be like smtp+tls://user:password@host:587."
        raise ImproperlyConfigured(message) from None
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


# These parameters close a broken connection to PostgreSQL within seconds, because a sweep makes no checks while it
# waits for the connection. Source: libpq's connection parameters. `tcp_user_timeout` is in milliseconds. The other
# times are in seconds.
DATABASE_TIMEOUTS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class PrivateFile(sqlite3.Connection):
    """A connection to an SQLite database. If it creates the database file, only the file's owner can read it.

    SQLite creates its other files, such as the write-ahead log, with the same permissions.
    """

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        if not str(database).startswith((":memory:", "file:")):
            # Ignore errors. Either the file already exists, or SQLite reports below why it cannot open the file.
            with contextlib.suppress(OSError):
                os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))
        super().__init__(database, *args, **options)


def database(name: str, default: str) -> dict[str, Any]:
    """Read the address of the database, such as postgres://user:password@host:5432/name or sqlite:////path/to/file."""
    scheme = text(name, default).partition(":")[0]
    if scheme not in {"postgres", "postgresql", "sqlite"}:
        message = f"{name} must name a PostgreSQL or an SQLite database, such as postgres://user:password@host/name."
        raise ImproperlyConfigured(message)
    read: dict[str, Any] = environ.Env.db_url_config(text(name, default))
    if scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        options = {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": pragmas, "factory": PrivateFile}
        return {**read, "OPTIONS": options}
    options = {**DATABASE_TIMEOUTS, **read.get("OPTIONS", {})}
    return {**read, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60, "OPTIONS": options}


def database_owner(name: str) -> dict[str, Any]:
    """Read the address with which the owner of the tables connects to PostgreSQL. Return {} if it is not set."""
    if not text(name):
        return {}
    if not text(name).startswith(("postgres:", "postgresql:")):
        message = f"{name} must name a PostgreSQL database, such as postgres://owner:password@host/name."
        raise ImproperlyConfigured(message)
    return database(name, "")


FEWEST_CHARACTERS = 50
# A key of 128 bits cannot be found by brute force (NIST SP 800-57).
FEWEST_BITS = 128
# Fifty random characters almost certainly include at least ten different characters, even if the characters are
# hexadecimal digits.
FEWEST_KINDS = 10
# Placeholders that people forget to replace.
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
HOW = "Make a random key with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"


def read_secret_key(name: str, default: str, *, strict: bool) -> str:
    """Read the secret key.

    :param strict: whether to refuse a weak key, such as the default.
    :raises ImproperlyConfigured: if `strict` is True and the key is weak. The message says why the key is weak, and
        does not contain the key.
    """
    key = text(name, "" if strict else default)
    why = "is the default key for development" if key == default else weakness(key)
    if strict and why:
        raise ImproperlyConfigured(f"{name} {why}. {HOW}")
    return key


def weakness(key: str) -> str:
    """Return the reason why a key can be guessed, or "" if the key appears random.

    The reason completes a sentence that begins with the name of the setting.
    """
    if len(key) < FEWEST_CHARACTERS:
        return f"has {len(key)} characters, but must have at least {FEWEST_CHARACTERS} random characters"
    letters = "".join(character for character in key.lower() if character.isalnum())
    if any(word in letters for word in PLACEHOLDERS):
        return "looks like a placeholder that was never replaced"
    steps = {ord(after) - ord(before) for before, after in pairwise(key)}
    # Estimate the entropy in bits. If a pair of neighbouring characters is repeated, it is counted only once.
    bits = math.log2(len(set(key))) * len(set(pairwise(key)))
    if bits < FEWEST_BITS or len(set(key)) < FEWEST_KINDS or len(steps) < FEWEST_KINDS:
        return "is not random: its characters are too few or follow a pattern"
    return ""


# The issuer is stored with each linked account, in a column of this length.
LONGEST_SERVER = 200


@dataclass(frozen=True, slots=True)
class OfficeProvider:
    """The office's sign-in provider, with the ID and the secret of our client.

    `server` is the address of the provider, which is also the issuer of its tokens.
    """

    server: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


def read_provider(*, strict: bool) -> OfficeProvider | None:
    """Read the office's sign-in provider. Return None if none of the settings of the provider is set.

    :param strict: whether the provider's address must start with https://, as in production.
    :raises ImproperlyConfigured: if only some of the settings are set, or the address is not a valid issuer.
    """
    setting = "STATSOFFICE_OIDC_SERVER"
    others = ("STATSOFFICE_OIDC_CLIENT_ID", "STATSOFFICE_OIDC_CLIENT_SECRET", "STATSOFFICE_OIDC_NAME")
    written = {name: text(name) for name in (setting, *others)}
    if not any(written.values()):
        return None
    missing = [name for name, value in written.items() if not value]
    if missing:
        message = f"Sign-in by the office's own provider is half set: {', '.join(missing)} must be set too."
        raise ImproperlyConfigured(message)
    server, client_id, client_secret, name = written.values()
    parts = urlsplit(server)
    bare = not (parts.query or parts.fragment or "@" in parts.netloc or "/.well-known/" in server)
    if _is_web_address(server) and not (bare and len(server) <= LONGEST_SERVER):
        message = f"{setting} must be the bare address of the issuer in at most {LONGEST_SERVER} characters."
        raise ImproperlyConfigured(message)
    address = own_address(setting, "", public=strict)
    return OfficeProvider(address, client_id, client_secret, name)


UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# The services of Apprise that webhooks may use: chat rooms of offices, plain JSON for other programs, and a pager.
PAGERDUTY = "pagerduty"
SERVICES = ("json", "jsons", "slack", "workflow", "workflows", "msteams", PAGERDUTY)


def notify_key(name: str) -> str:
    """Read an API key of GOV.UK Notify, such as release_desk-SERVICE-SECRET. Return "" if it is not set."""
    key = text(name)
    if key and not re.fullmatch(rf".+-{UUID}-{UUID}", key):
        # Do not include the value: the message is logged, and the key is a secret.
        message = (
            f"{name} is not an API key of GOV.UK Notify, which ends in the identifiers of the service and the secret."
        )
        raise ImproperlyConfigured(message)
    return key


def notify_template(name: str, *, key: str, required: bool, fields: str) -> str:
    """Read the identifier of a template of GOV.UK Notify. Return "" if it is not set.

    :param key: the API key of GOV.UK Notify, or "".
    :param required: whether the template must be set if there is a key.
    :raises ImproperlyConfigured: if the template is set without a key, is not an identifier, or is required but not
        set.
    """
    template = text(name)
    if template and not key:
        raise ImproperlyConfigured(f"{name} is set without STATSOFFICE_NOTIFY_KEY; set the API key too.")
    if (template or (key and required)) and not re.fullmatch(UUID, template):
        raise ImproperlyConfigured(f'{name} is "{template}"; it must be the identifier of a template with {fields}.')
    return template


def webhooks(name: str) -> dict[str, str]:
    """Read webhooks separated by white space, and return a dict that maps their names to their addresses.

    Each webhook is written as `name=address`. The addresses are in Apprise's format, such as json://host/.

    :raises ImproperlyConfigured: if a webhook has no valid name, two webhooks have the same name, or a service is not
        allowed.
    """
    found: dict[str, str] = {}
    for entry in text(name).split():
        called, _, address = entry.partition("=")
        if not re.fullmatch(r"[\w-]{1,60}", called) or called in found:
            raise ImproperlyConfigured(f"{name} has an entry without a unique name; each entry must be name=address.")
        # Do not include the value: the message is logged, and the address contains a secret.
        if not re.match(rf"({'|'.join(SERVICES)})://[^/]", address):
            message = f"{name}: the address of {called} must begin with one of: {', '.join(SERVICES)}, and then ://."
            raise ImproperlyConfigured(message)
        found[called] = address
    return found
