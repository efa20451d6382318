"""The way from a release to its breach reports, for those who may read them: releases know no reports themselves."""

from typing import Any

from django import template

from breaches.models import Report
from breaches.permissions import Action, reports_where
from releases.models import Release

register = template.Library()


@register.simple_tag(takes_context=True)
def reports_about(context: dict[str, Any], release: Release) -> list[Report]:
    """List the breach reports about a release that the person who looks may read, the latest first."""
    person = context["request"].user
    return list(reports_where(person, Action.VIEW).filter(suspicions__release=release).distinct())
