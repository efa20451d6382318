"""The admin site for calendar management: producers, series, releases, and the record to read."""

from django.contrib import admin

from releases.admin import exemption, people, record, release, series

__all__ = ["exemption", "people", "record", "release", "series"]

admin.site.site_header = admin.site.site_title = "Release calendar administration"
admin.site.index_title = "What you may look after"
