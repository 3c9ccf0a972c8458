// Bundles the console's scripts, styles and signs into ../static/dist with hashed names, and writes manifest.json,
// which the controller reads to know them. `--watch` rebuilds on change.
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const OUT = "../static/dist";
const BUDGET_BYTES = 600_000; // all scripts, styles and signs together, gzip
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

const record = {
  name: "record",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length) return;
      const manifest = { "signs.svg": await sprite() };
      for (const [path, output] of Object.entries(result.metafile.outputs)) {
        if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(path);
      }
      await writeFile(join(OUT, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
      await swagger();
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
  target: ["chrome87", "firefox86", "safari15"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  legalComments: "linked",
  logLevel: "warning",
  plugins: [record],
};
if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
