"""Where this machine keeps the certificate authorities that it trusts."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

# Debian and Ubuntu, Red Hat, SUSE, Alpine and macOS.
_USUAL_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class NoAuthoritiesError(OSError):
    """This machine has no file of certificate authorities."""


def authorities_file(environment: Mapping[str, str] = os.environ) -> str:
    """Find the file of trusted authorities: SSL_CERT_FILE if set, else where the system keeps it.

    The libcurl inside pycurl's wheel looks only where Red Hat keeps it, and elsewhere refuses every
    https address, so the file is always named to it.

    :raises NoAuthoritiesError: if there is none, or SSL_CERT_FILE names a file that is not there.
    """
    named = environment.get("SSL_CERT_FILE", "")
    if named and not Path(named).is_file():
        raise NoAuthoritiesError(f'SSL_CERT_FILE is "{named}", and no such file is there.')
    own = ssl.get_default_verify_paths().cafile or ""
    for place in (named, own, *_USUAL_PLACES):
        if place and Path(place).is_file():
            return place
    raise NoAuthoritiesError(
        "No file of certificate authorities was found: install the ca-certificates package, "
        "or name the file in SSL_CERT_FILE."
    )
