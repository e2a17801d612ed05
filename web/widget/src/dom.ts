// Elements by hand. Text only ever goes in as text nodes, so nothing a message holds becomes markup.

type Child = Node | string | null | false;
type Props = { [name: string]: string | boolean | ((e: any) => void) | undefined };

/** Makes an element: "on…" properties are listeners, true is an empty attribute, false and undefined are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const name of Object.keys(props)) {
    const value = props[name];
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (typeof value === "string") node.setAttribute(name, value);
  }
  for (const child of children) {
    if (child) node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
  return node;
}

const svg = "http://www.w3.org/2000/svg";

/** An icon of 24 × 24 drawn with one stroked path. It says nothing to a screen reader. */
export function icon(path: string): SVGElement {
  const node = document.createElementNS(svg, "svg");
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("class", "hl-icon");
  node.setAttribute("aria-hidden", "true");
  node.setAttribute("focusable", "false");
  const line = document.createElementNS(svg, "path");
  line.setAttribute("d", path);
  node.appendChild(line);
  return node;
}

export const icons = {
  chat: "M4 5h16v11H11l-5 4v-4H4zM8 9h8M8 12h5",
  close: "M6 6l12 12M18 6L6 18",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8l-8.3 8.3a1.8 1.8 0 0 1-2.5-2.5L14.5 7",
  send: "M4 12l16-8-6 16-3-7z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  phone: "M6 3h3l2 5-2.5 1.5a12 12 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  down: "M12 5v14M6 13l6 6 6-6",
};

export function show(node: HTMLElement, visible: boolean): void {
  if (node.hidden === visible) node.hidden = !visible;
}

export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export interface Item {
  key: string;
  /** What the element was made from; another version makes another element. */
  version: string;
  build: () => HTMLElement;
}

/** A container whose children follow a list. Elements of items that did not change are left alone. */
export function list(parent: HTMLElement): (items: Item[]) => boolean {
  let kept: { [key: string]: { version: string; node: HTMLElement } } = {};
  return (items) => {
    const next: typeof kept = {};
    let at = parent.firstChild;
    let changed = false;
    for (const item of items) {
      const old = kept[item.key];
      const entry = old && old.version === item.version ? old : { version: item.version, node: item.build() };
      next[item.key] = entry;
      if (entry.node === at) {
        at = at.nextSibling;
      } else {
        parent.insertBefore(entry.node, at);
        changed = true;
      }
    }
    while (at) {
      const gone: ChildNode = at;
      at = at.nextSibling;
      parent.removeChild(gone);
      changed = true;
    }
    kept = next;
    return changed;
  };
}
