// Builds what the pages load into parc/static/build/: one style sheet, one script, one sprite of
// icons, with hashes in their names, and a manifest that parc/web/bundles.py reads; beside them the
// fonts of printed documents, which no page loads.
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "assets");
const target = join(root, "parc", "static", "build");
const bundled = ["dejavu-fonts-ttf", "htmx.org", "lucide-static"];
const fonts = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"];

const manifest = {};

async function write(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.\w+)$/, `-${hash}$1`);
  await writeFile(join(target, hashed), content);
  manifest[name] = hashed;
}

async function bundle(entry, name) {
  const result = await build({
    entryPoints: [join(source, entry)],
    bundle: true,
    minify: true,
    write: false,
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    legalComments: "none", // the licences stand beside the bundles
  });
  await write(name, Buffer.from(result.outputFiles[0].contents));
}

async function sprite() {
  const names = (await readFile(join(source, "icons", "used.txt"), "utf8")).trim().split(/\s+/);
  const symbols = [];
  for (const name of names) {
    const svg = await readFile(join(root, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    symbols.push(
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
        `stroke-width="2" stroke-linecap="round" stroke-linejoin="round">` +
        `${body.replace(/\s*\n\s*/g, "")}</symbol>`,
    );
  }
  await write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
  await write("mark.svg", await readFile(join(source, "icons", "mark.svg"), "utf8"));
}

async function printedFonts() {
  const folder = join(target, "fonts");
  await mkdir(folder, { recursive: true });
  for (const name of fonts) {
    await cp(join(root, "node_modules/dejavu-fonts-ttf/ttf", name), join(folder, name));
  }
}

async function licences() {
  const folder = join(target, "licences");
  await mkdir(folder, { recursive: true });
  for (const name of bundled) {
    const from = join(root, "node_modules", name);
    const file = (await readdir(from)).find((entry) => /^licen[cs]e/i.test(entry));
    await cp(join(from, file), join(folder, `${name}.txt`));
  }
}

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await bundle("css/app.css", "app.css");
await bundle("js/app.js", "app.js");
await sprite();
await printedFonts();
await licences();
await writeFile(join(target, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
console.log(Object.values(manifest).join("\n"));
