"""What browsers are told that no page of ours may do."""

from collections.abc import Sequence

from django.utils.csp import CSP

# Nothing is written into the pages, so that what a page runs or shows comes from our own files alone. The nonce is
# for the admin's pages; where no template asks for it the header holds none, and public answers stay the same bytes.
_POLICY: dict[str, list[str]] = {
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


def content_policy(forms_to: Sequence[str]) -> dict[str, list[str]]:
    """Return the Content Security Policy of every page.

    :param forms_to: origins besides our own to which a form may lead; browsers count where an answer redirects to.
    """
    return {**_POLICY, "form-action": [*_POLICY["form-action"], *forms_to]}
