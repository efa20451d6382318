// For pages that update automatically: a note when updates stop arriving, and the focus of a link that is replaced.
//
// The note is shown and read out.
// Its attributes name the part that asks for updates, the part that is read out, and the longest silence in seconds.
const note = document.querySelector("[data-stale]");
const status = document.getElementById(note.dataset.status);
const warning = note.textContent.trim();
let heardAt = Date.now();
let statusBefore = "";

function check() {
  const expected = document.getElementById(note.dataset.stale) && document.visibilityState === "visible";
  if (expected && note.hidden && Date.now() - heardAt > Number(note.dataset.silence) * 1000) {
    note.hidden = false;
    statusBefore = status.textContent;
    status.textContent = warning;
  }
}

function hear() {
  heardAt = Date.now();
  note.hidden = true;
  // The update may have replaced the warning with news already.
  if (status.textContent === warning) {
    status.textContent = statusBefore;
  }
}

setInterval(check, 1000);
// Browsers update a page rarely while its tab is hidden.
document.addEventListener("visibilitychange", () => {
  heardAt = Date.now();
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) {
    hear();
  }
});

// htmx returns the focus only to an element with an identifier, so a link without one loses it when it is replaced.
let focused = null;
document.body.addEventListener("htmx:oobBeforeSwap", () => {
  focused = document.activeElement;
});
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (document.activeElement !== document.body || !focused.href || focused.id) {
    return;
  }
  const copies = [...event.detail.target.querySelectorAll("a")].filter((link) => link.href === focused.href);
  const copy = copies.find((link) => link.textContent === focused.textContent) ?? copies[0];
  copy?.focus({ preventScroll: true });
});
