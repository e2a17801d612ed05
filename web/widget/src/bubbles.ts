// How the entries of a conversation look.

import { el, icon, icons, Item } from "./dom";
import { Message, said } from "./outbox";
import { blocks, plainName, Run, size } from "./richtext";
import { Session } from "./session";
import { Texts } from "./texts";
import { Entry, Event } from "./transcript";
import { shortName, Upload } from "./uploads";

const pauseMS = 5 * 60 * 1000;

/** The entries as items of the log, with the time wherever there was a pause. */
export function entries(t: Texts, session: Session, list: Entry[]): Item[] {
  const items: Item[] = [];
  let before = 0;
  let name = "";
  let last = "";
  const place = session.transcript.last(session.id, (e) => ["waiting", "joined", "returned", "ended"].indexOf(e.kind) >= 0);
  for (const e of list) {
    if ("notice" in e) {
      items.push({ key: "n" + e.id, version: "", build: () => line(e.notice) });
      continue;
    }
    if (e.kind === "joined") name = String(e.body.name || "");
    if (e.kind === "waiting" && e !== place) continue; // the place was another then
    const at = Date.parse(e.at);
    if (at - before > pauseMS) items.push({ key: `t${e.conversation}/${e.seq}`, version: "", build: () => time(at) });
    if (at) before = at;
    const who = e.kind === "uttered" ? t.person(name) : "";
    const begins = last !== "uttered";
    last = e.kind;
    items.push({ key: e.conversation + "/" + e.seq, version: who + begins, build: () => (who ? uttered(t, e, who, begins) : event(t, session, e)) });
  }
  return items;
}

/** What a person wrote, under their name where they begin. */
function uttered(t: Texts, e: Event, who: string, begins: boolean): HTMLElement {
  const row = bubble(who + t.says, "hl-theirs hl-person", plain(String(e.body.text || "")));
  if (begins) row.insertBefore(el("div", { class: "hl-who", "aria-hidden": "true" }, who), row.firstChild);
  return row;
}

function event(t: Texts, session: Session, e: Event): HTMLElement {
  switch (e.kind) {
    case "heard":
      return bubble(t.you, "hl-mine", plain(said(e)));
    case "said":
      return bubble(t.me, "hl-theirs", formatted(String(e.body.text || "")));
    case "waiting":
      return line(t.place(Number(e.body.position) || 1, Math.ceil((Number(e.body.wait_ms) || 0) / 60000)));
    case "joined":
      return line(t.joined(String(e.body.name || "")));
    case "returned":
      return line(t.returned);
    case "attached":
      return bubble(t.you, "hl-mine", attachment(t, session, e));
    case "handed_over":
      return line(t.handedOver);
  }
  return line(t.ended);
}

function bubble(who: string, className: string, content: Node, ...below: (Node | null)[]): HTMLElement {
  return el(
    "div",
    { class: "hl-row " + className },
    el("span", { class: "hl-sr" }, who),
    el("div", { class: "hl-bubble" }, content),
    ...below,
  );
}

// dir=auto isolates a message: controls of writing direction in it end with it.
const plain = (text: string): HTMLElement => el("div", { class: "hl-text", dir: "auto" }, text);

function formatted(text: string): HTMLElement {
  const box = el("div", { class: "hl-rich" });
  for (const b of blocks(text)) {
    if (b.kind === "text") {
      box.appendChild(el("div", { class: "hl-text", dir: "auto" }, ...b.lines[0].map(run)));
      continue;
    }
    const tag = b.kind === "bullets" ? "ul" : "ol";
    const start = b.start && b.start !== 1 ? String(b.start) : undefined;
    box.appendChild(el(tag, { start }, ...b.lines.map((l) => el("li", { dir: "auto" }, ...l.map(run)))));
  }
  return box;
}

function run(r: Run): Node {
  if (!r.href) return document.createTextNode(r.text);
  const outside = r.href.slice(0, 4) !== "tel:";
  return el("a", { href: r.href, target: outside ? "_blank" : undefined, rel: outside ? "noopener noreferrer" : undefined }, r.text);
}

function line(text: string): HTMLElement {
  return el("div", { class: "hl-line" }, el("span", {}, text));
}

function time(at: number): HTMLElement {
  const d = new Date(at);
  const two = (n: number) => ("0" + n).slice(-2);
  const today = new Date().toDateString() === d.toDateString();
  const day = today ? "" : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} `;
  return el("div", { class: "hl-line hl-time" }, el("time", { datetime: d.toISOString() }, `${day}${two(d.getHours())}:${two(d.getMinutes())}`));
}

function attachment(t: Texts, session: Session, e: Event): HTMLElement {
  const name = plainName(String(e.body.name || ""));
  const problem = el("span", { class: "hl-why", role: "alert" });
  const open = () =>
    session.download(e.conversation, String(e.body.id)).then((a) => {
      problem.textContent = a.status === 200 ? "" : t.fileGone;
      if (a.status === 200) saveAs(a.body, name);
    });
  const label = [el("bdi", {}, shortName(name)), el("small", {}, size(Number(e.body.size) || 0))];
  return el("div", {}, el("button", { type: "button", class: "hl-file", "aria-label": t.download(name), onclick: open }, icon(icons.file), ...label), problem);
}

function saveAs(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  const a = el("a", { href, download: name });
  document.body.appendChild(a);
  a.click();
  document.body.removeChild(a);
  setTimeout(() => URL.revokeObjectURL(href), 60000);
}

/** Messages and files on their way. */
export function underway(t: Texts, session: Session): Item[] {
  const messages = session.pending().map((m) => {
    const state = m.failed ? "failed" : session.isSending(m) ? "sending" : "queued";
    return { key: m.key, version: state + m.failed, build: () => message(t, session, m, state) };
  });
  const uploads = session.uploads
    .filter((u) => !session.transcript.last(u.conversation, (e) => e.kind === "attached" && e.body.id === u.attachment))
    .map((u) => ({ key: "u" + u.id, version: u.attachment + u.failed + Math.round(u.progress * 50), build: () => upload(t, session, u) }));
  return messages.concat(uploads);
}

function message(t: Texts, session: Session, m: Message, state: "failed" | "sending" | "queued"): HTMLElement {
  if (state !== "failed") return bubble(t.you, "hl-mine hl-pending", plain(m.text), el("div", { class: "hl-state" }, t[state]));
  return bubble(t.you, "hl-mine hl-failed", plain(m.text), failed(t, m.failed, () => session.again(m.key), () => session.discard(m.key)));
}

function upload(t: Texts, session: Session, u: Upload): HTMLElement {
  const name = el("span", { class: "hl-file" }, icon(icons.file), el("bdi", {}, shortName(u.file.name)), el("small", {}, size(u.file.size)));
  if (u.failed) return bubble(t.you, "hl-mine hl-failed", name, failed(t, u.failed, () => session.attachAgain(u), () => session.detach(u)));
  if (u.attachment) return bubble(t.you, "hl-mine", name, el("div", { class: "hl-state" }, t.sent));
  const percent = Math.round(u.progress * 100);
  const bar = el("progress", { max: "100", value: String(percent), "aria-label": t.uploading(percent) });
  return bubble(t.you, "hl-mine hl-pending", name, el("div", { class: "hl-state" }, bar, t.uploading(percent)));
}

function failed(t: Texts, why: string, again: () => void, discard: () => void): HTMLElement {
  return el(
    "div",
    { class: "hl-state", role: "alert" },
    el("span", { class: "hl-why" }, t.unsent + "：" + why),
    el("button", { type: "button", class: "hl-link", onclick: again }, t.retry),
    el("button", { type: "button", class: "hl-link", onclick: discard }, t.discard),
  );
}
