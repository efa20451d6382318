// Passkeys need a script: what offers them is shown where there is one, and what went wrong is told in words.
document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) return;
  for (const offer of document.querySelectorAll("[data-passkey]")) offer.hidden = false;
});
document.addEventListener("allauth.error", (event) => {
  const told = document.getElementById("passkey-error");
  if (!told) return;
  event.preventDefault();
  told.hidden = false;
  told.focus();
});
