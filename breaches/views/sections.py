"""Writing one section: the person's text, the record's beside it, and two writers at once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import dealing, editing
from breaches.core.content import ReportContent, from_json
from breaches.core.remarks import Section
from breaches.core.status import EDIT
from breaches.drafts import refreshing
from breaches.drafts.machine_text import FROM_FACTS
from breaches.forms import SECTION_FORMS, SectionForm
from breaches.forms.rows import with_another_row
from breaches.models import Report
from breaches.permissions import moves_open_to
from breaches.reports import comments, practices
from breaches.reports.versions import present
from breaches.views.access import report_page
from breaches.words import wording
from releases.rules.lifecycle import MoveRefused
from releases.rules.london import format_day
from releases.views.base import SignedInRequest


@report_page("GET", "POST", move=EDIT)
def section(request: SignedInRequest, report: Report, section: Section) -> HttpResponse:
    """Show a section to write in, and save what was written."""
    if request.method == "POST":
        return _written(request, report, section)
    if EDIT not in moves_open_to(request.user, report):
        messages.warning(request, _("This report cannot be edited by you as it stands."))
        return redirect("breaches:report", report.reference)
    return _shown(request, report, section, _form(report, section))


def _written(request: SignedInRequest, report: Report, section: Section) -> HttpResponse:
    form = _form(report, section, request.POST)
    if form.rows and "add" in request.POST:
        return _shown(
            request, report, section, _form(report, section, with_another_row(request.POST, form.rows.prefix))
        )
    if "take" in request.POST:
        dealing_taken = request.POST["take"] == "dealing"
        return (_with_the_person_dealing if dealing_taken else _with_the_records_text)(request, report, section)
    if not form.is_valid():
        return _shown(request, report, section, form)
    try:
        saved = editing.save_section(
            report,
            section=section,
            values=form.values(),
            expected_version=form.cleaned_data["version"],
            by=request.user,
            at=timezone.now(),
            facts_seen=form.cleaned_data["facts_seen"],
        )
    except editing.Impossible as refused:
        for remark in refused.remarks:
            form.object_to(remark)
        return _shown(request, report, section, form)
    except editing.SameFieldChanged as faster:
        return _both_texts(request, report, section, faster)
    except MoveRefused as refused:
        typed = _typed(form.values())
        context = {"report": report, "sentence": str(refused), "typed": typed}
        return render(request, "breaches/refused.html", context, status=409)
    _tell(request, saved, section)
    return redirect("breaches:report", report.reference)


def _tell(request: SignedInRequest, saved: editing.Saved, section: Section) -> None:
    told = _("‘%(section)s’ is saved.") if saved.changed else _("‘%(section)s’ already said this: nothing was changed.")
    messages.success(request, told % {"section": wording.SECTIONS[section]})
    if saved.beside:
        beside = _("While you were writing, other parts were changed by %(people)s.")
        messages.info(request, beside % {"people": saved.beside})


def _with_the_person_dealing(request: SignedInRequest, report: Report, section: Section) -> HttpResponse:
    """Put whoever said that they are dealing with it into the boxes, unsaved; what stood there is shown beside it."""
    data = request.POST.copy()
    parts = ("name", "email", "telephone")
    stood = (data.get(f"dealing_{part}") for part in parts)
    replaced = "\n".join(str(part) for part in stood if part)
    if (person := dealing.contact_of(report)) is not None:
        for part in parts:
            data[f"dealing_{part}"] = getattr(person, part)
        data.pop("dealing_is_team", None)
        if person.is_team:
            data["dealing_is_team"] = "on"
    return _shown(request, report, section, _form(report, section, data), replaced=replaced)


def _with_the_records_text(request: SignedInRequest, report: Report, section: Section) -> HttpResponse:
    """Put the record's newest account into the box, unsaved; what stood there is shown beside it.

    Where the box holds the account that the record gave before, word for word, only that is replaced: what people wrote
    around it stays.
    """
    data = request.POST.copy()
    replaced = data.get("circumstances", "")
    newest = report.machine.get("circumstances", replaced)
    earlier, stood = present(report).machine.get("circumstances", ""), replaced.replace("\r\n", "\n")
    data["circumstances"] = stood.replace(earlier, newest, 1) if earlier and earlier in stood else newest
    data["facts_seen"] = editing.facts_digest(report)
    return _shown(request, report, section, _form(report, section, data), replaced=replaced)


def _both_texts(
    request: SignedInRequest, report: Report, section: Section, faster: editing.SameFieldChanged
) -> HttpResponse:
    """Show the other writer's text above one's own, which is kept and saved once it is sent again."""
    data = request.POST.copy()
    data["version"] = str(faster.current.number)
    theirs = from_json(faster.current.content)
    again = _form(report, section, data)
    conflicts = [{"label": wording.FIELDS[field], "theirs": wording.in_words(theirs, field)} for field in faster.fields]
    context = {"conflicts": conflicts, "other": faster.current}
    return _shown(request, report, section, again, status=409, **context)


def _form(report: Report, section: Section, data: QueryDict | None = None) -> SectionForm:
    content = from_json(present(report).content)
    return SECTION_FORMS[section](
        data,
        content=content,
        version=report.version,
        facts_seen=editing.facts_digest(report),
        practices=practices.offered_for(report, content) if section is Section.CIRCUMSTANCES else (),
    )


def _machine(report: Report) -> ReportContent:
    return from_json(report.machine) if report.machine else ReportContent()


def _shown(
    request: SignedInRequest, report: Report, section: Section, form: SectionForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    version = present(report)
    offered = refreshing.offers(report, version)
    machine = _machine(report)
    content = from_json(version.content)
    context = {
        "report": report,
        "section": section,
        "title": wording.SECTIONS[section],
        "asked_for": [comment.words for comment in comments.on_last_return(report) if comment.section == section],
        "form": form,
        "rows": form.rows,
        "formset": form.rows,
        "occurred": " and ".join(format_day(on) for on in content.occurred_on),
        "on_record": [
            {
                "label": wording.FIELDS[field],
                "text": wording.in_words(machine, field),
                "changed": field in offered,
                "can_be_taken": field == "circumstances",
            }
            for field in editing.FIELDS[section]
            if field in FROM_FACTS and report.machine
        ],
        "dealing": dealing.offered(report, content) if section is Section.CORE_INFORMATION else None,
        "facts_changed": any(field in offered for field in editing.FIELDS[section]),
        **more,
    }
    return render(request, "breaches/section.html", context, status=status)


def _typed(values: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"label": str(wording.FIELDS[field]), "text": "\n".join(wording.lines_of(value))}
        for field, value in values.items()
    ]
