"""The admin site, as the office has it."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's entry for the admin site; its site begins with what needs attention."""

    default_site = "statsoffice.administration.site.OfficeAdminSite"
