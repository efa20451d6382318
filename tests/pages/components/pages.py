"""Pages for the tests of the design: everything that it offers, in one place, at the product's own addresses."""

from datetime import UTC, datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from releases.forms import GovukDateField, LongTextField, Question, SubmitButton
from statsoffice import guides
from statsoffice.urls import account_pages, guide_pages

AT = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
ADDRESS = "https://www.example.gov.uk/government/statistics/" + "a-very-long-name-of-an-output-" * 4

FORM_PAGE = """
{% extends "two_thirds.html" %}
{% load crispy_forms_tags %}
{% block title %}All questions{% endblock %}
{% block before_content %}{% include "components/back_link.html" with address="/" %}{% endblock %}
{% block content %}<h1 class="govuk-heading-l">All questions</h1>{% crispy form %}{% endblock %}
"""

COMPONENTS_PAGE = """
{% extends "base.html" %}
{% block title %}All components{% endblock %}
{% block content %}
  <h1 class="govuk-heading-xl">All components</h1>
  <h2 class="govuk-heading-l">Release</h2>
  {% include "components/warning.html" with text="Nothing here has been decided by a Head of Profession." %}
  {% include "components/summary_list.html" with rows=rows %}
  {% include "components/inset.html" with text="The page was last not seen 5 seconds before it was." %}
  {% include "components/task_list.html" with tasks=tasks %}
  <h2 class="govuk-heading-m">What was seen</h2>
  {% include "components/timeline.html" with events=events to_the_second=True %}
  {% include "components/empty.html" with text="No release is due today." address="/" action="See the calendar" %}
  {% include "components/pagination.html" %}
{% endblock %}
"""


class Questions(forms.Form):
    """One question of each kind."""

    title = forms.CharField(label="Title of the output", help_text="As the publisher writes it")
    email = forms.EmailField(label="Email address")
    link = forms.URLField(label="Link to the output")
    seconds = forms.IntegerField(label="Tolerance")
    account = LongTextField(label="What happened", max_length=200, help_text="With dates and times")
    impact = LongTextField(label="Impact")
    producer = forms.ChoiceField(label="Producer", choices=[("", "Choose a producer"), ("a", "Office A")])
    decision = forms.ChoiceField(
        label="What do you decide?", choices=[("yes", "It is a breach"), ("no", "It is not")], widget=forms.RadioSelect
    )
    why = forms.CharField(label="Why is it none?", required=False)
    practices = forms.MultipleChoiceField(
        label="Which practices?", choices=[("T3.1", "T3.1"), ("T3.6", "T3.6")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="I have read the whole report")
    reported = GovukDateField(label="Date of breach report", help_text="For example, 30 6 2020")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    file = forms.FileField(label="Calendar")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.layout = Layout(
            "title",
            Question("email", autocomplete="email"),
            "link",
            Question("seconds", suffix="seconds", css_class="govuk-input--width-3"),
            Question("account", size="m"),
            "impact",
            "producer",
            Question("decision", size="m", hints={"no": "Say why"}),
            "why",
            Question("practices", size="s", small=True),
            "agreed",
            "reported",
            "password",
            "file",
            Div(
                SubmitButton("Save and continue"),
                SubmitButton("Later", name="later", css_class="govuk-button--secondary"),
                css_class="govuk-button-group",
            ),
        )


def components(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    messages.success(request, "The report was sent to the Head of Profession.")
    messages.warning(request, "Two releases are due in the same minute.")
    context = {
        "changeable": True,
        "rows": [
            {"key": "Title", "value": "Experimental statistics on housing", "address": "/", "subject": "the title"},
            {"key": "Link", "value": ADDRESS},
            {"key": "Circumstances", "value": "First line.\n\nSecond paragraph.", "typed": True, "address": "/"},
        ],
        "tasks": [
            {"title": "Core Information", "address": "/", "status": "Completed"},
            {
                "title": "Impact of the breach",
                "address": "/",
                "hint": "Two prompts",
                "status": "To do",
                "colour": "blue",
            },
            {"title": "Check and submit", "status": "Cannot start yet"},
        ],
        "events": [
            {"title": "Due", "at": AT},
            {
                "title": "Not live",
                "at": AT,
                "by": "Automatic check",
                "text": ADDRESS,
                "status": "Late",
                "colour": "red",
            },
        ],
        "page": Paginator(range(200), 10).page(int(request.GET.get("page", "10"))),
    }
    return HttpResponse(Template(COMPONENTS_PAGE).render(RequestContext(request, context)))


def questions(request: HttpRequest) -> HttpResponse:
    """Show every kind of question, and the errors of the answers."""
    form = Questions(request.POST, request.FILES) if request.method == "POST" else Questions()
    return HttpResponse(Template(FORM_PAGE).render(RequestContext(request, {"form": form})))


def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def break_down(request: HttpRequest) -> HttpResponse:
    """Fail as code with a fault does."""
    message = "A fault in the code"
    raise RuntimeError(message)


urlpatterns = [
    path(
        "", include(([path("", components, name="calendar"), path("planner/", components, name="planner")], "releases"))
    ),
    path("your-releases/", include(([path("", components, name="release_list")], "exchange"))),
    path("reports/", include(([path("", questions, name="report_list")], "breaches"))),
    path("accessibility/", guides.accessibility, name="accessibility"),
    path("contact/", guides.contact, name="contact"),
    path("cookies/", guides.cookies, name="cookies"),
    path("privacy/", guides.privacy, name="privacy"),
    path("guides/", include((guide_pages, "guides"))),
    path("desk/", questions, name="desk"),
    path("search/", components, name="search"),
    path("refused/", refuse),
    path("broken/", break_down),
    path("admin/", admin.site.urls),
    path("accounts/", include(account_pages)),
]
