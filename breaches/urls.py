"""URL patterns of the breach report pages."""

from datetime import date
from enum import StrEnum

from django.urls import path, register_converter

from breaches.rules.compliance import PolicySection
from breaches.rules.content import ReportSection
from breaches.views import (
    attachments,
    compliance,
    decisions,
    detail,
    dispatches,
    merging,
    public,
    register,
    report,
    sections,
    timeline,
)


def create_section_converter(sections: type[StrEnum]) -> type:
    """Return a path converter for an enum of sections. URLs have hyphens in section names, as in core-information."""

    class SectionConverter:
        regex = "|".join(section.replace("_", "-") for section in sections)

        def to_python(self, value: str) -> StrEnum:
            return sections(value.replace("-", "_"))

        def to_url(self, value: str) -> str:
            return value.replace("_", "-")

    return SectionConverter


class DayConverter:
    """Path converter for days, such as 2020-06-30."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Parse a day.

        :raises ValueError: if the day does not exist. Django then treats the URL as not matching the pattern.
        """
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")
register_converter(create_section_converter(ReportSection), "section")
register_converter(create_section_converter(PolicySection), "policy_section")

app_name = "breaches"

urlpatterns = [
    path("", report.report_list, name="report_list"),
    path("register/", register.register_page, name="register"),
    path("register/export/", register.export_register_file, name="export"),
    path("register/figures/", register.figures_page, name="figures"),
    path("register/pictures/<slug:key>.<str:kind>", register.picture_file, name="picture"),
    path("register/figures/export/<str:kind>/", register.export_figures, name="export_figures"),
    path("compliance/", compliance.list_yearly_tables, name="yearly_tables"),
    path("compliance/<slug:producer>/punctuality/", compliance.switch_punctuality_page, name="switch_punctuality"),
    path("compliance/<slug:producer>/<int:year>/", compliance.show_yearly_table, name="yearly_table"),
    path(
        "compliance/<slug:producer>/<int:year>/text/<policy_section:section>/",
        compliance.edit_policy_section,
        name="policy_section",
    ),
    path(
        "compliance/<slug:producer>/<int:year>/approve/", compliance.approve_yearly_table, name="approve_yearly_table"
    ),
    path("compliance/<slug:producer>/<int:year>/lists/<slug:figure>/", compliance.show_yearly_list, name="yearly_list"),
    path(
        "compliance/<slug:producer>/<int:year>/draft.<str:kind>", compliance.download_draft_table, name="yearly_draft"
    ),
    path(
        "compliance/<slug:producer>/<int:year>/version-<int:number>/lists/<slug:figure>/",
        compliance.show_frozen_list,
        name="frozen_list",
    ),
    path(
        "compliance/<slug:producer>/<int:year>/version-<int:number>.<str:kind>",
        compliance.download_approved_table,
        name="yearly_file",
    ),
    path("near-misses/", register.near_miss_log, name="near_misses"),
    path("code-of-practice/", sections.list_editions, name="code_of_practice"),
    path("code-of-practice/<int:practice>/", sections.settle_wording_view, name="settle_wording"),
    path("start/", report.about_anything, name="start"),
    path("start/release/<slug:release>/", report.about_release, name="start_about_release"),
    path("start/series/<slug:producer>/<slug:series>/", report.about_series_view, name="start_about_series"),
    path("start/pre-release-access/<slug:release>/", report.about_access_list, name="start_pra"),
    path("join/<slug:producer>/<day:on>/", merging.merge_drafts_view, name="join"),
    path(
        "join/<slug:producer>/<day:on>/rehearsed/",
        merging.merge_drafts_view,
        {"rehearsal": True},
        name="join_rehearsed",
    ),
    path("<slug:reference>/", detail.report_detail, name="report"),
    path("<slug:reference>/decide/", detail.open_decision_page, name="decide"),
    path("<slug:reference>/check/", decisions.check_report, name="check"),
    path("<slug:reference>/submit/", decisions.submit_report_view, name="submit"),
    path("<slug:reference>/take-back/", decisions.take_back_report_view, name="take_back"),
    path("<slug:reference>/return/", decisions.return_report_view, name="return"),
    path("<slug:reference>/approve/", decisions.approve_report_view, name="approve"),
    path("<slug:reference>/record/", decisions.record_report_view, name="record"),
    path("<slug:reference>/dismiss/", decisions.dismiss_report_view, name="dismiss"),
    path("<slug:reference>/reopen/", dispatches.reopen_report_view, name="reopen"),
    path("<slug:reference>/send/", dispatches.send_report_view, name="send"),
    path("<slug:reference>/sent-outside/", dispatches.record_sent_outside_view, name="sent_outside"),
    path("<slug:reference>/<int:notice>/sent-outside/", dispatches.record_notice_dispatch_view, name="notice_sent"),
    path("<slug:reference>/answer/", dispatches.record_answer_view, name="note_answer"),
    path("<slug:reference>/correct/", dispatches.send_correction_view, name="correct"),
    path("<slug:reference>/withdraw/", dispatches.send_withdrawal_view, name="withdraw"),
    path("<slug:reference>/close/", dispatches.close_report_view, name="close"),
    path("<slug:reference>/part/", merging.split_report_view, name="part"),
    path("<slug:reference>/publish/", public.publish_statement_view, name="publish"),
    path("<slug:reference>/unpublish/", public.withdraw_statement_view, name="unpublish"),
    path("<slug:reference>/own-act/", sections.declare_own_act_view, name="own_act"),
    path("<slug:reference>/cause/", sections.edit_cause, name="cause"),
    path("<slug:reference>/actions/", timeline.list_actions, name="actions"),
    path("<slug:reference>/actions/add/", timeline.add_action_view, name="add_action"),
    path("<slug:reference>/actions/<int:action>/", timeline.change_action_view, name="change_action"),
    path("<slug:reference>/actions/<int:action>/done/", timeline.finish_action_view, name="finish_action"),
    path("<slug:reference>/dealing/", sections.assign, name="dealing"),
    path("<slug:reference>/timeline/", timeline.report_timeline, name="timeline"),
    path("<slug:reference>/timeline/note/", timeline.add_note, name="note"),
    path("<slug:reference>/timeline/<int:note>/correct/", timeline.correct_note, name="correct_note"),
    path("<slug:reference>/timeline/printed/", timeline.choose_entries_view, name="choose_timeline"),
    path("<slug:reference>/comments/<section:section>/", sections.add_comment_view, name="comment"),
    path("<slug:reference>/comments/<int:comment>/resolve/", sections.resolve_comment_view, name="resolve_comment"),
    path("<slug:reference>/attachments/", attachments.list_attachments, name="attachments"),
    path("<slug:reference>/attachments/<int:attachment>/", attachments.download_attachment, name="attachment"),
    path(
        "<slug:reference>/attachments/<int:attachment>/delete/",
        attachments.delete_attachment,
        name="delete_attachment",
    ),
    path("<slug:reference>/history/", report.report_history, name="history"),
    path("<slug:reference>/technical-details/", report.technical_details, name="technical_details"),
    path("<slug:reference>/versions/<int:since>/to/<int:number>/", report.version_changes, name="changes"),
    path("<slug:reference>/versions/<int:number>/", report.report_version, name="version"),
    path("<slug:reference>/download/draft.pdf", report.draft_pdf, name="draft_pdf"),
    path("<slug:reference>/download/short-concern.pdf", report.concern_pdf, name="concern_pdf"),
    path("<slug:reference>/download/statement.html", report.statement_html, name="statement_html"),
    path("<slug:reference>/download/statement.txt", report.statement_text, name="statement_text"),
    path("<slug:reference>/download/<int:version>.pdf", report.approved_pdf, name="approved_pdf"),
    path("<slug:reference>/<section:section>/", sections.edit_section, name="section"),
]

# Public pages. Their namespace is "transparency".
public_urlpatterns = [
    path("breaches/", public.statements, name="statements"),
    path("breaches/<slug:reference>/", public.statement, name="statement"),
    path("punctuality/", compliance.list_punctuality, name="punctuality_list"),
    path("punctuality/<slug:producer>/", compliance.show_punctuality, name="punctuality"),
    path("punctuality/<slug:producer>/<int:year>/", compliance.show_punctuality, name="punctuality_year"),
]
