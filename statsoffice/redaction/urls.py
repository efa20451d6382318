"""Where personal details are taken out of a report.

It is no page under those of reports: what is typed there is kept in the session where somebody has to sign in anew
first, and words that are to go must not be kept once more.
"""

from django.urls import path

from statsoffice.redaction import views

app_name = "redacting"

urlpatterns = [
    path("<slug:reference>/", views.ask, name="ask"),
    path("<slug:reference>/remove/", views.remove, name="remove"),
    path("<slug:reference>/<int:position>/", views.done, name="done"),
]
