// Buttons that copy the text of another element; shown only where this script runs.
export function startCopying() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const place = document.getElementById(button.dataset.copy);
    if (await copied(place)) button.textContent = button.dataset.copied;
  });
}

/** The clipboard is open to pages over HTTPS; elsewhere the text is marked and copied as by hand. */
async function copied(place) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(place.textContent);
      return true;
    } catch {
      // refused: go on as without it
    }
  }
  getSelection().selectAllChildren(place);
  return document.execCommand("copy");
}
