// The tree of categories: each is known by its code and read by its path.
import type { Category } from "../api/types";

export interface Categories {
  list: Category[];
  find: (id?: string) => Category | undefined;
  path: (id?: string) => string; // a code that is not in the tree stands for itself
}

const depth = 8; // a tree that bites its tail ends here

export function tree(list: Category[]): Categories {
  const byID = new Map(list.map((c) => [c.id, c]));
  const find = (id = "") => byID.get(id);
  const path = (id = "") => {
    const names: string[] = [];
    for (let c = find(id); c && names.length < depth; c = find(c.parent)) names.unshift(c.name);
    return names.join(" / ") || id;
  };
  return { list, find, path };
}

// matches tells whether each word that was typed stands in path or code.
export function matches(typed: string, option: { label: string; value: string }): boolean {
  const text = `${option.label} ${option.value}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
