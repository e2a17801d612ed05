// Hours as they are typed: "08:30-12:00, 14:00-17:30" for each day.
import type { Hours, Span } from "../api/types";

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const dayNames = [...weekdays, "holiday", "make_up"] as const;
export type DayName = (typeof dayNames)[number];
export type HoursText = Partial<Record<DayName, string>>;

const span = /^([01]\d|2[0-3]):([0-5]\d)\s*[-–~～]\s*(([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

// parse reads the ranges of one day, or undefined when they are not written like that.
export function parse(text: string): Span[] | undefined {
  const out: Span[] = [];
  for (const part of text.split(/[,，;；、]/)) {
    const trimmed = part.trim();
    if (!trimmed) continue;
    const m = span.exec(trimmed);
    if (!m) return undefined;
    out.push({ from: `${m[1]}:${m[2]}`, to: m[3] as string });
  }
  return out;
}

export const write = (spans: Span[] = []): string => spans.map((s) => `${s.from}-${s.to}`).join(", ");

export function toText(hours: Hours = {}): HoursText {
  const out: HoursText = { holiday: write(hours.holiday), make_up: write(hours.make_up) };
  for (const day of weekdays) out[day] = write(hours.days?.[day]);
  return out;
}

// toHours keeps the exceptions by date, which are not edited here.
export function toHours(text: HoursText, old: Hours = {}): Hours {
  const days: Record<string, Span[]> = {};
  for (const day of weekdays) {
    const spans = parse(text[day] ?? "") ?? [];
    if (spans.length) days[day] = spans;
  }
  const out: Hours = {};
  if (Object.keys(days).length) out.days = days;
  for (const name of ["holiday", "make_up"] as const) {
    const spans = parse(text[name] ?? "") ?? [];
    if (spans.length) out[name] = spans;
  }
  if (old.dates) out.dates = old.dates;
  return out;
}
