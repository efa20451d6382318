"""The settings of channels that lead out of the house: GOV.UK Notify and webhooks; none is on unless it is set."""

import re

from django.core.exceptions import ImproperlyConfigured

from statsoffice.configuration import environment

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Of all that Apprise can post to, what an office's rooms are, and plain JSON for whatever it builds itself.
SERVICES = ("json", "jsons", "slack", "workflow", "workflows", "msteams")


def notify_key(name: str) -> str:
    """Read an API key of GOV.UK Notify, such as release_desk-SERVICE-SECRET; empty if it is not set.

    :raises ImproperlyConfigured: if it does not end in the two identifiers of which such a key is made.
    """
    key = environment.text(name)
    if key and not re.fullmatch(rf".+-{UUID}-{UUID}", key):
        # It is a secret: a sentence that ends in a log does not repeat it.
        message = f"{name} is no API key of GOV.UK Notify; one ends in two identifiers, of the service and its secret."
        raise ImproperlyConfigured(message)
    return key


def notify_template(name: str, *, key: str) -> str:
    """Read the identifier of a template of GOV.UK Notify; empty if it is not set.

    :param key: the API key; with it there must be a template.
    :raises ImproperlyConfigured: if it is no identifier, or missing beside a key.
    """
    template = environment.text(name)
    if (key or template) and not re.fullmatch(UUID, template):
        message = f'{name} is "{template}"; it must be the identifier of a template with ((subject)) and ((text)).'
        raise ImproperlyConfigured(message)
    return template


def webhooks(name: str) -> dict[str, str]:
    """Read webhooks, `name=address` parted by white space, each address as Apprise writes it, such as json://host/.

    :raises ImproperlyConfigured: if an entry has no name, is named twice, or is of no service that may be posted to.
    """
    found: dict[str, str] = {}
    for entry in environment.text(name).split():
        called, _, address = entry.partition("=")
        if not re.fullmatch(r"[\w-]{1,60}", called) or called in found:
            message = f"{name} holds an entry without a name of its own; each must be name=address."
            raise ImproperlyConfigured(message)
        # An address holds a secret: no sentence that ends in a log repeats it.
        if not re.match(rf"({'|'.join(SERVICES)})://[^/]", address):
            message = f"{name}: the address of {called} must begin with one of: {', '.join(SERVICES)}, and then ://."
            raise ImproperlyConfigured(message)
        found[called] = address
    return found
