"""The page that Prometheus reads; without the operator's token it is not there."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from statsoffice.metrics.figures import figures


class _Measured:
    """Figures that were measured once, as the library asks for them."""

    def __init__(self, measured: Iterable[Metric]) -> None:
        self._measured = list(measured)

    def collect(self) -> Iterable[Metric]:
        """Return the figures."""
        return self._measured


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Write every figure in the form that the asker reads, for whoever brings the token.

    :raises Http404: if the operator has set no token, or the request brings another or none.
    """
    if not settings.METRICS_TOKEN or not constant_time_compare(_brought(request), settings.METRICS_TOKEN):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(figures(now=timezone.now())))
    write, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(write(registry), content_type=content_type)


def _brought(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
