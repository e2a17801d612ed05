// The script tag: <script src="/widget.js" data-hotline data-title="云州 12345" defer></script>

import { el } from "./dom";
import { request } from "./http";
import { Options, options } from "./options";
import { Panel, panel } from "./panel";
import { Session } from "./session";
import { guarded, Store } from "./store";
import { texts } from "./texts";
import css from "./widget.css";

function mount(o: Options): void {
  const tab = guarded(() => window.sessionStorage);
  const device = guarded(() => window.localStorage);
  const t = texts(o.locale);
  let view: Panel | null = null;
  let scheduled = false;
  let elder = remembered(device, o.elder);
  const update = () => {
    scheduled = false;
    if (view) view.update();
  };
  const session = new Session({
    api: o.api,
    texts: t,
    request,
    clock: { set: (f, ms) => window.setTimeout(f, ms), clear: (id) => window.clearTimeout(id), random: Math.random },
    source: "EventSource" in window ? (url) => new EventSource(url) : undefined,
    store: tab,
    uuid,
    elder: () => elder,
    changed: () => {
      if (!scheduled) Promise.resolve().then(update);
      scheduled = true;
    },
  });
  view = panel({
    options: o,
    texts: t,
    session,
    elder: () => elder,
    setElder: (on) => {
      if (on !== elder) device.set("hotline:elder", on ? "1" : "0");
      elder = on;
    },
    toggled: (open) => tab.set("hotline:open", open ? "1" : null),
  });
  attach(view.node, o.css);
  watch(session, view);
  session.resume();
  if (tab.get("hotline:open")) view.open();
}

function remembered(device: Store, otherwise: boolean): boolean {
  const stored = device.get("hotline:elder");
  return stored === null ? otherwise : stored === "1";
}

// A style element would need 'unsafe-inline' in the page's policy; a constructed sheet and a linked file do not.
function attach(node: HTMLElement, href: string): void {
  const host = el("div", { "data-hotline-root": true });
  const root = host.attachShadow ? host.attachShadow({ mode: "open" }) : null;
  if (root && "adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } else {
    linked(node, href, root || document.head);
  }
  (root || host).appendChild(node);
  document.body.appendChild(host);
}

// Nothing is shown before its styles are there, or can be told not to come.
function linked(node: HTMLElement, href: string, parent: Node): void {
  node.hidden = true;
  const ready = () => (node.hidden = false);
  parent.appendChild(el("link", { rel: "stylesheet", href, onload: ready, onerror: ready }));
}

function watch(session: Session, view: Panel): void {
  window.addEventListener("online", () => session.awake());
  window.addEventListener("offline", () => session.lost());
  window.addEventListener("pageshow", (e) => e.persisted && session.awake());
  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (Date.now() - hiddenAt > 20000) session.awake();
  });
  // Anything on the page may open the chat.
  document.addEventListener("click", (e) => {
    const target = e.target as Element;
    const opener = target.closest && target.closest("[data-hotline-open]");
    if (!opener) return;
    e.preventDefault();
    view.open();
  });
}

/** A random UUID, version 4. */
function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.prototype.map.call(b, (v: number) => ("0" + v.toString(16)).slice(-2)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function start(): void {
  const tag = (document.currentScript || document.querySelector("script[data-hotline]")) as HTMLScriptElement | null;
  if (!tag) return;
  const o = options((name) => tag.getAttribute(name), tag.src, location.href);
  const ready = () => document.querySelector("[data-hotline-root]") || mount(o);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
}

start();
