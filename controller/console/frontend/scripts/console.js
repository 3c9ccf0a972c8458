// The console's browser side: live parts, search, place switcher, pictures. Every page works without it.
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { startSearch } from "./search.js";
import { startLive } from "./live.js";
import { startCharts } from "./charts.js";
import { startForms } from "./forms.js";
import { startCopying } from "./copy.js";
import { startPrinting } from "./print.js";
import { startApp } from "./app.js";

// Strict content security policy: no inline styles, no code from strings.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.historyCacheSize = 0;
// What a person opened or ticked stays so when the page renews itself.
const KEPT = {
  beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
  beforeNodeMorphed: (node) => !(node.nodeType === Node.ELEMENT_NODE && node.matches("[data-tick]")),
};
htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const content = fragment.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? fragment.firstElementChild : fragment;
    return Idiomorph.morph(target, content, { morphStyle: "outerHTML", callbacks: KEPT });
  },
});

startSearch();
startForms();
startCopying();
startPrinting();
startLive(htmx);
startCharts();
startApp(htmx);
const camera = document.querySelector("[data-camera]");
if (camera) import("./scan.js").then(({ startScan }) => startScan(camera));
if (document.querySelector("[data-push]")) import("./push.js").then(({ startPush }) => startPush());
else if (window.Notification?.permission === "granted") import("./push.js").then(({ renewPush }) => renewPush().catch(() => {}));
