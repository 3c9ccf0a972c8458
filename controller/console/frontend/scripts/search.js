// The search box: `/` goes there, arrows walk the answers, Escape leaves.
export function startSearch() {
  const box = document.querySelector("[data-search]");
  if (!box) return;
  const answers = document.querySelector("#answers");
  const links = () => [...answers.querySelectorAll("a")];

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
  box.form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      answers.replaceChildren();
      box.blur();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !links().length) return;
    event.preventDefault();
    const stops = [box, ...links()];
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".find")) answers.replaceChildren();
  });
}
