"""The adapters that there are, by name; a new one is a file of its own and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from releases.probe.adapter import Adapter
from releases.probe.govuk import Govuk
from releases.probe.page import Page

_ALL: tuple[Adapter, ...] = (Page(), Govuk())
ADAPTERS: Mapping[str, Adapter] = MappingProxyType({adapter.name: adapter for adapter in _ALL})


class NoSuchAdapterError(LookupError):
    """An address names an adapter that is not registered."""


def adapter_named(name: str) -> Adapter:
    """Return the adapter of this name.

    :raises NoSuchAdapterError: if there is none.
    """
    try:
        return ADAPTERS[name]
    except KeyError:
        raise NoSuchAdapterError(f'There is no adapter "{name}"; there are: {", ".join(sorted(ADAPTERS))}.') from None
