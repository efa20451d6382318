"""What the year planner is narrowed to: one of a person's producers, one of its series."""

from collections.abc import Iterable

from crispy_forms.layout import Div
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.form_layout import Question, helper_of
from releases.models import Producer, Series


class PlannerForm(forms.Form):
    """Asks for a producer, where there are several, and for a series."""

    use_required_attribute = False

    producer = forms.ChoiceField(label=lazy("Producer"), required=False)
    series = forms.ChoiceField(label=lazy("Series"), required=False)

    def __init__(
        self, producer: Producer | None, one: Series | None, *, producers: Iterable[Producer], series: Iterable[Series]
    ) -> None:
        """Offer a person's own producers, and the series of those that are shown.

        :param producer: the one that is shown alone.
        :param one: the one series that is shown alone.
        """
        super().__init__(initial={"producer": producer and producer.pk, "series": one and one.pk})
        offered = [(each.pk, each.name) for each in producers]
        self.fields["producer"].choices = [("", lazy("All producers")), *offered]  # type: ignore[attr-defined]  # a field of choices
        named = [(each.pk, each.title) for each in series]
        self.fields["series"].choices = [("", lazy("All series")), *named]  # type: ignore[attr-defined]
        if len(offered) < 2:
            del self.fields["producer"]
        questions = [Question(name, size="s") for name in self.fields]
        asked = Div(*questions, css_class="office-planner-questions")
        self.helper = helper_of(asked, button=_("Show"), method="get")
