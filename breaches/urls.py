"""Where the breach reports live."""

from datetime import date

from django.urls import path, register_converter

from breaches.core.remarks import Section
from breaches.views import (
    actions,
    cause,
    changes,
    code_of_practice,
    dealing,
    decisions,
    documents,
    export,
    figures,
    joining,
    near_misses,
    own_acts,
    publishing,
    register,
    reports,
    sections,
    sending,
    starting,
    timeline,
)


class SectionConverter:
    """A section of the form as a part of an address."""

    regex = "|".join(section.replace("_", "-") for section in Section)

    def to_python(self, value: str) -> Section:
        """Read the section from an address."""
        return Section(value.replace("-", "_"))

    def to_url(self, value: Section) -> str:
        """Write the section into an address."""
        return value.replace("_", "-")


class DayConverter:
    """A day as a part of an address: 2020-06-30."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Read the day from an address.

        :raises ValueError: if there is no such day; the address does not exist then.
        """
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Write the day into an address."""
        return value.isoformat()


register_converter(DayConverter, "day")
register_converter(SectionConverter, "section")

app_name = "breaches"

urlpatterns = [
    path("", reports.report_list, name="report_list"),
    path("register/", register.register_page, name="register"),
    path("register/export/", export.export, name="export"),
    path("register/figures/", figures.figures, name="figures"),
    path("register/figures/export/<str:kind>/", figures.export, name="export_figures"),
    path("near-misses/", near_misses.log, name="near_misses"),
    path("code-of-practice/", code_of_practice.code, name="code_of_practice"),
    path("code-of-practice/<int:practice>/", code_of_practice.settle, name="settle_wording"),
    path("start/", starting.about_anything, name="start"),
    path("start/release/<slug:release>/", starting.about_release, name="start_about_release"),
    path("start/series/<slug:producer>/<slug:series>/", starting.about_series, name="start_about_series"),
    path("start/pre-release-access/<slug:release>/", starting.about_access_list, name="start_pra"),
    path("join/<slug:producer>/<day:on>/", joining.join, name="join"),
    path("join/<slug:producer>/<day:on>/rehearsed/", joining.join, {"rehearsal": True}, name="join_rehearsed"),
    path("<slug:reference>/", reports.report, name="report"),
    path("<slug:reference>/check/", decisions.check, name="check"),
    path("<slug:reference>/submit/", decisions.submit, name="submit"),
    path("<slug:reference>/take-back/", decisions.take_back, name="take_back"),
    path("<slug:reference>/return/", decisions.return_, name="return"),
    path("<slug:reference>/approve/", decisions.approve, name="approve"),
    path("<slug:reference>/record/", decisions.record, name="record"),
    path("<slug:reference>/dismiss/", decisions.dismiss, name="dismiss"),
    path("<slug:reference>/reopen/", decisions.reopen, name="reopen"),
    path("<slug:reference>/send/", sending.send, name="send"),
    path("<slug:reference>/sent-outside/", sending.sent_outside, name="sent_outside"),
    path("<slug:reference>/answer/", sending.note_answer, name="note_answer"),
    path("<slug:reference>/correct/", sending.correct, name="correct"),
    path("<slug:reference>/withdraw/", sending.withdraw, name="withdraw"),
    path("<slug:reference>/close/", sending.close, name="close"),
    path("<slug:reference>/part/", joining.part, name="part"),
    path("<slug:reference>/publish/", publishing.publish, name="publish"),
    path("<slug:reference>/unpublish/", publishing.take_back, name="unpublish"),
    path("<slug:reference>/own-act/", own_acts.declare, name="own_act"),
    path("<slug:reference>/cause/", cause.choose, name="cause"),
    path("<slug:reference>/actions/", actions.listed, name="actions"),
    path("<slug:reference>/actions/add/", actions.add, name="add_action"),
    path("<slug:reference>/actions/<int:action>/", actions.change, name="change_action"),
    path("<slug:reference>/actions/<int:action>/done/", actions.finish, name="finish_action"),
    path("<slug:reference>/dealing/", dealing.deal, name="dealing"),
    path("<slug:reference>/timeline/", timeline.whole, name="timeline"),
    path("<slug:reference>/timeline/note/", timeline.note, name="note"),
    path("<slug:reference>/timeline/<int:note>/correct/", timeline.correct, name="correct_note"),
    path("<slug:reference>/timeline/printed/", timeline.choose, name="choose_timeline"),
    path("<slug:reference>/history/", reports.history, name="history"),
    path("<slug:reference>/versions/<int:since>/to/<int:number>/", changes.changes, name="changes"),
    path("<slug:reference>/versions/<int:number>/", reports.version, name="version"),
    path("<slug:reference>/download/draft.pdf", documents.draft, name="draft_pdf"),
    path("<slug:reference>/download/statement.html", documents.statement_html, name="statement_html"),
    path("<slug:reference>/download/statement.txt", documents.statement_text, name="statement_text"),
    path("<slug:reference>/download/<int:version>.pdf", documents.approved, name="approved_pdf"),
    path("<slug:reference>/<section:section>/", sections.section, name="section"),
]
