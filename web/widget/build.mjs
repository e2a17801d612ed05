// Builds widget.js and widget.css: node build.mjs [folder]. The folder is ../dist unless given.
import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../dist");
const css = ["chrome64", "safari12"];

async function styles(file) {
  const result = await build({ entryPoints: [file], target: css, minify: true, charset: "utf8", write: false, outfile: "widget.css" });
  return result.outputFiles[0].text.trim();
}

const cssAsText = {
  name: "css as text",
  setup: (b) => b.onLoad({ filter: /\.css$/ }, async (args) => ({ contents: await styles(args.path), loader: "text" })),
};

await build({
  absWorkingDir: here,
  entryPoints: ["src/main.ts"],
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: "es2017",
  legalComments: "none",
  plugins: [cssAsText],
  outfile: join(out, "widget.js"),
});
await build({ absWorkingDir: here, entryPoints: ["src/widget.css"], target: css, minify: true, charset: "utf8", outfile: join(out, "widget.css") });
