"""Entries of the trail in words: what a row of each source says."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import ReportEvent
from breaches.text import event_title
from statsoffice.audit.models import AccountEvent, What
from statsoffice.audit.sources import Kind

KINDS = {
    Kind.SIGN_IN: lazy("Signing in and out"),
    Kind.PERMISSION: lazy("Roles and accounts"),
    Kind.DOWNLOAD: lazy("Documents and pages read or downloaded"),
    Kind.EXPORT: lazy("Files exported"),
    Kind.DECISION: lazy("Decisions on breach reports"),
    Kind.EDIT: lazy("Edits"),
}
ACCOUNT = {
    What.SIGNED_IN: lazy("Signed in"),
    What.SIGNED_OUT: lazy("Signed out"),
    What.PASSWORD_CHANGED: lazy("Password changed"),
    What.SECOND_STEP_SET_UP: lazy("Second step set up: %(how)s"),
    What.SECOND_STEP_REMOVED: lazy("Second step removed: %(how)s"),
    What.SECOND_STEP_FAILED: lazy("Second step failed: %(how)s"),
    What.RECOVERY_CODES_MADE: lazy("New recovery codes made"),
}
MEANS = {
    "totp": lazy("authenticator app"),
    "webauthn": lazy("passkey"),
    "recovery_codes": lazy("recovery codes"),
}
DOCUMENTS = {
    "downloaded": lazy("Downloaded the approved document of report %(report)s, version %(version)s"),
    "draft_downloaded": lazy("Downloaded the draft of report %(report)s, version %(version)s"),
    "statement_downloaded": lazy("Downloaded the statement on report %(report)s, version %(version)s"),
}
DONE = {"+": lazy("Added %(what)s: %(name)s"), "~": lazy("Changed %(what)s: %(name)s")}
DONE["-"] = lazy("Removed %(what)s: %(name)s")


def told(place: str, row: Any) -> str:
    """Say in one sentence what a row of a source tells."""
    return TELLERS.get(place, _edit)(row)


def _account(event: AccountEvent) -> str:
    if event.kind != What.SIGN_IN_FAILED:
        return str(ACCOUNT[What(event.kind)]) % {"how": MEANS.get(event.facts.get("how", ""), "")}
    if event.account is None:
        return _("Somebody tried to sign in by an address that has no account, or a closed one")
    return _("Somebody tried to sign in as %(person)s and did not succeed") % {"person": event.account}


def _file(event: AccountEvent) -> str:
    asked = event.facts["asked"]
    return _("Took the file %(file)s") % {"file": event.facts["path"] + (f"?{asked}" if asked else "")}


def _document(event: ReportEvent) -> str:
    version = event.facts.get("version", "")
    return str(DOCUMENTS[event.kind]) % {"report": event.report_reference, "version": version}


def _decision(event: ReportEvent) -> str:
    return _("Report %(report)s: %(what)s") % {"report": event.report_reference, "what": event_title(event)}


def _register(event: Any) -> str:
    kept: Mapping[str, Any] = event.facts
    words = _("Took the register of breach reports of %(producer)s as a file: %(reports)s reports")
    if kept.get("contacts"):
        words = _("Took the register of breach reports of %(producer)s as a file, with contacts: %(reports)s reports")
    return words % {"producer": event.producer, "reports": kept.get("reports", "?")}


def _evidence(event: Any) -> str:
    return _("Took the evidence on release %(release)s") % {"release": event.release.reference}


def _body(event: Any) -> str:
    words = _("Downloaded a kept page of release %(release)s")
    if event.facts.get("how") == "source":
        words = _("Read a kept page of release %(release)s")
    return words % {"release": event.release.reference}


def _account_changed(entry: Any) -> str:
    return f"{entry.object_repr}: {entry.get_change_message() or _('changed')}"


def _edit(row: Any) -> str:
    model = row.instance_type
    return str(DONE[row.history_type]) % {"what": model._meta.verbose_name, "name": row.instance}


TELLERS: dict[str, Callable[[Any], str]] = {
    "sign_ins": _account,
    "files": _file,
    "documents": _document,
    "decisions": _decision,
    "registers": _register,
    "evidence": _evidence,
    "bodies": _body,
    "accounts": _account_changed,
}
