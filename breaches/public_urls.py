"""Addresses of the public pages about breaches."""

from django.urls import path

from breaches.views import public

app_name = "transparency"

urlpatterns = [
    path("", public.statements, name="statements"),
    path("<slug:reference>/", public.statement, name="statement"),
]
