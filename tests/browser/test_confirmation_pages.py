"""An irreversible action is confirmed on its own page; one press alone can be undone, or leaves the record alone."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings
from selectolax.lexbor import LexborHTMLParser

from breaches.models import ReportEvent
from releases.models import ReleaseEvent

FOR_GOOD = (
    "announcing",
    "confirming",
    "cancelling",
    "correcting a public reason",
    "changing a provisional date",
    "approving",
    "keeping in the log",
    "dismissing",
    "declaring one's own act",
    "taking a report apart",
    "sending",
    "having sent",
    "correcting",
    "withdrawing",
    "closing",
    "making public",
    "erasing the names of an access list",
    "erasing a name",
    "removing personal details",
    "revoking an API token",
)

# Views that take a press and no visit, and why a page that asks would be one too many.
AT_ONCE = {
    "breaches/views/timeline.py:finish_action_view": "the same button opens the action again",
    "breaches/views/sections.py:resolve_comment_view": "the comment stays in the history and can be made again",
    "breaches/views/decisions.py:submit_report_view": "the whole report asks, and a submission is taken back",
    "releases/views/date_changes.py:withdraw_change": "a request that was withdrawn is made again",
    "releases/views/release.py:withdraw_delay_notice": "a notice that was withdrawn is posted again",
    "releases/views/release.py:choose_screenshots_view": "the same button takes none again",
    "releases/views/imports.py:record_announcement": "the person checked what was read, and the release is provisional",
    "releases/views/imports.py:confirm_import_view": "every row was shown with what it does",
    "releases/views/imports.py:change_options_view": "the import is checked again, and applies nothing",
    "releases/views/imports.py:set_date_order_view": "it answers how the dates of a file are read, and applies nothing",
    "releases/views/imports.py:discard_import_view": "nothing was done with the file, which can be uploaded again",
    "releases/views/year_reviews.py:restart_review_view": "it reads from GOV.UK again, and changes nothing here",
    "releases/views/year_reviews.py:remove_review_view": "it has no page, and can be started again",
    "releases/views/release.py:export_bundle": "it gives a file, and is on record",
    "releases/views/pre_release.py:decide_request_view": "each change was shown and ticked",
    "releases/views/release.py:request_preflight_view": "it requests checks, and changes nothing",
    "releases/views/release.py:record_no_answer_view": "the button next to it takes the record back",
    "releases/views/release.py:undo_no_answer_view": "the same button records it again",
    "releases/views/release.py:tick_task_view": "the same button takes the tick away",
    "statsoffice/redaction.py:remove": "it was shown where the words stand and stay, and a box was ticked",
    "statsoffice/accounts/views.py:send_again_view": "a new link replaces the old one, and can be sent again",
    "statsoffice/accounts/views.py:sign_out_everywhere": "the person signs in again",
    "statsoffice/notifications/views.py:retry_dispatch_view": "the person decided on its own page to send this report",
    "statsoffice/webhooks/views.py:send_test_view": "the event contains nothing, and can be sent again",
    "statsoffice/webhooks/views.py:send_again_view": "it sends what was sent before to the same system",
    "statsoffice/webhooks/views.py:leave_off_view": "the page next to it turns it on",
    "statsoffice/webhooks/views.py:turn_on_view": "the page next to it turns it off again",
    "statsoffice/accounts/views.py:withdraw_view": "a person whose invitation was withdrawn can be invited again",
}


POST_ONLY = ("require_POST", "post_view(", "report_page('POST'")


def taking_a_press_alone():
    """List the views that accept only POST, by file and name."""
    found, root = set(), Path(settings.BASE_DIR)
    for path in (*root.glob("*/views/*.py"), *root.glob("statsoffice/*.py"), *root.glob("statsoffice/*/views.py")):
        for node in ast.parse(path.read_text()).body:
            decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", ())]
            if any(each.startswith(POST_ONLY) for each in decorators):
                found.add(f"{path.relative_to(root)}:{node.name}")
    return found


def test_whatever_is_done_by_one_press_is_listed_with_the_reason():
    assert taking_a_press_alone() == AT_ONCE.keys()


@pytest.mark.sqlite_only  # where the invented office is put back and need not be set up again
@pytest.mark.django_db(transaction=True)
@override_settings(REPORT_RECIPIENT="regulation@example.gov.uk")
def test_what_no_one_can_undo_is_asked_first_and_a_visit_changes_nothing(morning, subtests):
    client = Client()
    client.force_login(morning.office.head, backend=settings.AUTHENTICATION_BACKENDS[0])
    before = ReleaseEvent.objects.count(), ReportEvent.objects.count()
    for name in FOR_GOOD:
        with subtests.test(name):
            page = LexborHTMLParser(client.get(morning.pages[name]).text)
            assert page.css_first("main form[method=post] button[type=submit]") is not None, name
            assert any(
                len(text.text().split()) > 5 for text in page.css("main p, main label, main legend, main .govuk-hint")
            )
    assert (ReleaseEvent.objects.count(), ReportEvent.objects.count()) == before
