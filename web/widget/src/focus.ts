// Focus inside the open panel.

const reachable = "a[href],button,textarea,input,[tabindex]";

/** Keeps Tab within a panel and makes Esc leave it. */
export function trap(panel: HTMLElement, leave: () => void): void {
  panel.addEventListener("keydown", (e) => {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === "Escape" || e.key === "Esc") {
      e.stopPropagation();
      return leave();
    }
    if (e.key !== "Tab") return;
    const all = stops(panel);
    const edge = e.shiftKey ? all[0] : all[all.length - 1];
    if (active(panel) !== edge && all.indexOf(active(panel) as HTMLElement) >= 0) return;
    e.preventDefault();
    all[e.shiftKey ? all.length - 1 : 0].focus();
  });
}

/** What Tab stops at, in order. Of a group of radio buttons that is one. */
function stops(panel: HTMLElement): HTMLElement[] {
  const all = Array.prototype.slice.call(panel.querySelectorAll(reachable)) as HTMLElement[];
  const radios = all.filter((n) => (n as HTMLInputElement).type === "radio" && visible(n));
  const radio = radios.filter((n) => (n as HTMLInputElement).checked)[0] || radios[0];
  return all.filter((n) => n.tabIndex >= 0 && !(n as HTMLButtonElement).disabled && visible(n) && (n === radio || radios.indexOf(n) < 0));
}

const visible = (n: HTMLElement) => n.getClientRects().length > 0;

/** The element with the focus, also inside a shadow tree. */
export function active(node: Node): Element | null {
  const root = node.getRootNode ? (node.getRootNode() as Document | ShadowRoot) : document;
  return root.activeElement || document.activeElement;
}
