// What is under way is kept for the tab, so that neither a reload nor a look at another page loses it.

const place = (name: string) => "hotline.kept." + name;

export function kept<T>(name: string): T | undefined {
  const text = sessionStorage.getItem(place(name));
  return text === null ? undefined : (JSON.parse(text) as T);
}

export function keep(name: string, value: unknown): void {
  if (value === undefined) sessionStorage.removeItem(place(name));
  else sessionStorage.setItem(place(name), JSON.stringify(value));
}
