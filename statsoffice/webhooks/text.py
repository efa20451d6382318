"""Texts about the deliveries of webhooks."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.rules.response import Failure

ADDRESS_REFUSED = lazy(
    "We cannot send to this address. It must start with https:// and be on a public network, unless the operator of "
    "this service has allowed its host and port."
)
# Maps the start of a stored fault to the message that people see. A stored fault starts with the code of a failure, or
# is a sentence.
FAULTS = {
    Failure.TIMEOUT: lazy("The system did not respond in time."),
    Failure.DNS: lazy("We could not find the system. Check its web address."),
    Failure.CONNECT: lazy("We could not connect to the system."),
    Failure.TLS: lazy("The connection was not secure. Check the certificate of the system."),
    Failure.ADDRESS_REFUSED: ADDRESS_REFUSED,
    Failure.TOO_LARGE: lazy("The response of the system was too large."),
    "The address was refused": ADDRESS_REFUSED,
    "The secret cannot be read": lazy("We cannot read the secret of this webhook. Replace the secret."),
}


def describe_delivery_fault(stored: str) -> str:
    """Say why an attempt got no response. If there is no fault, return an empty string.

    :param stored: the fault of the attempt, with technical details.
    """
    if not stored:
        return ""
    found = (sentence for beginning, sentence in FAULTS.items() if stored.startswith(beginning))
    return str(next(found, None) or _("We got no usable response from the system."))
