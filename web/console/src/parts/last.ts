// last is the last item of a list. Array.at is not there in Chromium 86.
export const last = <T,>(list: readonly T[]): T | undefined => list[list.length - 1];
