import type { ThemeConfig } from "antd";

// Colours of text have at least 4.5:1 against their ground (WCAG 2.1 AA), which some of antd's own have not.
export const colours = {
  primary: "#0b57b0",
  ground: "#f3f5f8",
  text: "#1b2430",
  quiet: "#56616f",
  good: "#1f7a3d",
  warn: "#9a5200",
  bad: "#c01f2e",
};

export const theme: ThemeConfig = {
  token: {
    colorPrimary: colours.primary,
    colorLink: colours.primary,
    colorInfo: colours.primary,
    colorSuccess: colours.good,
    colorWarning: colours.warn,
    colorError: colours.bad,
    colorText: colours.text,
    colorTextSecondary: "#414c5a",
    colorTextTertiary: colours.quiet,
    colorTextDescription: colours.quiet,
    colorTextPlaceholder: "#667180",
    colorBgLayout: colours.ground,
    borderRadius: 6,
    fontSize: 14,
    fontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", system-ui, sans-serif',
    // antd waits for the end of what moves, so it has to know when style.css lets nothing move.
    motion: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    motionDurationMid: "0.12s",
    motionDurationSlow: "0.16s",
    controlOutlineWidth: 3,
  },
  components: {
    Table: { cellPaddingBlock: 9, cellPaddingInline: 12, headerBg: "#f7f9fb", headerColor: "#414c5a" },
    Card: { headerFontSize: 14, headerHeight: 42, bodyPadding: 14 },
    Form: { itemMarginBottom: 16 },
  },
};
