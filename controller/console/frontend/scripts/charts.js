// Places of pictures: loads the drawing code only where a page has one, draws, follows size, theme and time.
const REFRESH_MS = { "1h": 10_000, "24h": 60_000 };

export function startCharts() {
  const places = [...document.querySelectorAll("[data-chart]")];
  if (!places.length) return;
  import("./draw.js").then(({ Drawing }) => {
    const drawings = places.map((place) => new Drawing(place));
    drawings.forEach((drawing) => drawing.load());
    document.body.addEventListener("live", () => {
      for (const drawing of drawings) {
        const every = REFRESH_MS[drawing.place.dataset.range];
        if (every && Date.now() - drawing.loadedAt >= every) drawing.load();
      }
    });
    new MutationObserver(() => drawings.forEach((drawing) => drawing.draw())).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-theme"],
    });
  });
}
