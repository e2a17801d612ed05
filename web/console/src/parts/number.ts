// mask hides the middle of a number: 138****5678, 010****5678. Short numbers and what is no number stay.
export function mask(number: string): string {
  const m = /^(\+?\d{3,})(\d{4})$/.exec(number);
  if (!m || number.length < 7) return number;
  const head = m[1] as string;
  return head.slice(0, Math.max(3, head.length - 4)) + "****" + m[2];
}

export const masked = (number: string): boolean => number.includes("*");
