// The calendar as days: what each is, and the calendar that follows when one is switched.
import type { Calendar, CalendarYear } from "../api/types";
import { last } from "../parts/last";

const dayLength = 24 * 60 * 60 * 1000;
const utc = (day: string) => Date.parse(day + "T00:00:00Z");
const write = (ms: number) => new Date(ms).toISOString().slice(0, 10);

// restDays lists every day of the spans, in order.
export function restDays(year: CalendarYear): string[] {
  const out = new Set<string>();
  for (const span of year.rest) for (let at = utc(span.from); at <= utc(span.to); at += dayLength) out.add(write(at));
  return [...out].sort();
}

// spans joins days that follow each other.
export function spans(days: string[]): { from: string; to: string }[] {
  const out: { from: string; to: string }[] = [];
  for (const day of [...days].sort()) {
    const before = last(out);
    if (before && utc(day) - utc(before.to) === dayLength) before.to = day;
    else out.push({ from: day, to: day });
  }
  return out;
}

export const weekend = (day: string): boolean => [0, 6].includes(new Date(utc(day)).getUTCDay());

// switched gives a weekday the turn ordinary → rest → ordinary, and a day of the weekend ordinary → rest → worked → ordinary.
export function switched(calendar: Calendar, day: string): Calendar {
  const number = Number(day.slice(0, 4));
  const year = calendar.years?.find((y) => y.year === number) ?? { year: number, rest: [], work: [] };
  const rest = new Set(restDays(year));
  const work = new Set(year.work);
  if (rest.has(day)) {
    rest.delete(day);
    if (weekend(day)) work.add(day);
  } else if (work.has(day)) work.delete(day);
  else rest.add(day);
  const next = { year: number, rest: spans([...rest]), work: [...work].sort() };
  return { ...calendar, years: [...(calendar.years ?? []).filter((y) => y.year !== number), next].sort((a, b) => a.year - b.year) };
}

// months gives the days of a year by month, each month led by as many blanks as its first day is after Monday.
export function months(year: number): (string | undefined)[][] {
  return Array.from({ length: 12 }, (_, month) => {
    const first = new Date(Date.UTC(year, month, 1));
    const count = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const blanks = Array.from<undefined>({ length: (first.getUTCDay() + 6) % 7 });
    return [...blanks, ...Array.from({ length: count }, (_, i) => write(Date.UTC(year, month, i + 1)))];
  });
}
