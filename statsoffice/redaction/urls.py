"""Where personal details are taken out of a report.

These are no pages below those of reports: forms there are stored in the session if the person must sign in again, and
words that are to be removed must not be stored once more.
"""

from django.urls import path

from statsoffice.redaction import views

app_name = "redacting"

urlpatterns = [
    path("<slug:reference>/", views.start_redaction, name="ask"),
    path("<slug:reference>/remove/", views.remove, name="remove"),
    path("<slug:reference>/<int:position>/", views.show_redaction, name="done"),
]
