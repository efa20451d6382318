"""Every address of the product, with something put in for each of its parameters."""

from collections.abc import Iterator

from django.contrib import admin
from django.urls import Resolver404, URLPattern, get_resolver, resolve, reverse
from django.urls.converters import IntConverter, UUIDConverter
from django.urls.resolvers import RoutePattern

OPENED = ("changelist", "add", "change", "history", "delete")


def every_url() -> Iterator[tuple[str, URLPattern]]:
    """Yield each address that leads to a page, and its pattern; numbers are 1, words are "x"."""
    for address, pattern in _under("/", get_resolver().url_patterns):
        try:
            resolve(address)
        except Resolver404:
            continue  # a parameter that takes few words alone, and "x" is none of them
        yield address, pattern


def _under(start: str, patterns) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue  # a regular expression that may match nothing: nothing there
        part = str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            value = {IntConverter: "1", UUIDConverter: "00000000-0000-0000-0000-000000000000"}.get(type(converter), "x")
            (written,) = [piece for piece in _parameters(part) if piece.strip("<>").rpartition(":")[2] == name]
            part = part.replace(written, value)
        if isinstance(pattern, URLPattern):
            yield start + part, pattern
        else:
            yield from _under(start + part, pattern.url_patterns)


def _parameters(route: str) -> list[str]:
    return [f"<{piece.partition('>')[0]}>" for piece in route.split("<")[1:]]


def admin_addresses():
    """Every address of the admin site: its first ones, and of each model the list and those of one row."""
    found = [reverse("admin:index"), reverse("admin:password_change"), reverse("account_logout")]
    for model in admin.site._registry:
        row = model._default_manager.order_by("pk").last()
        for name in OPENED:
            keys = [] if name in {"changelist", "add"} else [row.pk] if row else None
            if keys is not None:
                meta = model._meta
                found.append(reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=keys))
    return found
