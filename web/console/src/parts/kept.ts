// What is under way is kept for the tab, so that neither a reload nor a look at another page loses it.
import { useCallback, useState } from "react";

const place = (name: string) => "hotline.kept." + name;

export function kept<T>(name: string): T | undefined {
  const text = sessionStorage.getItem(place(name));
  return text === null ? undefined : (JSON.parse(text) as T);
}

export function keep(name: string, value: unknown): void {
  if (value === undefined) sessionStorage.removeItem(place(name));
  else sessionStorage.setItem(place(name), JSON.stringify(value));
}

// forgetAll is for who leaves: the next one at this machine is somebody else.
export function forgetAll(): void {
  for (const name of Object.keys(sessionStorage)) if (/^hotline\.(kept|draft)\./.test(name)) sessionStorage.removeItem(name);
}

// useKept is state that is kept.
export function useKept<T>(name: string, start: T): [value: T, change: (f: (was: T) => T) => void] {
  const [value, setValue] = useState(() => kept<T>(name) ?? start);
  const change = useCallback(
    (f: (was: T) => T) =>
      setValue((was) => {
        const next = f(was);
        keep(name, next);
        return next;
      }),
    [name],
  );
  return [value, change];
}
