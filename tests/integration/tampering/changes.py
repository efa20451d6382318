"""The changes, one for each row: a statement that a person with access to the database could run, and what finds it."""

from dataclasses import dataclass
from typing import Any

from releases.rules.canonical import sha256_hex

ANOTHER_PDF = b"%PDF-1.7 another"


@dataclass(frozen=True)
class Change:
    """One change: its statements with their parameters, and the chain or table that the finding names."""

    name: str
    found_in: str
    statements: tuple[tuple[str, tuple[Any, ...]], ...]


def change(name: str, found_in: str, *statements: str, values: tuple[Any, ...] = ()) -> Change:
    return Change(name, found_in, tuple((statement, values) for statement in statements))


def without_end(table: str, chain: str) -> Change:
    """Delete the newest row of a chain, and set its head back to the row before."""
    newest = f"(SELECT max(position) FROM {table})"  # noqa: S608  # a name from below
    its_hash = f"(SELECT row_hash FROM {table} WHERE position = {newest})"  # noqa: S608
    position, row_hash = f"coalesce({newest}, 0)", f"coalesce({its_hash}, '{'0' * 64}')"
    return change(
        f"the end of {chain} deleted together with its head",
        chain,
        f"DELETE FROM {table} WHERE position = {newest}",  # noqa: S608
        f"UPDATE releases_chainhead SET position = {position}, row_hash = {row_hash} WHERE chain = '{chain}'",  # noqa: S608
    )


CHANGES = (
    # Events and checks
    change(
        "an event changed", "releases.event", "UPDATE releases_releaseevent SET kind = 'confirm' WHERE position = 1"
    ),
    change("an event deleted", "releases.event", "DELETE FROM releases_releaseevent WHERE position = 1"),
    change(
        "a report's event changed", "breaches.event", "UPDATE breaches_reportevent SET at = '2020-01-01 00:00:00+00'"
    ),
    change(
        "an event moved to another release",
        "releases.event",
        "UPDATE releases_releaseevent SET release_id = (SELECT max(id) FROM releases_release) WHERE position = 1",
    ),
    change(
        "an event moved to no release",
        "releases.event",
        "UPDATE releases_releaseevent SET release_id = 999999 WHERE position = 1",
    ),
    change(
        "a report's event moved to another report",
        "breaches.event",
        "UPDATE breaches_reportevent SET report_id = report_id + 1 WHERE kind = 'approved'",
    ),
    change("a check's result changed", "releases.observation", "UPDATE releases_observation SET result = 'live'"),
    change(
        "a check's instant changed",
        "releases.observation",
        "UPDATE releases_observation SET sent_at = '2020-06-30 08:30:00+00' WHERE result = 'live'",
    ),
    change("a check deleted", "releases.observation", "DELETE FROM releases_observation WHERE position = 2"),
    change(
        "a check moved to another address",
        "releases.observation",
        "UPDATE releases_observation SET address_id = (SELECT max(id) FROM releases_address) WHERE position = 1",
    ),
    change(
        "a check's URL changed",
        "releases.observation",
        "UPDATE releases_observation SET url = 'https://www.example.gov.uk/other' WHERE position = 1",
    ),
    # Verdicts
    change(
        "a verdict changed",
        "releases.verification",
        "UPDATE releases_verification SET outcome = 'on_time' WHERE outcome = 'late'",
    ),
    change(
        "a delay shortened", "releases.verification", "UPDATE releases_verification SET delay_from = 1, delay_to = 9"
    ),
    change("a tolerance widened", "releases.verification", "UPDATE releases_verification SET tolerance_seconds = 179"),
    change(
        "the rules of a verdict changed", "releases.verification", "UPDATE releases_verification SET rules_version = 0"
    ),
    change(
        "a verdict changed and said to be by earlier rules",
        "releases.verification",
        "UPDATE releases_verification SET outcome = 'on_time', rules_version = 0 WHERE outcome = 'late'",
    ),
    change(
        "a verdict deleted",
        "releases.verification",
        "DELETE FROM breaches_suspicion",
        "DELETE FROM releases_verification",
    ),
    # Due times, markers and dates
    change(
        "a due time moved",
        "releases.release",
        "UPDATE releases_release SET due_at = '2020-06-30 09:30:00+00', planned_at = '10:30:00'"
        " WHERE due_at IS NOT NULL",
    ),
    change(
        "a release published", "releases.release", "UPDATE releases_release SET published_at = '2020-06-30 08:30:00+00'"
    ),
    change("a marker changed", "releases.address", "UPDATE releases_address SET marker = 'March'"),
    change(
        "an address changed",
        "releases.address",
        "UPDATE releases_address SET url = 'https://example.org/1' WHERE id = (SELECT min(id) FROM releases_address)",
    ),
    change(
        "a change of date rewritten", "releases.datechange", "UPDATE releases_datechange SET public_reason = 'None'"
    ),
    change("a change of date deleted", "releases.datechange", "DELETE FROM releases_datechange"),
    change(
        "an exception rewritten", "releases.departure", "UPDATE releases_departure SET osr_agreed_on = '2020-01-02'"
    ),
    change("an exception deleted", "releases.departure", "DELETE FROM releases_departure"),
    change(
        "a corrected agreement rewritten",
        "releases.agreementcorrection",
        "UPDATE releases_agreementcorrection SET osr_reference = 'OSR 99'",
    ),
    change("a corrected agreement deleted", "releases.agreementcorrection", "DELETE FROM releases_agreementcorrection"),
    change(
        "a correction after release rewritten",
        "releases.publishedcorrection",
        "UPDATE releases_publishedcorrection SET public_notice = 'Nothing was wrong.'",
    ),
    change(
        "a correction after release deleted",
        "releases.publishedcorrection",
        "DELETE FROM releases_publishedcorrection",
    ),
    change(
        "an incident contact replaced",
        "releases.incidentcontact",
        "UPDATE releases_incidentcontact SET person_id = named_by_id",
    ),
    change("an incident contact deleted", "releases.incidentcontact", "DELETE FROM releases_incidentcontact"),
    change("a title changed", "releases.release", "UPDATE releases_release SET title = 'Another'"),
    change(
        "a reference changed",
        "releases.release",
        "UPDATE releases_release SET reference = 'x' WHERE id = (SELECT min(id) FROM releases_release)",
    ),
    # Reports
    change(
        "a report dismissed",
        "breaches.report",
        "UPDATE breaches_report SET status = 'dismissed', decision_reason = 'other' WHERE status = 'approved'",
    ),
    change("a report set back to its first version", "breaches.report", "UPDATE breaches_report SET version = 1"),
    change("the automatic text of a report rewritten", "breaches.report", "UPDATE breaches_report SET machine = '{}'"),
    change(
        "a decision moved",
        "breaches.report",
        "UPDATE breaches_report SET decided_at = '2020-06-30 08:30:00+00' WHERE decided_at IS NOT NULL",
    ),
    change("a cause changed", "breaches.report", "UPDATE breaches_report SET cause = 'cache' WHERE cause <> ''"),
    change(
        "an approved PDF replaced",
        "breaches.approveddocument",
        "UPDATE breaches_approveddocument SET pdf = %s",
        values=(ANOTHER_PDF,),
    ),
    change(
        "an approved PDF replaced together with its hash",
        "breaches.approveddocument",
        "UPDATE breaches_approveddocument SET pdf_sha256 = '" + "0" * 64 + "'",
    ),
    change(
        "an approved PDF replaced together with its true hash",
        "breaches.approveddocument",
        "UPDATE breaches_approveddocument SET pdf = %s, pdf_sha256 = %s",
        values=(ANOTHER_PDF, sha256_hex(ANOTHER_PDF)),
    ),
    change(
        "an approved document added",
        "breaches.approveddocument",
        "INSERT INTO breaches_approveddocument (report_id, version, pdf, pdf_sha256, content_sha256, evidence_sha256,"
        " approved_by_id, approved_role, approved_at, one_person)"
        " SELECT report_id, 99, pdf, pdf_sha256, content_sha256, evidence_sha256,"
        " approved_by_id, approved_role, approved_at, one_person FROM breaches_approveddocument",
    ),
    change("an approved PDF deleted", "breaches.approveddocument", "DELETE FROM breaches_approveddocument"),
    change(
        "the text of the present version rewritten",
        "breaches.reportversion",
        "UPDATE breaches_reportversion SET content = '{}'"
        " WHERE number = (SELECT max(number) FROM breaches_reportversion)",
    ),
    change(
        "the text of the first version rewritten",
        "breaches.reportversion",
        "UPDATE breaches_reportversion SET content = '{}' WHERE number = 1",
    ),
    change(
        "the automatic text of a version rewritten",
        "breaches.reportversion",
        "UPDATE breaches_reportversion SET machine = '{}' WHERE number = 1",
    ),
    change("a version deleted", "breaches.reportversion", "DELETE FROM breaches_reportversion WHERE number = 1"),
    change("a suspicion moved to no report", "breaches.suspicion", "UPDATE breaches_suspicion SET report_id = NULL"),
    change("a suspicion's kind changed", "breaches.suspicion", "UPDATE breaches_suspicion SET kind = 'partial'"),
    change(
        "a version added",
        "breaches.reportversion",
        "INSERT INTO breaches_reportversion"
        " (report_id, number, content, machine, content_sha256, written_at, why, salt)"
        " SELECT report_id, 99, content, machine, 'x', written_at, why, salt"
        " FROM breaches_reportversion WHERE id = (SELECT min(id) FROM breaches_reportversion)",
    ),
    change("a suspicion deleted", "breaches.suspicion", "DELETE FROM breaches_suspicion"),
    change(
        "an attachment said to be scanned",
        "breaches.attachment",
        "UPDATE breaches_attachment SET scanned = (1 = 1)",
    ),
    change(
        "an attached file replaced",
        "breaches.attachment",
        "UPDATE breaches_attachmentfile SET body = %s",
        values=(b"another",),
    ),
    change("an attached file deleted", "breaches.attachment", "DELETE FROM breaches_attachmentfile"),
    change(
        "an attachment deleted with its file",
        "breaches.attachment",
        "DELETE FROM breaches_attachmentfile",
        "DELETE FROM breaches_attachment",
    ),
    change(
        "a decision on an early release rewritten",
        "breaches.earlyreleasedecision",
        "UPDATE breaches_earlyreleasedecision SET choice = 'publish_now'",
    ),
    change(
        "a decision on an early release deleted",
        "breaches.earlyreleasedecision",
        "DELETE FROM breaches_earlyreleasedecision",
    ),
    # Stored bodies and coverage
    change("a body replaced", "releases.body", "UPDATE releases_body SET compressed = %s", values=(b"another",)),
    change("a body deleted", "releases.body", "DELETE FROM releases_body"),
    change(
        "a body marked as removed",
        "releases.keptbody",
        "UPDATE releases_keptbody SET body_id = NULL, state = 'pruned'",
        "DELETE FROM releases_body",
    ),
    change(
        "a body said to be of another schedule",
        "releases.keptbody",
        "UPDATE releases_keptbody SET schedule_version = 9",
    ),
    change(
        "a body deleted with its place",
        "releases.keptbody",
        "DELETE FROM releases_keptbody",
        "DELETE FROM releases_body",
    ),
    change(
        "coverage added",
        "releases.coverage",
        "INSERT INTO releases_coverage (watcher, began_at, ended_at, recorded_until)"
        " VALUES ('x', '2020-06-30 06:00:00+00', '2020-06-30 07:00:00+00', '2020-06-30 07:00:00+00')",
    ),
    change("coverage lengthened", "coverage", "UPDATE releases_coverage SET ended_at = '2020-06-30 22:00:00+00'"),
    change(
        "coverage lengthened a little",
        "coverage",
        "UPDATE releases_coverage SET ended_at = '2020-06-30 10:02:00+00'"
        " WHERE id = (SELECT min(id) FROM releases_coverage)",
    ),
    change("coverage shortened", "coverage", "UPDATE releases_coverage SET ended_at = began_at"),
    change("coverage deleted", "releases.coverage", "DELETE FROM releases_coverage"),
    # Messages
    change("a message rewritten", "outbox.message", "UPDATE outbox_message SET text = 'All is well.'"),
    change("a message marked as sent", "outbox.message", "UPDATE outbox_message SET sent_at = created_at"),
    change("a message put off", "outbox.message", "UPDATE outbox_message SET due_at = '2999-01-01 00:00:00+00'"),
    change("a message deleted", "outbox.message", "DELETE FROM outbox_message"),
    # Roles
    change(
        "a role granted",
        "releases.membership",
        "INSERT INTO releases_membership (user_id, producer_id, role)"
        " SELECT user_id, producer_id, 'head_of_profession' FROM releases_membership WHERE role = 'statistician'",
    ),
    change(
        "a role changed",
        "releases.membership",
        "UPDATE releases_membership SET role = 'auditor' WHERE role = 'statistician'",
    ),
    change("a role deleted", "releases.membership", "DELETE FROM releases_membership WHERE role = 'auditor'"),
    change("a person made superuser", "accounts.user", "UPDATE accounts_user SET is_superuser = (1 = 1)"),
    change(
        "a person put into a group",
        "accounts.user_groups",
        "INSERT INTO accounts_user_groups (user_id, group_id)"
        " SELECT (SELECT max(id) FROM accounts_user), (SELECT min(id) FROM auth_group)",
    ),
    change(
        "a permission granted",
        "accounts.user_user_permissions",
        "INSERT INTO accounts_user_user_permissions (user_id, permission_id)"
        " SELECT (SELECT max(id) FROM accounts_user), (SELECT min(id) FROM auth_permission)",
    ),
    change(
        "an account switched off",
        "accounts.user",
        "UPDATE accounts_user SET is_active = (1 = 0)",
    ),
    change(
        "an account's address changed",
        "accounts.user",
        "UPDATE accounts_user SET email = 'x' WHERE id = (SELECT min(id) FROM accounts_user)",
    ),
    change(
        "the tolerance of a series widened", "releases.series", "UPDATE releases_series SET tolerance_seconds = 179"
    ),
    change(
        "the history of a tolerance rewritten",
        "releases.historicalseries",
        "UPDATE releases_historicalseries SET tolerance_seconds = 179",
        "UPDATE releases_series SET tolerance_seconds = 179",
    ),
    # Anchors
    change("the root of an anchor replaced", "releases.anchor", "UPDATE releases_anchor SET root = '" + "0" * 64 + "'"),
    change("an anchor deleted", "releases.anchor", "DELETE FROM releases_anchor WHERE position = 1"),
    # The end of a chain
    without_end("releases_releaseevent", "releases.event"),
    without_end("releases_observation", "releases.observation"),
    without_end("breaches_reportevent", "breaches.event"),
    without_end("releases_releaserowrecord", "releases.row"),
    without_end("breaches_reportrowrecord", "breaches.row"),
    without_end("releases_monitoringrowrecord", "releases.monitoring_row"),
    without_end("outbox_messagerowrecord", "messages.row"),
    without_end("releases_anchor", "releases.anchor"),
)

# No event covers each legitimate change of these rows: another record of them hides a change.
NO_EVENT_TELLS = frozenset(
    {
        "coverage added",
        "a message rewritten",
        "a message marked as sent",
        "a role granted",
        "a role changed",
        "a role deleted",
        "a person made superuser",
        "an account switched off",
        "an account's address changed",
        "a person put into a group",
        "a permission granted",
    }
)
