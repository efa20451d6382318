// Brings the GOV.UK components of the page to life, and those of every part that htmx puts into it later.
// The library's address is read from the page, because its name carries a hash in production.
const { initAll } = await import(document.getElementById("govuk-frontend").href);

// A link to a part within a tab that is not selected selects the tab first.
function openTabOf(hash) {
  const part = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  const panel = part && part.closest(".govuk-tabs__panel--hidden");
  if (panel && panel !== part) {
    document.querySelector(`.govuk-tabs__tab[href="#${CSS.escape(panel.id)}"]`)?.click();
    part.scrollIntoView();
  }
}

if (document.body.classList.contains("govuk-frontend-supported")) {
  initAll();
  openTabOf(location.hash);
  addEventListener("hashchange", () => openTabOf(location.hash));
  document.body.classList.add("office-scripts-ready");
  document.body.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) {
      initAll({ scope: event.detail.elt });
    }
  });
}

// The right column of a report stays in sight. If it is higher than the window, its end does.
const side = document.querySelector(".office-report__side");
if (side) {
  const fit = () =>
    side.style.setProperty("--office-side-top", `${Math.min(0, innerHeight - side.offsetHeight)}px`);
  new ResizeObserver(fit).observe(side);
  addEventListener("resize", fit);
}

// "/" goes to the search. A person who dictates or types with one hand can turn it off (WCAG 2.1.4).
const SHORTCUT = "search-shortcut";
const search = document.getElementById("search");
const isOn = () => localStorage.getItem(SHORTCUT) !== "off";

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && search && isOn() && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

const shortcut = document.querySelector("[data-search-shortcut]");
if (shortcut) {
  const button = shortcut.querySelector("button");
  const show = () => {
    button.textContent = isOn() ? button.dataset.off : button.dataset.on;
  };
  button.addEventListener("click", () => {
    localStorage.setItem(SHORTCUT, isOn() ? "off" : "on");
    show();
  });
  show();
  shortcut.hidden = false;
}

// A text that is shown once is copied by a button. Without scripts, or where the browser refuses, it is selected by hand.
for (const part of document.querySelectorAll("[data-copy]")) {
  const status = part.querySelector("[data-done]");
  part.querySelector("button").addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(part.dataset.copy).textContent);
    status.textContent = status.dataset.done;
  });
  part.hidden = !navigator.clipboard;
}
