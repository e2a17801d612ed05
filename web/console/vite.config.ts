import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
  build: {
    // Browsers of domestic systems lag behind.
    target: "chrome86",
    cssTarget: "chrome86",
    // The content security policy lets nothing inline in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
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
  server: { proxy: { "/api": { target: process.env.HOTLINE_URL ?? "http://127.0.0.1:8080", ws: true } } },
});
