// States over time: one row for each part, a block for each stretch, its word inside where there is room.
import { timeAxis, tip, tooltip, wall } from "./axes.js";

const CALM = ["heat-1", "heat-3", "heat-4", "heat-2", "heat-5"];

export function stripOption(picture, palette) {
  const { colour, font } = palette;
  const fills = tints(picture, colour);
  const blocks = picture.series.flatMap((row, place) => row.blocks.map(([from, to, state]) => ({ value: [place, from, to, state] })));
  return {
    animation: false,
    useUTC: true,
    grid: { left: 4, right: 12, top: 6, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltip(palette),
      trigger: "item",
      formatter: ({ value }) => tip(picture.series[value[0]].name, [[fills[value[3]].fill, picture.states[value[3]].name, `${wall(value[1], picture)} – ${wall(value[2], picture)}`]]),
    },
    xAxis: timeAxis(picture, palette),
    yAxis: {
      type: "category",
      inverse: true,
      data: picture.series.map((row) => row.name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { show: picture.series.length > 1, color: colour("ink-2"), fontFamily: font, fontSize: 12, width: 96, overflow: "truncate" },
    },
    series: [{ type: "custom", data: blocks, clip: true, encode: { x: [1, 2], y: 0 }, renderItem: (params, api) => block(params, api, picture, fills, font) }],
  };
}

function tints(picture, colour) {
  const found = {};
  let calm = 0;
  for (const [value, state] of Object.entries(picture.states)) {
    if (state.health === "failed") found[value] = { fill: colour("failed"), ink: colour("surface") };
    else if (state.health === "attention") found[value] = { fill: colour("attention-sign"), ink: colour("theme") === "dark" ? "#000" : "#1d1400" };
    else if (state.health === "unknown") found[value] = { fill: colour("sunken"), ink: colour("ink-3") };
    else {
      const tint = CALM[calm++ % CALM.length];
      found[value] = { fill: colour(tint), ink: tint === "heat-4" || tint === "heat-5" ? colour("surface") : colour("ink") };
    }
  }
  return found;
}

function block(params, api, picture, fills, font) {
  const [from, top] = api.coord([api.value(1), api.value(0)]);
  const [to] = api.coord([api.value(2), api.value(0)]);
  const height = Math.min(24, api.size([0, 1])[1] * 0.72);
  const left = Math.max(from, params.coordSys.x);
  const right = Math.min(to, params.coordSys.x + params.coordSys.width);
  if (right <= left) return undefined;
  const state = api.value(3);
  const name = picture.states[state].name;
  const fits = right - left > name.length * (/[\u4e00-\u9fff]/.test(name) ? 13 : 7) + 10;
  return {
    type: "rect",
    shape: { x: left, y: top - height / 2, width: Math.max(right - left, 1), height },
    style: { fill: fills[state].fill },
    textConfig: { position: "inside" },
    textContent: fits ? { style: { text: name, fill: fills[state].ink, font: `12px ${font}` } } : undefined,
  };
}
