"""Where anyone reads what the office made public of its breaches."""

from django.urls import path

from breaches.views import transparency

app_name = "transparency"

urlpatterns = [
    path("", transparency.statements, name="statements"),
    path("<slug:reference>/", transparency.statement, name="statement"),
]
