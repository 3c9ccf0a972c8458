// Bundles the console's scripts, styles and signs into ../static/dist with hashed names, and writes manifest.json,
// which the controller reads to know them; then the service worker, which keeps them on a phone, and what makes the console
// an app there. `--watch` rebuilds on change.
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { Resvg, initWasm } from "@resvg/resvg-wasm";
import * as esbuild from "esbuild";

const OUT = "../static/dist";
const BUDGET_BYTES = 600_000; // all scripts, styles and signs together, gzip
const TARGET = ["chrome87", "firefox86", "safari15"];
const SWAGGER = ["swagger-ui.css", "swagger-ui-bundle.js"];

const hash = (content) => createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();

/** One sprite of every signs/*.svg: the file's name is the symbol's id. */
async function sprite() {
  const symbols = [];
  for (const name of (await readdir("signs")).sort()) {
    const drawing = await readFile(join("signs", name), "utf8");
    const inner = drawing.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").trim();
    symbols.push(`<symbol id="${basename(name, ".svg")}" viewBox="0 0 24 24">${inner}</symbol>`);
  }
  const content = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`;
  const name = `signs-${hash(content)}.svg`;
  await writeFile(join(OUT, name), content);
  return name;
}

/** The API page's parts, kept apart: no console page loads them. */
async function swagger() {
  await mkdir(join(OUT, "swagger"), { recursive: true });
  for (const name of SWAGGER) await cp(`node_modules/swagger-ui-dist/${name}`, join(OUT, "swagger", name));
  await cp("scripts/api_docs.js", join(OUT, "swagger", "start.js"));
}

/** The app's icons from the drawing of the tab: 512 px with a margin to be cut round, and a badge in one colour. */
async function icons() {
  await initWasm(await readFile("node_modules/@resvg/resvg-wasm/index_bg.wasm")).catch(() => {}); // once in a watch
  const tab = await readFile("../static/icon.svg", "utf8");
  const inner = tab.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  const [ground, ...drawing] = inner.match(/<rect[^>]*>|<g[\s\S]*<\/g>/g);
  const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${content}</svg>`;
  const square = ground.replace(/ rx="\d+"/, "");
  const small = `<g transform="translate(5 5) scale(.6875)">${drawing.join("")}</g>`;
  const pictures = { "icon-192": [tab, 192], "icon-512": [tab, 512], "icon-maskable": [svg(square + small), 512], "icon-apple": [svg(square + small), 180], "badge-96": [svg(drawing.join("")), 96] };
  for (const [name, [content, width]] of Object.entries(pictures)) {
    await writeFile(join(OUT, `${name}.png`), new Resvg(content, { fitTo: { mode: "width", value: width } }).render().asPng());
  }
}

/** What a phone shows of the app before it runs: one file for each language. */
async function webManifests() {
  const words = JSON.parse(await readFile("app.json", "utf8"));
  const icon = (name, size, purpose) => ({ src: `/static/dist/${name}.png`, sizes: `${size}x${size}`, type: "image/png", purpose });
  for (const [lang, { shortcuts, ...names }] of Object.entries(words)) {
    const app = {
      ...names,
      lang,
      id: "/mine",
      start_url: "/mine",
      scope: "/",
      display: "standalone",
      background_color: "#f4f6f8",
      theme_color: "#1c5d99",
      icons: [icon("icon-192", 192, "any"), icon("icon-512", 512, "any"), icon("icon-maskable", 512, "maskable")],
      shortcuts: Object.entries(shortcuts).map(([url, name]) => ({ name, url })),
    };
    await writeFile(join(OUT, `app-${lang}.webmanifest`), JSON.stringify(app, null, 2) + "\n");
  }
}

/** The service worker, in one file: it keeps the shell, all but the code of pictures and of the camera, which many never need. */
async function worker(outputs, manifest) {
  const large = /^(draw|scan|decode)-/;
  const built = new Set([...Object.values(manifest), ...Object.keys(outputs).filter((path) => path.endsWith(".js")).map((path) => basename(path))]);
  const needed = [...built].filter((name) => !large.test(name));
  const shell = [...needed.map((name) => `/static/dist/${name}`), "/static/icon.svg", "/static/plain.css", "/static/offline.html"];
  const version = hash(JSON.stringify(shell) + (await readFile("../static/offline.html")));
  await esbuild.build({
    entryPoints: ["scripts/worker.js"],
    outfile: join(OUT, "worker.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: TARGET,
    define: { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(version) },
    logLevel: "warning",
  });
}

const record = {
  name: "record",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length) return;
      const manifest = { "signs.svg": await sprite() };
      for (const [path, output] of Object.entries(result.metafile.outputs)) {
        if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(path);
      }
      await worker(result.metafile.outputs, manifest);
      await icons();
      await webManifests();
      await swagger();
      await writeFile(join(OUT, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
      await weigh();
    });
  },
};

async function weigh() {
  let total = 0;
  for (const name of await readdir(OUT)) {
    if (/\.(js|css|svg)$/.test(name)) total += gzipSync(await readFile(join(OUT, name))).length;
  }
  console.log(`front end: ${Math.round(total / 1000)} kB compressed of ${BUDGET_BYTES / 1000} kB allowed`);
  if (total > BUDGET_BYTES) throw new Error("the bundle is over its budget");
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const options = {
  entryPoints: ["scripts/console.js", "styles/console.css", "scripts/theme.js"],
  outdir: OUT,
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  metafile: true,
  target: TARGET,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  legalComments: "linked",
  logLevel: "warning",
  plugins: [record],
};
if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
