// Draws one picture from the JSON its address answers (controller/console/pictures.py describes it).
import { use, init } from "echarts/core";
import { LineChart, CustomChart } from "echarts/charts";
import { GridComponent, TooltipComponent, MarkLineComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import { linesOption, tintOf } from "./lines.js";
import { stripOption } from "./strip.js";

use([LineChart, CustomChart, GridComponent, TooltipComponent, MarkLineComponent, CanvasRenderer]);

/** The page's own colours, so that a picture follows the theme. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { colour, font: colour("font") };
}

export class Drawing {
  constructor(place) {
    this.place = place;
    this.loadedAt = 0;
    this.picture = null;
    this.chart = null;
    new ResizeObserver(() => this.chart?.resize()).observe(place);
  }

  async load() {
    this.loadedAt = Date.now();
    try {
      const answer = await fetch(this.place.dataset.chart, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.picture = await answer.json();
      this.draw();
    } catch {
      // A picture already drawn stays; it is older, and the page says that the connection is lost.
      if (!this.picture) this.say(this.place.dataset.failed);
    }
  }

  say(text) {
    const box = document.createElement("div");
    box.className = "empty";
    box.textContent = text;
    this.chart?.dispose();
    this.chart = null;
    this.place.replaceChildren(box);
  }

  draw() {
    if (!this.picture) return;
    if (!this.picture.series.length) {
      this.say(this.place.dataset.empty);
      return;
    }
    if (!this.chart) {
      this.place.replaceChildren();
      this.chart = init(this.place, null, { renderer: "canvas" });
    }
    const option = this.picture.kind === "strip" ? stripOption : linesOption;
    this.chart.setOption(option(this.picture, palette()), { notMerge: true });
    this.place.dataset.drawn = this.picture.kind;
    this.explain();
  }

  /** The legend in the picture's head: which line is which, and the unit. */
  explain() {
    const legend = this.place.closest("figure")?.querySelector("[data-legend]");
    if (!legend || this.picture.kind === "strip") return;
    const { series, unit } = this.picture;
    const items = series.length > 1 ? series.map((entry, place) => [tintOf(entry, place), entry.name]) : [];
    legend.replaceChildren(...items.map(([tint, name]) => labelled(`key key-${tint.replace("s", "")}`, name)));
    if (!unit.scale && unit.name.length > 2) legend.append(labelled("", unit.name));
  }
}

function labelled(key, text) {
  const item = document.createElement("span");
  if (key) {
    const mark = document.createElement("i");
    mark.className = key;
    item.append(mark);
  }
  item.append(text);
  return item;
}
