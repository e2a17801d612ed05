// The colour of the page that embeds the widget, made readable.

type RGB = [number, number, number];

/** Reads "#rgb" or "#rrggbb". */
export function parse(text: string): RGB | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  if (short) text = "#" + short[1] + short[1] + short[2] + short[2] + short[3] + short[3];
  const m = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  return m ? [parseInt(m[1], 16), parseInt(m[2], 16), parseInt(m[3], 16)] : null;
}

/** WCAG 2.1 contrast of a colour with white, 1…21. */
export function contrastWithWhite(c: RGB): number {
  const [r, g, b] = c.map((v) => {
    const s = v / 255;
    return s <= 0.03928 ? s / 12.92 : Math.pow((s + 0.055) / 1.055, 2.4);
  });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}

/** Darkens a colour until white text on it reaches the contrast. Anything unreadable gives the fallback. */
export function readable(text: string, contrast: number, fallback: string): string {
  let c = parse(text) || (parse(fallback) as RGB);
  while (contrastWithWhite(c) < contrast) c = c.map((v) => Math.floor(v * 0.94)) as RGB;
  return "#" + c.map((v) => ("0" + v.toString(16)).slice(-2)).join("");
}
