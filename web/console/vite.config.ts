import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

// licences writes the licences of all packages that went into the build to licences.txt.
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const texts = new Map<string, string>();
      for (const id of this.getModuleIds()) {
        const at = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/^\0/, "").split("?")[0] ?? "")?.[1];
        if (!at || texts.has(at)) continue;
        const { name, version, license } = JSON.parse(readFileSync(join(at, "package.json"), "utf8")) as Record<string, string>;
        const files = readdirSync(at, { withFileTypes: true }).filter((file) => file.isFile() && /^(licen[cs]e|notice)/i.test(file.name));
        texts.set(at, [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(at, file.name), "utf8").trim())].join("\n\n"));
      }
      this.emitFile({ type: "asset", fileName: "licences.txt", source: [...texts.values()].sort().join("\n\n" + "-".repeat(78) + "\n\n") + "\n" });
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [licences()],
  build: {
    // Browsers of domestic systems lag behind.
    target: "chrome86",
    cssTarget: "chrome86",
    // The content security policy lets nothing inline in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      onLog: (level, log, handle) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") handle(level, log);
      },
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\// },
            { name: "echarts", test: /node_modules\/(echarts|zrender)\// },
          ],
        },
      },
    },
  },
  server: { fs: { allow: [".."] }, proxy: { "/api": { target: process.env.HOTLINE_URL ?? "http://127.0.0.1:8080", ws: true } } },
});
