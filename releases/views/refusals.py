"""How a refusal reaches a person: on the field that it names, where another answer helps, or on a page of its own."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from releases.calendar.moving import BeingJudged
from releases.core.lifecycle import FieldRefused, MoveRefused
from releases.views.finding import SignedInRequest

type ReleaseView[**P] = Callable[Concatenate[SignedInRequest, str, P], HttpResponse]


def is_made(form: forms.Form, act: Callable[[], object], *, fields: Mapping[str, str] | None = None) -> bool:
    """Do what a form was filled in for, and tell whether it is done; what is refused for a field of it stands there.

    :param act: what the form is for, called once the form is valid.
    :param fields: the form's field for each name that a refusal may use and the form does not.
    :raises MoveRefused: if it is refused, and no other answer in this form would make it possible.
    """
    if not form.is_valid():
        return False
    try:
        act()
    except BeingJudged as refusal:
        # The same answers can be sent again in some minutes: they stay in the form.
        form.add_error(None, str(refusal))
        return False
    except FieldRefused as refusal:
        if _field_of(refusal, form, fields) is None:
            raise
        put_on_field(form, refusal, fields)
        return False
    return True


def told_why[**P](view: ReleaseView[P]) -> Callable[..., HttpResponse]:
    """Make a view of one release say in one sentence, on a page of its own, why nothing was changed."""

    @wraps(view)
    def page(request: SignedInRequest, reference: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, reference, *args, **kwargs)
        except MoveRefused as refusal:
            return refused(request, reference, refusal)

    return page


def refused(request: HttpRequest, reference: str, refusal: MoveRefused) -> HttpResponse:
    """Say in one sentence why nothing was changed, with the way back to the release."""
    context = {"reference": reference, "sentence": str(refusal)}
    return render(request, "releases/refused.html", context, status=409)


def put_on_field(form: forms.Form, refusal: MoveRefused, fields: Mapping[str, str] | None = None) -> None:
    """Put a refusal on the field that it names, or on the form as a whole.

    :param fields: the form's field for each name that the refusal may use and the form does not.
    """
    form.add_error(_field_of(refusal, form, fields), str(refusal))


def _field_of(refusal: MoveRefused, form: forms.Form, fields: Mapping[str, str] | None) -> str | None:
    named = refusal.field if isinstance(refusal, FieldRefused) else ""
    field = (fields or {}).get(named, named)
    return field if field in form.fields else None
