// The panel and its launch button, kept up to date with the session.

import { entries, underway } from "./bubbles";
import { Call, canCall } from "./call";
import { callbar } from "./callbar";
import { composer } from "./composer";
import { readable } from "./colour";
import { el, icon, icons, list, setText, show } from "./dom";
import { active, trap } from "./focus";
import { defaultColour, Options } from "./options";
import { confirmation, rating } from "./rating";
import { Session } from "./session";
import { Texts } from "./texts";
import { fitViewport } from "./viewport";

export interface PanelOptions {
  options: Options;
  texts: Texts;
  session: Session;
  elder: () => boolean;
  setElder: (on: boolean) => void;
  /** Called whenever the panel has opened or closed. */
  toggled: (open: boolean) => void;
}

export interface Panel {
  node: HTMLElement;
  open: () => void;
  close: () => void;
  update: () => void;
}

const nearBottom = 80;
const above = 12;

export function panel(o: PanelOptions): Panel {
  const { texts: t, session } = o;
  let isOpen = false;
  let asking = false;
  let read = 0;
  let before: HTMLElement | null = null;

  const launchText = o.options.launch || t.launch;
  const title = el("h2", { class: "hl-title", id: "hl-title" }, o.options.title || t.title);
  const elder = el("button", { type: "button", class: "hl-head-button hl-elder-button", onclick: () => setElder(!o.elder()) });
  const end = el("button", { type: "button", class: "hl-head-button", "aria-label": t.endLabel, onclick: () => ask(true) }, t.end);
  const call = new Call({ invite: () => session.invite(), base: session.base, clock: session.clock, changed: () => update() });
  const calling = callbar(t, call);
  const caller = el("button", { type: "button", class: "hl-head-button hl-caller", "aria-label": t.call, title: t.call, hidden: !canCall(), onclick: () => call.start() }, icon(icons.phone));
  const closer = el("button", { type: "button", class: "hl-head-button hl-close", "aria-label": t.closeLabel, onclick: () => close() }, icon(icons.close), el("span", {}, t.close));
  const banner = el("div", { class: "hl-banner" });
  const status = el("div", { class: "hl-sr", role: "status" });
  const again = el("button", { type: "button", class: "hl-secondary", onclick: () => session.begin() }, t.retry);
  const log = el("div", { class: "hl-log", role: "log", "aria-live": "polite", "aria-label": t.log });
  const pending = el("div", { class: "hl-underway" });
  const typing = el("div", { class: "hl-typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  const scroll = el("div", { class: "hl-scroll", tabindex: "0", role: "region", "aria-label": t.log }, log, pending, typing);
  const below = el("button", { type: "button", class: "hl-below", "aria-label": t.newBelow, title: t.newBelow, onclick: () => toBottom() }, icon(icons.down));
  const choices = el("div", { class: "hl-choices", role: "group", "aria-label": t.choices });
  const foot = composer({ texts: t, send, agent: () => send(t.agentMessage), attach });
  const over = rating({ texts: t, rate: (s, c) => session.rate(s, c), fresh });
  const confirm = confirmation(t, finish, () => ask(false));
  const drop = el("div", { class: "hl-drop", "aria-hidden": "true" }, t.drop);
  const box = el(
    "div",
    { class: "hl-panel", role: "dialog", "aria-modal": "true", "aria-labelledby": "hl-title", hidden: true },
    el("div", { class: "hl-head" }, title, caller, elder, end, closer),
    calling.node, banner, status, scroll, below, again, choices, confirm, over.node, foot.node, drop,
  );
  const badge = el("span", { class: "hl-badge", "aria-hidden": "true" });
  const launch = el(
    "button",
    { type: "button", class: "hl-launch", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => open() },
    icon(icons.chat), el("span", {}, launchText), badge,
  );
  const node = el("div", { class: "hl", lang: o.options.locale, role: "region", "aria-label": launchText }, launch, box);

  const showLog = list(log);
  const showPending = list(pending);
  const showChoices = list(choices);
  trap(box, close);
  dropzone(box, foot.files);
  scroll.addEventListener("scroll", () => show(below, !atBottom() && !below.hidden));
  const fit = fitViewport(box, () => isOpen && getComputedStyle(box).left === "0px", (was) => was && toBottom(), () => atBottom());
  setElder(o.elder());
  show(below, false);

  function open(): void {
    if (isOpen) return;
    before = active(launch) as HTMLElement | null;
    isOpen = true;
    show(box, true);
    show(launch, false);
    fit();
    launch.setAttribute("aria-expanded", "true");
    session.begin();
    update();
    toBottom();
    foot.focus();
    o.toggled(true);
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    ask(false);
    show(box, false);
    show(launch, true);
    launch.setAttribute("aria-expanded", "false");
    update();
    const back = before && before !== document.body && before.getClientRects().length ? before : launch;
    back.focus();
    o.toggled(false);
  }

  function send(text: string): void {
    session.send(text);
    toBottom();
  }

  function attach(file: File): void {
    session.attach(file);
    toBottom();
  }

  function fresh(): void {
    session.restart();
    foot.focus();
  }

  function ask(on: boolean): void {
    if (asking === on) return;
    asking = on;
    update();
    if (on) (confirm.querySelector("button") as HTMLElement).focus();
    else if (isOpen) foot.focus();
  }

  function finish(): void {
    session.close().then((done) => {
      if (done) ask(false);
      const radio = over.node.querySelector("input");
      if (done && radio) radio.focus();
    });
  }

  function setElder(on: boolean): void {
    o.setElder(on);
    node.className = ["hl", on ? "hl-elder" : "", o.options.position === "left" ? "hl-left" : ""].join(" ").trim();
    node.style.setProperty("--hl-brand", readable(o.options.colour, on ? 7 : 4.5, defaultColour));
    elder.setAttribute("aria-pressed", String(on));
    setText(elder, t.elder);
    toBottom();
  }

  function atBottom(within = nearBottom): boolean {
    return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < within;
  }

  /** Scrolls to the end, but no further than to the top of what is new: a long answer is read from its beginning. */
  function toBottom(fresh: Element | null = null): void {
    const end = scroll.scrollHeight - scroll.clientHeight;
    const top = fresh ? scroll.scrollTop + fresh.getBoundingClientRect().top - scroll.getBoundingClientRect().top - above : end;
    scroll.scrollTop = Math.min(end, top);
    show(below, end - scroll.scrollTop > nearBottom);
  }

  function connection(): string {
    if (session.phase === "refused") return t.refused;
    if (!session.connected) return t.offline;
    return session.phase === "starting" && !session.transcript.entries.length ? t.starting : "";
  }

  function update(): void {
    const ended = session.phase === "ended";
    const had = isOpen ? active(box) : null;
    const follows = atBottom();
    const said = session.transcript.entries.length;
    const lastRow = log.lastElementChild;
    const grew = showLog(entries(t, session, session.transcript.entries));
    showPending(underway(t, session));
    showChoices(quick(session).map((text) => ({ key: text, version: "", build: () => choice(text, send) })));
    show(choices, choices.childNodes.length > 0 && !asking);
    show(typing, session.waiting);
    announce(connection());
    calling.update();
    (caller as HTMLButtonElement).disabled = call.running;
    show(again, session.phase === "refused");
    show(end, session.phase === "open");
    show(confirm, asking && session.phase === "open");
    show(over.node, ended);
    over.update(session.rated, session.id);
    foot.enable(!ended);
    if (follows) toBottom(grew && lastRow ? lastRow.nextElementSibling : null);
    else if (grew) show(below, true);
    if (isOpen) read = said;
    count(read > 0 ? said - read : 0);
    keepFocus(had);
  }

  function count(unread: number): void {
    setText(badge, unread ? String(Math.min(unread, 99)) : "");
    launch.setAttribute("aria-label", launchText + (unread ? " " + t.unread(unread) : ""));
  }

  // What had the focus may be gone. The log takes it rather than the input, which would raise a touch keyboard.
  function keepFocus(had: Element | null): void {
    const gone = had && had !== document.body && !had.getClientRects().length;
    if (isOpen && gone) scroll.focus();
  }

  function announce(text: string): void {
    const was = banner.textContent;
    if (was === text) return;
    setText(banner, text);
    setText(status, text || (was === t.offline ? t.online : ""));
  }

  return { node, open, close, update };
}

/** The answers that the last prompt offers, until something has been answered. */
function quick(session: Session): string[] {
  if (session.phase !== "open" || session.pending().length) return [];
  const last = session.transcript.last(session.id, (e) => e.kind === "said" || e.kind === "heard");
  const offered = last && last.kind === "said" && Array.isArray(last.body.choices) ? last.body.choices : [];
  return offered.filter((c: unknown, i: number) => typeof c === "string" && c !== "" && offered.indexOf(c) === i).slice(0, 12);
}

function choice(text: string, send: (text: string) => void): HTMLElement {
  return el("button", { type: "button", class: "hl-choice", dir: "auto", onclick: () => send(text) }, text);
}

function dropzone(box: HTMLElement, files: (list: FileList | null) => void): void {
  const has = (e: DragEvent) => !!e.dataTransfer && Array.prototype.indexOf.call(e.dataTransfer.types, "Files") >= 0;
  let depth = 0;
  const mark = (n: number) => {
    depth = Math.max(0, n);
    if (depth) box.setAttribute("data-drop", "");
    else box.removeAttribute("data-drop");
  };
  box.addEventListener("dragenter", (e) => has(e) && mark(depth + 1));
  box.addEventListener("dragleave", (e) => has(e) && mark(depth - 1));
  box.addEventListener("dragover", (e) => has(e) && e.preventDefault());
  box.addEventListener("drop", (e) => {
    if (!has(e)) return;
    e.preventDefault();
    mark(0);
    files(e.dataTransfer && e.dataTransfer.files);
  });
}
