"""Helpers for the views of releases."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from releases.forms import add_refusal, find_refused_field, list_typed_texts
from releases.models import Release
from releases.permissions import Action, Person, User, may, roles_of
from releases.rules.lifecycle import RELEASE, FieldRefused, MoveRefused
from releases.rules.tables import TableKind
from releases.scheduling import BeingJudged


class SignedInRequest(HttpRequest):
    user: User


type ReleaseView[**P] = Callable[Concatenate[SignedInRequest, str, P], HttpResponse]


def find_release(person: Person, reference: str, action: Action = Action.VIEW) -> Release:
    """Return a release if the person may perform the action on it.

    :raises Http404: if there is no such release, or the person may not perform the action.
    """
    found = Release.objects.select_related("series__producer").filter(reference=reference).first()
    if found is None or not may(person, action, found.series.producer):
        raise Http404("There is no such release, or it is not yours.")
    return found


def find_release_to_move(person: Person, reference: str, move: str) -> Release:
    """Return a release if the person may make the move from its current status.

    :raises Http404: if there is no such release, or the person's roles do not allow this move.
    :raises WrongState: if the person's roles allow this move from another status, but the move is not possible from
        the current status.
    """
    release = find_release(person, reference)
    roles = roles_of(person, release.series.producer)
    if move in RELEASE.available(source=release.status, roles=roles):
        return release
    starts_here = any(row.name == move and row.source == release.status for row in RELEASE.moves)
    could_once = any(row.name == move and row.roles & roles for row in RELEASE.moves)
    if starts_here or not could_once:
        raise Http404("There is no such release, or this person may not do this.")
    RELEASE.find(move, source=release.status)
    raise AssertionError(move)  # find() refuses every move that does not start in this status


def explain_refusal[**P](view: ReleaseView[P]) -> Callable[..., HttpResponse]:
    """Decorate a view: if a move is refused, show a page that explains why nothing was changed."""

    @wraps(view)
    def page(request: SignedInRequest, reference: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, reference, *args, **kwargs)
        except MoveRefused as refusal:
            return render_refused_move(request, reference, refusal)

    return page


def form_view[**P](view: ReleaseView[P]) -> Callable[..., HttpResponse]:
    """Decorate a view that shows a form about a release. The view requires sign-in and allows GET and POST."""
    return login_required(require_http_methods(["GET", "POST"])(explain_refusal(view)))


def post_view[**P](
    find_page: Callable[Concatenate[SignedInRequest, P], str],
) -> Callable[[Callable[Concatenate[SignedInRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Return a decorator for a view that handles a button. The view requires sign-in.

    The button sends a POST request. A GET request is redirected to the page with the button and changes nothing. See
    `redirect_to_button`.

    :param find_page: a function that returns the address of the page with the button. It raises Http404 for people who
        may not use this page.
    """

    def decorate(view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return redirect_to_button(request, find_page(request, *args, **kwargs))

        return login_required(require_http_methods(["GET", "HEAD", "POST"])(page))

    return decorate


def redirect_to_button(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect a GET request for the address of a button to the page with the button, with the query string.

    Browsers send such a request after people sign in again, because the session had ended before they used the button.
    They also send it if the response to a refused form has links that only change the query string, such as filters.
    """
    if request.GET:
        return redirect(f"{address}?{request.GET.urlencode()}")
    sentence = _(
        "We did not complete your last action. Nothing has changed. To try again, use the button on this page."
    )
    messages.info(request, sentence)
    return redirect(address)


def release_page(request: SignedInRequest, reference: str) -> str:
    """Return the address of the page of a release, for `post_view`."""
    return resolve_url("releases:release", find_release(request.user, reference).reference)


def render_refused_move(request: HttpRequest, reference: str, refusal: MoveRefused) -> HttpResponse:
    context = {"reference": reference, "sentence": str(refusal), "typed": list_typed_texts(request.POST)}
    return render(request, "releases/refused.html", context, status=409)


def find_table_kind(kind: str) -> TableKind:
    if kind not in set(TableKind):
        raise Http404(f"{kind} is not a supported file type.")
    return TableKind(kind)


def post_data(request: HttpRequest) -> QueryDict | None:
    """Return the submitted data of a form, or None for a GET request."""
    return request.POST if request.method == "POST" else None


def sent_answers(request: HttpRequest) -> list[tuple[str, Any]]:
    """Return the submitted answers for the hidden fields of the page on which the person checks them.

    The value of the button "change" and the CSRF token are left out.
    """
    return [(name, value) for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "change"}]


def complete_form(
    request: SignedInRequest,
    release: Release,
    form: forms.Form,
    act: Callable[[], object],
    *,
    success: str,
    template: str,
    fields: Mapping[str, str] | None = None,
    **context: Any,
) -> HttpResponse:
    """If the form is valid, call `act` and redirect to the release. Otherwise, show the form with its errors.

    :param fields: a dict that maps names of fields in refusals to fields of the form, if the names differ.
    :raises MoveRefused: if the action is refused for a reason that belongs to no field of the form.
    """
    if is_completed(form, act, fields=fields):
        messages.success(request, success)
        return redirect("releases:release", release.reference)
    return render(request, template, {"release": release, "form": form, **context})


def is_completed(form: forms.Form, act: Callable[[], object], *, fields: Mapping[str, str] | None = None) -> bool:
    """If the form is valid, call `act`. Return whether the action succeeded.

    If the action is refused because of a field of the form, the refusal becomes an error of this field.

    :raises MoveRefused: if the action is refused for a reason that belongs to no field of the form.
    """
    if not form.is_valid():
        return False
    try:
        act()
    except BeingJudged as refusal:
        # Show the form with the answers, because the person can submit them again some minutes later.
        form.add_error(None, str(refusal))
        return False
    except FieldRefused as refusal:
        if find_refused_field(refusal, form, fields) is None:
            raise
        add_refusal(form, refusal, fields)
        return False
    return True


def signed_in_part(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view that returns part of a page for htmx. If the session has ended, htmx loads the sign-in page."""
    of_signed_in = login_required(view)

    @wraps(of_signed_in)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        return of_signed_in(request, *args, **kwargs)

    return answer
