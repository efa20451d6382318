"""Collects the texts for translators, under our short name for lazy ones too."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's own command, told that `lazy("...")` marks a text as `gettext_lazy("...")` does."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=lazy"]
