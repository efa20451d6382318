"""Where the guides live."""

from django.urls import path

from statsoffice.guides import views

app_name = "guides"

urlpatterns = [
    path("", views.guide_list, name="guides"),
    path("<slug:guide>/", views.guide, name="guide"),
]
