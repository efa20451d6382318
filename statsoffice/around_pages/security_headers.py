"""What browsers are told that no page of ours may do."""

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
