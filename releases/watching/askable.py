"""Which addresses can be looked at: one that is none must not keep all the others from it."""

import logging
from collections.abc import Iterable

from releases.core.web_address import NotAWebAddressError, place_of
from releases.models import Address

logger = logging.getLogger(__name__)


def parted(addresses: Iterable[Address]) -> tuple[list[Address], list[NotAWebAddressError]]:
    """Part addresses into those that can be looked at and the faults of the others, which are logged.

    :param addresses: read with `release`.
    """
    askable: list[Address] = []
    faults: list[NotAWebAddressError] = []
    for address in addresses:
        try:
            place_of(address.url)
        except NotAWebAddressError as fault:
            reference = address.release.reference
            logger.error(
                "%s has an address that cannot be looked at: %s", reference, fault, extra={"release": reference}
            )
            faults.append(fault)
        else:
            askable.append(address)
    return askable, faults
