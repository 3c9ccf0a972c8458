// Lines with a band from lowest to highest; in and out mirrored about zero; limits dashed; gaps left open.
import { timeAxis, tip, tooltip, wall } from "./axes.js";
import { onAxis, quantity } from "./units.js";

/** The colour of a line: in and out everywhere the same two, others by their place. */
export const tintOf = (series, place) => series.role || `s${(place % 6) + 1}`;

export function linesOption(picture, palette) {
  const { colour, font } = palette;
  const mirrored = picture.kind === "mirrored";
  const tints = picture.series.map((series, place) => colour(tintOf(series, place)));
  const sign = (series) => (mirrored && series.role === "out" ? -1 : 1);
  const series = picture.series.flatMap((entry, place) => {
    const line = meanLine(entry, tints[place], sign(entry), mirrored);
    if (place === 0) line.markLine = limits(picture, palette, mirrored);
    return entry.banded ? [band(entry, tints[place], sign(entry)), edge(entry, 2, sign(entry)), edge(entry, 3, sign(entry)), line] : [line];
  });
  // Where the axis fits itself to the data, the levels that would raise an alert belong to the picture too.
  if (picture.floor === null && !mirrored) series.push(...picture.limits.map((limit) => reach(picture, limit.value)));
  return {
    animation: false,
    useUTC: true,
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: colour("ink-3"), type: "solid", width: 1 } },
      formatter: (hits) => readout(hits, picture, tints),
    },
    xAxis: timeAxis(picture, palette),
    yAxis: {
      type: "value",
      min: picture.floor ?? undefined,
      max: picture.ceiling ?? undefined,
      scale: picture.floor === null,
      splitNumber: 4,
      interval: picture.ceiling === 100 ? 25 : undefined,
      axisLabel: { color: colour("ink-3"), fontFamily: font, fontSize: 12, formatter: (value) => onAxis(mirrored ? Math.abs(value) : value, picture.unit) },
      splitLine: { lineStyle: { color: colour("line") } },
    },
    series,
  };
}

function meanLine(entry, tint, sign, filled) {
  return {
    type: "line",
    name: entry.name,
    data: entry.points.map((point, place) => spot(entry.points, place, sign)),
    showSymbol: true,
    symbol: "none",
    connectNulls: false,
    lineStyle: { color: tint, width: 1.6 },
    itemStyle: { color: tint },
    areaStyle: filled && !entry.banded ? { color: tint, opacity: 0.14 } : undefined,
    emphasis: { disabled: true },
    z: 3,
  };
}

/** A point of a line; one that stands alone between gaps is drawn as a dot, it would not be seen otherwise. */
function spot(points, place, sign) {
  const [at, mean] = points[place];
  const value = [at, mean === null ? null : mean * sign];
  const open = (other) => other === undefined || other[1] === null;
  const alone = mean !== null && open(points[place - 1]) && open(points[place + 1]);
  return alone ? { value, symbol: "circle", symbolSize: 3 } : value;
}

/** An unseen line along an edge of the band, so that the axis reaches it. */
function edge(entry, column, sign) {
  return {
    type: "line",
    data: entry.points.map((point) => [point[0], point[column] === null ? null : point[column] * sign]),
    symbol: "none",
    lineStyle: { opacity: 0 },
    silent: true,
    tooltip: { show: false },
  };
}

/** An unseen point that the axis has to reach. */
function reach(picture, value) {
  return { type: "line", data: [[picture.start, value]], symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } };
}

function band(entry, tint, sign) {
  const runs = [[]];
  for (const point of entry.points) {
    if (point[1] === null) runs.push([]);
    else runs[runs.length - 1].push(point);
  }
  const filled = runs.filter((run) => run.length > 1);
  return {
    type: "custom",
    data: filled.map((run) => [run[0][0], run[0][1] * sign]),
    silent: true,
    tooltip: { show: false },
    clip: true,
    z: 1,
    renderItem: (params, api) => {
      const run = filled[params.dataIndex];
      const upper = run.map((point) => api.coord([point[0], point[3] * sign]));
      const lower = run.map((point) => api.coord([point[0], point[2] * sign])).reverse();
      return { type: "polygon", shape: { points: [...upper, ...lower] }, style: { fill: tint, opacity: 0.2 } };
    },
  };
}

function limits(picture, { colour, font }, mirrored) {
  const at = (limit, sign) => ({ yAxis: limit.value * sign, name: limit.name });
  const lines = picture.limits.flatMap((limit) => (mirrored ? [at(limit, 1), at(limit, -1)] : [at(limit, 1)]));
  if (!lines.length) return undefined;
  return {
    silent: true,
    symbol: "none",
    animation: false,
    lineStyle: { color: colour("failed"), type: "dashed", width: 1 },
    label: { position: "insideStartTop", color: colour("failed"), fontFamily: font, fontSize: 12, formatter: "{b}" },
    data: lines,
  };
}

function readout(hits, picture, tints) {
  const at = hits[0]?.value[0];
  const rows = [];
  picture.series.forEach((entry, place) => {
    const point = entry.points.find((candidate) => candidate[0] === at) ?? nearest(entry.points, at);
    if (!point || point[1] === null) return;
    const range = entry.banded && point[3] > point[2] ? ` (${quantity(point[2], picture.unit)} – ${quantity(point[3], picture.unit)})` : "";
    rows.push([tints[place], entry.name, quantity(point[1], picture.unit) + range]);
  });
  return rows.length ? tip(wall(at, picture), rows) : "";
}

function nearest(points, at) {
  const close = points.filter((point) => point[1] !== null && Math.abs(point[0] - at) < 90_000);
  return close.sort((one, other) => Math.abs(one[0] - at) - Math.abs(other[0] - at))[0];
}
