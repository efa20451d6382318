"""Where the guides live."""

from django.urls import path

from statsoffice.guides import views

app_name = "guides"

urlpatterns = [
    path("", views.listed, name="guides"),
    path("<slug:guide>/", views.guide, name="guide"),
]
