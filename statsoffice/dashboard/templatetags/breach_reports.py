"""The way from a release to its breach reports, for those who may read them: releases know no reports themselves."""

from typing import Any

from django import template
from django.db.models import Q

from breaches import drafting
from breaches.forms.report import prefilled
from breaches.models import Report
from breaches.permissions import Action, may_start, reports_where
from releases.models import Release

register = template.Library()


@register.simple_tag(takes_context=True)
def reports_about(context: dict[str, Any], release: Release) -> list[Report]:
    """List the breach reports about a release that the person who looks may read, the latest first."""
    person = context["request"].user
    about = Q(suspicions__release=release) | Q(started__release=release)
    return list(reports_where(person, Action.VIEW).filter(about).distinct())


@register.simple_tag(takes_context=True)
def may_start_report(context: dict[str, Any], release: Release) -> bool:
    return may_start(context["request"].user, release.series.producer)


@register.simple_tag
def report_to_start(release: Release) -> dict[str, str]:
    """Return the hidden fields that start a report about a release that needs checking; none where it does not."""
    suggested = drafting.suggest_content(release)
    return prefilled(suggested.kind, suggested.on) if suggested else {}
