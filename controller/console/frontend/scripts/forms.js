// Choosing is enough: selects of a marked form send it without a button.
export function startForms() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-send-on-change]");
    if (form && event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
  });
  // Empty filters do not clutter the address that is sent to a colleague.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "get") return;
    for (const field of event.target.querySelectorAll("select, input")) field.disabled = !field.value;
    // The page may come back from the browser's cache with its fields still shut.
    setTimeout(() => event.target.querySelectorAll(":disabled").forEach((field) => (field.disabled = false)), 0);
  });
}
