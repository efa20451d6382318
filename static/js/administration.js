// Boxes in which one searches for a choice: the script that makes them gives them no name, so each takes its label's.

function name(choice) {
  const label = document.querySelector(`label[for="${CSS.escape(choice.id)}"]`);
  const made = choice.parentElement.querySelector(".select2-selection");
  if (!label || !made) {
    return;
  }
  made.removeAttribute("aria-labelledby");
  for (const part of [made, ...made.querySelectorAll(".select2-selection__rendered, .select2-search__field")]) {
    part.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
  }
}

function nameAll() {
  document.querySelectorAll("select.admin-autocomplete").forEach(name);
}

// They are made after the page is there, and parts of them anew with each choice.
new MutationObserver(nameAll).observe(document.documentElement, { childList: true, subtree: true });

// Choosing the series of a new release fills in the form, as its button does.
document.addEventListener("DOMContentLoaded", () => {
  const fill = document.querySelector(".office-fill");
  const series = document.getElementById("id_series");
  const title = document.getElementById("id_title");
  if (fill && series && title && window.django && window.django.jQuery) {
    // What was typed already stays, until the button is used.
    window.django.jQuery(series).on("select2:select", () => title.value || fill.click());
  }
});

// On a phone each row of a list is a card, in which each value follows the name of its column.
const columns = [...document.querySelectorAll("#result_list thead .text")].map((name) => name.textContent.trim());
for (const row of document.querySelectorAll("#result_list tbody tr")) {
  [...row.cells].forEach((cell, number) => columns[number] && (cell.dataset.label = columns[number]));
}
