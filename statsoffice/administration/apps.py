"""The admin site, as the office has it."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "statsoffice.administration.site.OfficeAdminSite"
