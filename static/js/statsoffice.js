// Brings the GOV.UK components of the page to life, and those of every part that htmx puts into it later.
// The library's address is read from the page, because its name carries a hash in production.
const { initAll } = await import(document.getElementById("govuk-frontend").href);

if (document.body.classList.contains("govuk-frontend-supported")) {
  initAll();
  document.body.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) {
      initAll({ scope: event.detail.elt });
    }
  });
}
