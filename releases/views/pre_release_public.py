"""The lists of pre-release access that offices publish: post, organisation and period, once the release is out."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from releases.models import Producer
from releases.permissions import Action
from releases.pre_release import pre_release_published
from releases.readers import public
from releases.views.finding import release_of_theirs

LISTS_PER_PAGE = 50


@require_safe
def published(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the published list of a release; those who keep it see beforehand what the public will see."""
    now = timezone.now()
    release = public.announced().filter(reference=reference).first()
    if release is None or not pre_release_published.is_shown(release, now=now):
        release = release_of_theirs(request.user, reference, Action.KEEP_ACCESS_LIST)
    context = {
        "release": release,
        "producer": release.series.producer,
        "entries": pre_release_published.on_list(release),
        "is_out": pre_release_published.is_out(release, now=now),
    }
    return render(request, "releases/pre_release/published.html", context)


@require_safe
def lists_of(request: HttpRequest, producer: str) -> HttpResponse:
    """List the releases of a producer whose lists are published, the latest first."""
    found = get_object_or_404(Producer, slug=producer)
    releases = pre_release_published.releases_with_list(found, now=timezone.now())
    page = Paginator(releases, LISTS_PER_PAGE).get_page(request.GET.get("page"))
    if not page.object_list and not public.announced().filter(series__producer=found).exists():
        message = "Nothing of this producer is public."
        raise Http404(message)
    return render(request, "releases/pre_release/lists.html", {"producer": found, "page": page})
