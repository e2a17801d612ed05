// What survives a reload of the page.

export interface Store {
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

/** A browser's storage, or memory where it is switched off or full. */
export function guarded(open: () => Storage): Store {
  const memory: { [key: string]: string | null } = {};
  return {
    get(key) {
      if (key in memory) return memory[key];
      try {
        return open().getItem(key);
      } catch (e) {
        return null;
      }
    },
    set(key, value) {
      try {
        if (value === null) open().removeItem(key);
        else open().setItem(key, value);
        delete memory[key];
      } catch (e) {
        memory[key] = value;
      }
    },
  };
}

/** Reads JSON, or null. */
export function read(store: Store, key: string): any {
  try {
    return JSON.parse(store.get(key) || "null");
  } catch (e) {
    return null;
  }
}
