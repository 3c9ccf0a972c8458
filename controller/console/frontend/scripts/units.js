// Numbers on axes and in tips, as controller/console/format.py writes them in the page.
const PREFIXES = ["", "k", "M", "G", "T", "P"];

export function plain(value) {
  const magnitude = Math.abs(value);
  const digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** `value` with `unit` as the server named it: {scale: "decimal" | "bytes" | "seconds" | "", name, words}. */
export function quantity(value, unit) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (unit.scale === "decimal") return scaled(value, 1000, (step) => PREFIXES[step] + unit.name);
  if (unit.scale === "bytes") return scaled(value, 1024, (step) => ["B", "KiB", "MiB", "GiB", "TiB"][step]);
  if (unit.scale === "seconds") return seconds(value, unit.words);
  return unit.name ? `${plain(value)}\u00a0${unit.name}` : plain(value);
}

function scaled(value, base, name) {
  let step = 0;
  while (Math.abs(value) >= base * 0.9995 && step < 4) {
    value /= base;
    step += 1;
  }
  return `${plain(value)}\u00a0${name(step)}`;
}

function seconds(value, words) {
  for (const [length, name] of words) {
    if (Math.abs(value) >= length) return `${plain(value / length)}\u00a0${name}`;
  }
  return `${plain(value)}\u00a0${words[words.length - 1][1]}`;
}

/** The same on an axis: a long unit stands once in the picture's head, not on every line. */
export function onAxis(value, unit) {
  return unit.scale || unit.name.length <= 2 ? quantity(value, unit) : plain(value);
}
