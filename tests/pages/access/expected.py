"""Who gets to which address: each by its row of the one table of roles, or for its own reason."""

from dataclasses import dataclass

from breaches.permissions import TABLE as ON_REPORTS
from breaches.permissions import Action
from releases.rules.lifecycle import LEADS, Role, to_words
from statsoffice.accounts.permissions import rows

EVERYBODY = "everybody, signed in or not"
SIGNED_IN = "whoever has signed in"
ADMINISTRATORS = "administrators"
SUPERUSERS = "superusers"
NOBODY = frozenset[Role]()

type Who = str | frozenset[Role]

RELEASE, REPORT, PERSON, TOKEN = "a release", "a report", "a person", "an API token"
ENTRY, DATE, IMPORT = "an entry of a pre-release access list", "a request for another date", "an import"


@dataclass(frozen=True, slots=True)
class Expected:
    """Who reads an address, and who posts to it; by a method that it does not know, it is open to no one.

    `of_no_row`: it shows and takes the person's own data, so that it opens to people of other producers too, and has
    nothing of this one for them. `administrators_too`: it opens to them in addition to the roles. `participants_too`:
    to those who take part in its training as well.
    """

    reads: Who
    posts: Who
    of_no_row: bool = False
    administrators_too: bool = False
    participants_too: bool = False


def page(who: Who) -> Expected:
    """A page that is read."""
    return Expected(who, NOBODY)


def own(reads: Who, posts: Who = NOBODY) -> Expected:
    """A page that lists, or asks for, the person's own data."""
    return Expected(reads, posts, of_no_row=True)


def form(who: Who) -> Expected:
    """A page that asks, and takes the sent data."""
    return Expected(who, who)


def act(who: Who) -> Expected:
    """An address to which is posted only."""
    return Expected(NOBODY, who)


def find_permitted_roles(subject: str, action: str) -> frozenset[Role]:
    """Return the roles that may do an action on a kind of object in at least one of its states.

    :raises LookupError: if no row has this subject and this action.
    """
    found = [row.roles for row in rows() if (row.subject, row.action) == (subject, action)]
    if not found:
        message = f'No table says who may "{to_words(action)}" {subject}.'
        raise LookupError(message)
    return frozenset().union(*found)


def by(subject: str, *actions: str) -> frozenset[Role]:
    """Return the roles in the one table for one of some actions."""
    return frozenset().union(*(find_permitted_roles(subject, action) for action in actions))


def named(prefix: str, expected: Expected, names: str) -> dict[str, Expected]:
    """Expect the same of several addresses."""
    return {prefix + name: expected for name in names.split()}


VIEW, KEEP_LIST = by(RELEASE, "view"), by(RELEASE, "keep_pre_release_list")
UPLOADER = frozenset({Role.HEAD_OF_PROFESSION})
CODE = LEADS | {Role.CALENDAR_MANAGER}
READ, WRITE, DOWNLOAD = by(REPORT, "view"), by(REPORT, "edit"), by(REPORT, "download")

PUBLIC = {
    **named("releases:", page(EVERYBODY), "calendar all_months month office_calendar office_changes producer_calendar"),
    **named("releases:", page(EVERYBODY), "producer_changes series_calendar series_changes release_calendar api_guide"),
    **named("releases:", page(EVERYBODY), "pre_release pre_release_lists"),
    **named("releases:api:", page(EVERYBODY), "api-root openapi-json releases release producers series"),
    "office_api:openapi-json": page(EVERYBODY),
    # Programs with a token: tests/integration/statsoffice/office_api/.
    **named(
        "office_api:",
        page(NOBODY),
        "token releases release series results result checks reports evidence report_document",
    ),
    **named("office_api:", page(NOBODY), "change_date cancel_release"),
    **named("transparency:", page(EVERYBODY), "statements statement punctuality punctuality_list"),
    # Of a year with a month that is over: tests/pages/breaches/test_compliance_pages.py.
    "transparency:punctuality_year": page(NOBODY),
    **named("", page(EVERYBODY), "health_live health_ready canary_page account_invited account_inactive accessibility"),
    **named("", page(EVERYBODY), "contact cookies privacy"),
    # Readers with the operator's token: tests/pages/statsoffice/metrics/.
    # Whoever holds the link: tests/pages/releases/pre_release/test_receipts.py.
    **named("releases:", form(EVERYBODY), "receipt receipt_disclosure"),
    "metrics": page(NOBODY),
    # Where the office has set a contact: tests/pages/statsoffice/test_site_root.py.
    "security_txt": page(NOBODY),
    **named("account_", page(EVERYBODY), "reset_password_done reset_password_from_key_done"),
    **named("account_", form(EVERYBODY), "login logout signup reset_password reset_password_from_key accept"),
    **named("mfa_", form(EVERYBODY), "login_webauthn authenticate"),
    # Where the office has its own provider: tests/pages/statsoffice/provider/.
    **named("openid_connect_", page(NOBODY), "login callback"),
    r"^api/[\s\S]*$": form(NOBODY),
    r"api/office/v1/^[\s\S]*$": form(NOBODY),
    # Systems with the secret of this address: tests/pages/statsoffice/test_webhooks.py.
    # Publishing systems with a secret: tests/pages/statsoffice/test_webhooks.py.
    "state_publication": act(NOBODY),
}
OWN = {
    **named("", page(SIGNED_IN), "your_account mfa_index mfa_list_webauthn"),
    **named("", form(SIGNED_IN), "usersessions_list account_change_password account_set_password unsent"),
    "text_numbers": form(SIGNED_IN),
    **named("", form(SIGNED_IN), "account_reauthenticate mfa_reauthenticate mfa_reauthenticate_webauthn"),
    **named(
        "mfa_", form(SIGNED_IN), "activate_totp add_webauthn generate_recovery_codes remove_webauthn edit_webauthn"
    ),
    # No one here has a second factor to see or remove: tests/pages/statsoffice/accounts/test_second_factor.py.
    **named("mfa_", form(NOBODY), "deactivate_totp view_recovery_codes download_recovery_codes"),
    # It ends where one signs in.
    "sign_out_everywhere": act(EVERYBODY),
    "cover": Expected(by(RELEASE, "name_cover"), NOBODY, of_no_row=True),
    "name_cover": form(by(RELEASE, "name_cover")),
    "end_cover": act(by(RELEASE, "name_cover")),
    "api_tokens": own(by(TOKEN, "revoke")),
    # They confirm first that it is them: tests/pages/statsoffice/test_api_tokens.py.
    "create_api_token": form(by(TOKEN, "issue")),
    "revoke_api_token": form(by(TOKEN, "revoke")),
    "invitations": Expected(by(PERSON, "invite"), NOBODY, of_no_row=True, administrators_too=True),
    "invite": Expected(by(PERSON, "invite"), by(PERSON, "invite"), of_no_row=True, administrators_too=True),
    # The invitation is one to be a statistician, which a calendar manager may not grant.
    **named("", Expected(NOBODY, LEADS, administrators_too=True), "send_invitation_again withdraw_invitation"),
    # Only the invited person: tests/pages/statsoffice/accounts/test_invitations.py.
    "own_invitation": form(NOBODY),
    **named("", own(SIGNED_IN), "desk desk_part desk_missing outbox:sent releases:planner search"),
    **named("", own(SIGNED_IN), "morning_sheet morning_sheet_pdf"),
    # The incident contact too, whom no one has named here: tests/pages/statsoffice/test_early_releases.py.
    "early_releases:early_releases": own(by(RELEASE, "know_early_findings")),
    "early_releases:early_release": form(by(RELEASE, "know_early_findings")),
    # People of a training alone, if it is about one: tests/integration/statsoffice/notifications/test_minute_briefs.py.
    **named("", page(by(RELEASE, "read_minute_brief")), "minute_brief minute_brief_part"),
    "early_releases:contact": form(by(RELEASE, "name_incident_contact")),
    "guides:guides": own(SIGNED_IN),
    "guides:guide": own(frozenset({Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR}) | LEADS),
    "audit:trail": own(by("the audit trail", "read")),
    **named("setting_up:", page(ADMINISTRATORS), "overview name"),
    "setting_up:producer": form(ADMINISTRATORS),
    # They begin once the administrator's own office has a producer: tests/pages/statsoffice/test_setup.py.
    **named("setting_up:", page(NOBODY), "head series calendar rehearsal"),
    **named("exchange:", own(VIEW), "release_list export"),
    **named("releases:", own(VIEW), "changes export_changes"),
}
ON_RELEASES = {
    "releases:release": page(VIEW),
    **{f"releases:{move}": form(by(RELEASE, move)) for move in ("announce", "confirm", "change_date", "cancel")},
    "releases:release_at_once": form(by(RELEASE, "release_at_once")),
    "releases:decide_on_day": form(by(RELEASE, "postpone_or_cancel_on_the_day")),
    "releases:ask_date_change": form(by(RELEASE, "ask_date_change")),
    "releases:correct_agreement": form(by(RELEASE, "edit")),
    "releases:correct_reason": form(by(RELEASE, "correct_public_reason")),
    "releases:changes_waiting": own(by(DATE, "agree"), by(DATE, "agree")),
    "releases:refuse_change": form(by(DATE, "refuse")),
    # Only the person who asked takes it back: the calendar manager.
    "releases:withdraw_change": act(frozenset({Role.CALENDAR_MANAGER})),
    "releases:delay_notice": form(by(RELEASE, "post_delay_notice")),
    "releases:withdraw_delay_notice": act(by(RELEASE, "post_delay_notice")),
    "releases:trainings": own(VIEW),
    "releases:training": Expected(by(RELEASE, "plan_training"), NOBODY, participants_too=True),
    **named("releases:", form(by(RELEASE, "plan_training")), "plan_training change_participants"),
    # The incident contact too: tests/pages/releases/test_open_files.py.
    "releases:open_files": own(by(RELEASE, "know_open_files")),
    "releases:open_file": page(by(RELEASE, "know_open_files")),
    "releases:dummy_file": page(by(RELEASE, "check_open_files")),
    **named("releases:", form(by(RELEASE, "check_open_files")), "check_open_file open_file_dealt_with make_dummy_file"),
    **named("releases:", form(by(RELEASE, "record_authorised_host")), "authorise_host withdraw_host"),
    "webhooks:webhooks": own(by(RELEASE, "manage_webhooks")),
    "webhooks:webhook": page(by(RELEASE, "manage_webhooks")),
    **named("webhooks:", form(by(RELEASE, "manage_webhooks")), "create_webhook replace_secret turn_off"),
    **named("webhooks:", form(by(RELEASE, "manage_webhooks")), "add_system remove_system"),
    **named("webhooks:", act(by(RELEASE, "manage_webhooks")), "send_test turn_on leave_off send_again"),
    "releases:outage": form(by(RELEASE, "post_outage_notice")),
    "releases:corrections": own(VIEW),
    "releases:correction": page(VIEW),
    **named(
        "releases:", form(by(RELEASE, "record_correction")), "add_correction change_correction withdraw_correction"
    ),
    "releases:preflight": act(by(RELEASE, "preflight")),
    **named("releases:", form(by(RELEASE, "answer")), "say was_live"),
    **named("releases:", act(by(RELEASE, "record_call")), "no_answer undo_no_answer"),
    "releases:tick_task": act(by(RELEASE, "keep_tasks")),
    "releases:screenshots": act(by(RELEASE, "edit")),
    "releases:export_evidence": act(by(RELEASE, "export_evidence")),
    **named("releases:", page(VIEW), "kept_body kept_body_download screenshot small_screenshot pre_release_list"),
    **named("releases:pre_release_", form(KEEP_LIST), "add copy change withdraw begin end"),
    "releases:pre_release_decide": act(by("a request for a change of such a list", "agree")),
    "releases:pre_release_take_back": form(by(ENTRY, "take_back")),
    **named(
        "releases:pre_release_",
        form(KEEP_LIST),
        "erase erase_name renew_links confirm_list confirm_by_phone take_back_phone",
    ),
    "releases:ask_recipients": form(by(RELEASE, "ask_recipients_to_confirm")),
    **named("exchange:", own(by(IMPORT, "confirm")), "template columns"),
    **named("exchange:", own(by(IMPORT, "confirm"), by(IMPORT, "confirm")), "imports from_govuk import_listing"),
    "exchange:year_reviews": own(by(IMPORT, "confirm"), by(IMPORT, "confirm")),
    **named("exchange:", page(by(IMPORT, "confirm")), "year_review year_review_progress"),
    **named("exchange:", page(by(IMPORT, "confirm")), "export_year_review year_review_picture"),
    **named("exchange:", act(by(IMPORT, "confirm")), "restart_year_review remove_year_review"),
    "exchange:record_from_govuk": own(NOBODY, by(IMPORT, "confirm")),
    # An upload belongs to its person until it is applied: the Head of Profession.
    **named("exchange:", page(UPLOADER), "import import_progress"),
    **named("exchange:", act(UPLOADER), "confirm_import set_date_order change_options discard_import"),
}
ON_BREACHES = {
    **named("breaches:", own(READ), "register near_misses figures export_figures picture"),
    "breaches:report_list": own(SIGNED_IN),
    "breaches:export": own(DOWNLOAD, DOWNLOAD),
    "breaches:yearly_tables": own(READ),
    **named("breaches:", page(READ), "yearly_table yearly_list frozen_list"),
    **named("breaches:", page(DOWNLOAD), "yearly_draft yearly_file"),
    "breaches:policy_section": form(ON_REPORTS[Action.WRITE_POLICY]),
    "breaches:approve_yearly_table": form(ON_REPORTS[Action.APPROVE_TABLE]),
    "breaches:switch_punctuality": form(ON_REPORTS[Action.SHOW_PUNCTUALITY]),
    **named("breaches:", form(WRITE), "start_about_release start_about_series start_pra join join_rehearsed"),
    "breaches:start": own(WRITE, WRITE),
    **named("breaches:", page(READ), "report check history technical_details version changes timeline actions"),
    **named("breaches:", page(DOWNLOAD), "draft_pdf approved_pdf concern_pdf statement_html statement_text"),
    **named("breaches:", form(WRITE), "section cause add_action change_action own_act choose_timeline"),
    "breaches:finish_action": act(WRITE),
    "breaches:attachments": Expected(DOWNLOAD, WRITE | by(REPORT, "approve")),
    "breaches:attachment": page(DOWNLOAD),
    "breaches:delete_attachment": form(ON_REPORTS[Action.REDACT]),
    "breaches:settle_wording": own(CODE, CODE),
    "breaches:code_of_practice": own(CODE),
    **named("breaches:", form(ON_REPORTS[Action.WRITE_NOTE]), "note correct_note"),
    "breaches:dealing": form(ON_REPORTS[Action.DEAL]),
    **named("breaches:", form(ON_REPORTS[Action.PUBLISH]), "publish unpublish"),
    "redacting:ask": form(ON_REPORTS[Action.REDACT]),
    "redacting:remove": act(ON_REPORTS[Action.REDACT]),
    "redacting:done": page(ON_REPORTS[Action.REDACT]),
    "breaches:submit": act(by(REPORT, "submit")),
    "breaches:decide": form(by(REPORT, "approve")),
    "breaches:comment": form(WRITE | by(REPORT, "approve")),
    "breaches:resolve_comment": act(WRITE | by(REPORT, "approve")),
    **{
        f"breaches:{move}": form(by(REPORT, move))
        for move in (
            "take_back",
            "approve",
            "close",
            "return",
            "record",
            "dismiss",
            "reopen",
            "send",
            "note_answer",
            "correct",
            "withdraw",
            "part",
        )
    },
    **named("breaches:", form(by(REPORT, "send")), "sent_outside notice_sent"),
    "outbox:retry_dispatch": act(by(REPORT, "send")),
}
EXPECTED = {**PUBLIC, **OWN, **ON_RELEASES, **ON_BREACHES}
