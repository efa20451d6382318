// Says to the styles that this browser can run the components' scripts. It is loaded before the page's content,
// not as a module, so that nothing jumps when the scripts arrive.
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  // Should the components' scripts never arrive, the navigation of a phone unfolds.
  window.addEventListener("load", () => {
    setTimeout(() => document.body.classList.add("office-scripts-ready"), 3000);
  });
}
