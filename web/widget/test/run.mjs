// Bundles the tests and runs them: node test/run.mjs unit|browser [name]
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeTest } from "../../nodetest.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [kind = "unit", only = ""] = process.argv.slice(2);
const built = join(here, ".built", kind);
const names = readdirSync(join(here, kind)).filter((f) => f.endsWith(".test.ts") && f.includes(only));

rmSync(built, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: names.map((f) => join(here, kind, f)),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  outdir: built,
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
});
const files = names.map((f) => join(built, f.replace(/\.ts$/, ".mjs")));
// A file counts as a test, and calls take their time.
process.exit(await nodeTest(files, { concurrency: 3, perTest: 180_000 }));
