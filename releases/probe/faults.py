"""What curl's error codes mean for a look."""

import pycurl

from releases.core.looks.answer import Failure

_TOO_LARGE = 100  # CURLE_TOO_LARGE, for which pycurl has no name yet

_FAILURES = {
    pycurl.E_OPERATION_TIMEDOUT: Failure.TIMEOUT,
    pycurl.E_COULDNT_RESOLVE_HOST: Failure.DNS,
    pycurl.E_COULDNT_RESOLVE_PROXY: Failure.DNS,
    pycurl.E_COULDNT_CONNECT: Failure.CONNECT,
    pycurl.E_SSL_CONNECT_ERROR: Failure.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: Failure.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Failure.TLS,
    pycurl.E_SSL_CERTPROBLEM: Failure.TLS,
    pycurl.E_SSL_CIPHER: Failure.TLS,
    pycurl.E_SSL_INVALIDCERTSTATUS: Failure.TLS,
    pycurl.E_SSL_ISSUER_ERROR: Failure.TLS,
    pycurl.E_SSL_SHUTDOWN_FAILED: Failure.TLS,
    pycurl.E_USE_SSL_FAILED: Failure.TLS,
    pycurl.E_FILESIZE_EXCEEDED: Failure.TOO_LARGE,
    pycurl.E_BAD_CONTENT_ENCODING: Failure.UNDECODABLE,
    _TOO_LARGE: Failure.TOO_LARGE,
}


def failure_of(code: int) -> Failure:
    """Return what a code of libcurl other than 0 means; all that has no name of its own is BROKEN."""
    return _FAILURES.get(code, Failure.BROKEN)
