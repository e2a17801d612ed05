// Times and lengths of time as people read them.

const pad = (n: number) => String(n).padStart(2, "0");

// clock writes a length of time: 4:05, or 1:02:03 from an hour on.
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(s / 3600);
  const rest = `${h ? pad(Math.floor(s / 60) % 60) : Math.floor(s / 60)}:${pad(s % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

// moment writes day and time in the zone of the machine; the year is there when it is not this one.
export function moment(at: string, now = new Date()): string {
  const d = new Date(at);
  const day = d.toDateString() === now.toDateString() ? "" : `${d.getFullYear() === now.getFullYear() ? "" : d.getFullYear() + "-"}${pad(d.getMonth() + 1)}-${pad(d.getDate())} `;
  return day + `${pad(d.getHours())}:${pad(d.getMinutes())}`;
}

export function second(at: string): string {
  const d = new Date(at);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

export const day = (d: Date): string => `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
