// States over time: one row for each part, a block for each stretch, its word inside where there is room.
import { timeAxis, tip, tooltip, wall } from "./axes.js";

const CALM = ["heat-1", "heat-2", "heat-3", "heat-4", "heat-5"];

export function stripOption(picture, palette) {
  const { colour, font } = palette;
  const fills = picture.states.map((state) => tint(state, colour));
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
      axisLabel: { color: colour("ink-2"), fontFamily: font, fontSize: 12, width: 132, overflow: "truncate" },
    },
    series: [{ type: "custom", data: blocks, clip: true, encode: { x: [1, 2], y: 0 }, renderItem: (params, api) => block(params, api, picture, fills, font) }],
  };
}

function tint(state, colour) {
  if (state.health === "failed") return { fill: colour("failed"), ink: colour("surface") };
  if (state.health === "attention") return { fill: colour("attention-sign"), ink: "#1d1400" };
  if (state.health === "unknown") return { fill: colour("sunken"), ink: colour("ink-3") };
  const calm = CALM[state.rank % CALM.length];
  return { fill: colour(calm), ink: calm === "heat-4" || calm === "heat-5" ? colour("surface") : colour("ink") };
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
