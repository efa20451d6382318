"""System checks for manage.py check --deploy: anchors, clock, database, accessibility contact, browser and Welsh."""

import shutil
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register  # noqa: A004  # Django's own name
from django.db import connection

from releases.monitoring import clock
from releases.probe.browser import find_chromium
from releases.rules.clock_error import HOSTS_THAT_CONFIRM
from statsoffice import welsh

HINT = (
    "Set STATSOFFICE_ANCHOR_RECIPIENTS to someone outside the office, or STATSOFFICE_TIMESTAMP_AUTHORITY. Otherwise a "
    "person with access to the database can rewrite the record without trace (docs/operations/anchors.md)."
)


@register(deploy=True)
def check_anchor_recipients(**_: Any) -> list[CheckMessage]:
    recipients = settings.ANCHOR_RECIPIENTS
    if recipients and all("example" in address.lower().rpartition("@")[2].split(".") for address in recipients):
        said = "All addresses in STATSOFFICE_ANCHOR_RECIPIENTS are examples, so the anchors reach no one."
    elif not recipients and not settings.TIMESTAMP_AUTHORITY:
        said = (
            "Anchors are sent to no one and get no time stamp, so nothing outside the office can prove that your "
            "record is unchanged."
        )
    else:
        return []
    return [Warning(said, hint=HINT, id="statsoffice.W005")]


@register(deploy=True)
def check_clock(**_: Any) -> list[CheckMessage]:
    has_own_time = shutil.which(clock.CHRONY[0]) or clock.kernel()
    if settings.CLOCK_SERVERS or len(settings.PROBE_CONTROLS) >= HOSTS_THAT_CONFIRM or has_own_time:
        return []
    said = "No time source is set up to confirm the clock."
    hint = (
        "Run chrony on this machine, or set STATSOFFICE_CLOCK_SERVERS to NTP servers. Without them, we use a check "
        "only if the website’s own time is within 2 seconds of our clock."
    )
    return [Warning(said, hint=hint, id="statsoffice.W001")]


@register(deploy=True)
def check_database(**_: Any) -> list[CheckMessage]:
    if connection.vendor != "sqlite":
        return []
    said = "The database is SQLite, which is for trials and development."
    hint = "Set DATABASE_URL to a PostgreSQL database, such as postgres://user:password@host:5432/name."
    return [Warning(said, hint=hint, id="statsoffice.W002")]


@register(deploy=True)
def check_contact(**_: Any) -> list[CheckMessage]:
    """Check that an accessibility contact is set. The product runs without a contact, but the law requires one."""
    if settings.ACCESSIBILITY_CONTACT:
        return []
    said = "The accessibility statement has no contact address."
    hint = "Set STATSOFFICE_ACCESSIBILITY_CONTACT to an email address for questions about accessibility."
    return [Info(said, hint=hint, id="statsoffice.I001")]


@register(deploy=True)
def check_browser(**_: Any) -> list[CheckMessage]:
    if settings.BROWSER_SANDBOX or not find_chromium(settings.BROWSER):
        return []
    said = (
        "Chromium runs without its own sandbox. A page that takes control of Chromium has all permissions of the "
        "worker."
    )
    hint = "Remove STATSOFFICE_BROWSER_SANDBOX=off, and allow the sandbox (docs/operations/browser-sandbox.md)."
    return [Warning(said, hint=hint, id="statsoffice.W007")]


@register(deploy=True)
def check_welsh(**_: Any) -> list[CheckMessage]:
    person = settings.WELSH_APPROVED_BY
    if not person or welsh.is_approved():
        return []
    hint = (
        "Run manage.py welsh_texts --csv, and ask a person who knows Welsh to approve the texts in its output. Then "
        "set STATSOFFICE_WELSH_APPROVED_BY to the name of the person, and STATSOFFICE_WELSH_APPROVED_TEXTS to "
        f"{welsh.current_digest()}."
    )
    return [Warning(welsh.CHANGED_SINCE % {"person": person}, hint=hint, id="statsoffice.W006")]
