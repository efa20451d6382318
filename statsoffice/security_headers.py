"""What browsers are told that no page of ours may do."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.csp import CSP

# Nothing is written into the pages, so that what a page runs or shows comes from our own files alone. The nonce is
# for the admin's pages; where no template asks for it the header holds none, and public answers stay the same bytes.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# What a browser can do besides showing pages; passkeys need the one thing that is not named here.
_UNUSED = (
    *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "sync-xhr", "usb"),
    *("web-share", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in _UNUSED}


class LimitEmbedding:
    """Forbid other sites to load an answer into their pages, unless its view allows it, as feeds and the API do.

    The header also protects against attacks that read another site's memory, such as Spectre.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Complete the answer's headers."""
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
