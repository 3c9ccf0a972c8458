// What lines and strips share: the time axis in the district's wall time, the tip.

/** Times arrive shifted to wall time, so that the picture reads them as UTC. */
export function timeAxis(picture, { colour, font }) {
  const chinese = picture.language === "zh-CN";
  return {
    type: "time",
    min: picture.start,
    max: picture.end,
    axisLine: { lineStyle: { color: colour("line-strong") } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      color: colour("ink-3"),
      fontFamily: font,
      fontSize: 12,
      hideOverlap: true,
      formatter: {
        year: "{yyyy}",
        month: chinese ? "{M}月{d}日" : "{d} {MMM}",
        day: chinese ? "{M}月{d}日" : "{d} {MMM}",
        hour: "{HH}:{mm}",
        minute: "{HH}:{mm}",
        second: "{HH}:{mm}:{ss}",
      },
    },
  };
}

export function tooltip({ colour, font }) {
  return {
    confine: true,
    backgroundColor: colour("surface"),
    borderColor: colour("line-strong"),
    padding: [8, 12],
    textStyle: { color: colour("ink"), fontFamily: font, fontSize: 13 },
    transitionDuration: 0,
  };
}

/** Wall time of a point as text. */
export function wall(at, picture) {
  const options = { timeZone: "UTC", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (picture.seconds) options.second = "2-digit";
  return new Intl.DateTimeFormat(picture.language === "zh-CN" ? "zh-CN" : "en-GB", options).format(at);
}

/** The tip as elements: a strict content policy forbids styles in strings. `rows`: [colour, name, value]. */
export function tip(title, rows) {
  const box = document.createElement("div");
  box.className = "tip";
  const head = document.createElement("b");
  head.textContent = title;
  box.append(head);
  for (const [tint, name, value] of rows) {
    const row = document.createElement("div");
    const mark = document.createElement("i");
    mark.style.backgroundColor = tint;
    const label = document.createElement("span");
    label.textContent = name;
    const figure = document.createElement("span");
    figure.textContent = value;
    row.append(mark, label, figure);
    box.append(row);
  }
  return box;
}
