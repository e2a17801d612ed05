// What the script tag says.

import { parse } from "./colour";

export interface Options {
  /** Base of the REST API, without a slash at the end. */
  api: string;
  /** Where widget.css lies, for browsers that take no constructed style sheet. */
  css: string;
  title: string;
  /** Empty: the locale's own words. */
  launch: string;
  position: "left" | "right";
  colour: string;
  locale: "zh-CN" | "en";
  elder: boolean;
}

export const defaultColour = "#1554a8";

/** Reads the attributes of the script tag. What makes no sense is replaced by the default. */
export function options(get: (name: string) => string | null, src: string, page: string): Options {
  const script = url(src, page) || url(page, page) || "";
  const origin = script.replace(/^(https?:\/\/[^/]+).*$/, "$1");
  const api = url(get("data-api") || "", page) || origin + "/api/v1";
  const locale = (get("data-locale") || "").toLowerCase();
  return {
    api: api.replace(/\/+$/, ""),
    css: script.replace(/[^/]*$/, "widget.css"),
    title: (get("data-title") || "").trim().slice(0, 40),
    launch: (get("data-launch") || "").trim().slice(0, 20),
    position: get("data-position") === "left" ? "left" : "right",
    colour: parse(get("data-colour") || "") ? (get("data-colour") as string) : defaultColour,
    locale: locale.slice(0, 2) === "en" ? "en" : "zh-CN",
    elder: get("data-elder") !== null && get("data-elder") !== "false",
  };
}

function url(text: string, base: string): string {
  if (!text) return "";
  try {
    const u = new URL(text, base);
    return u.protocol === "http:" || u.protocol === "https:" ? u.href.replace(/[?#].*$/, "") : "";
  } catch (e) {
    return "";
  }
}
