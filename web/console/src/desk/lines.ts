// Lines are what a person reads of a log: who said what, and between it what happened.
import type { Entry, Fact } from "../api/types";
import { last } from "../parts/last";
import { named, type Text } from "../text";

export interface Line {
  seq: number;
  at: string;
  by: "caller" | "bot" | "agent" | "system";
  party?: string; // of an agent
  text: string;
  turn?: number;
}

const str = (e: Entry, name: string): string => {
  const v = e.body[name];
  return typeof v === "string" || typeof v === "number" ? String(v) : "";
};

// lines leaves out what was not taken as said, and turns and notes that a later one takes the place of.
export function lines(t: Text, events: Entry[]): Line[] {
  const replacedBy = (kind: string) => new Set(events.filter((e) => e.kind === kind).map((e) => Number(e.body.replaces)));
  const turns = replacedBy("heard");
  const notes = replacedBy("noted");
  const out: Line[] = [];
  for (const e of events) {
    const { seq, at } = e;
    if (e.kind === "heard") {
      if (str(e, "rejected") || turns.has(Number(e.body.turn))) continue;
      out.push({ seq, at, by: "caller", text: str(e, "raw") || str(e, "text"), turn: Number(e.body.turn) });
    } else if (e.kind === "said") {
      out.push({ seq, at, by: "bot", text: str(e, "text") });
    } else if (e.kind === "uttered") {
      out.push({ seq, at, by: "agent", party: str(e, "party"), text: str(e, "text") });
    } else if (!notes.has(seq)) {
      const text = happened(t, e);
      if (text) out.push({ seq, at, by: "system", text });
    }
  }
  return out;
}

function happened(t: Text, e: Entry): string {
  switch (e.kind) {
    case "waiting":
      return t("line.waiting", { position: str(e, "position") });
    case "handed_over":
      return t("line.handed_over", { reason: named(t, "handover", str(e, "reason")) });
    case "offered":
      return t("line.offered", { name: str(e, "name") || str(e, "party") });
    case "offer_ended":
      return t("line.offer_ended", { party: str(e, "party"), reason: named(t, "reason", str(e, "reason")) });
    case "joined":
      return t("line.joined", { name: str(e, "name") || str(e, "party") }) + (e.body.mode ? ` · ${named(t, "watch", str(e, "mode"))}` : "");
    case "left":
      return str(e, "reason") === "attends" ? "" : t("line.left", { name: str(e, "party") }); // whom was consulted has it now
    case "held":
      return t(e.body.on ? "line.held" : "line.resumed");
    case "noted":
      return str(e, "text") && t("line.noted", { text: str(e, "text") });
    case "returned":
      return t("line.returned");
    case "filed":
      return t("line.filed", { number: str(e, "number") });
    case "attached":
      return t("line.attached", { name: str(e, "name") });
    case "key":
      return t("line.key", { key: str(e, "key") });
    case "rated":
      return t("line.rated", { grade: str(e, "grade") });
    case "degraded":
      return t("line.degraded", { stage: str(e, "stage") });
    case "started":
      return t("line.started");
    case "ended":
      return t("line.ended");
    default:
      return "";
  }
}

// noted is what somebody has noted last.
export function noted(events: Entry[], by: string): string | undefined {
  const note = last(events.filter((e) => e.kind === "noted" && e.body.party === by));
  return note && str(note, "text");
}

export interface Piece {
  text: string;
  slot?: string;
}

// pieces marks the values of facts in a sentence. Where two overlap, the one that begins first, and then the longer, has it.
export function pieces(text: string, facts: Fact[]): Piece[] {
  const found = facts
    .filter((f) => f.value)
    .map((f) => ({ at: text.indexOf(f.value), slot: f.slot, length: f.value.length }))
    .filter((f) => f.at >= 0)
    .sort((a, b) => a.at - b.at || b.length - a.length);
  const out: Piece[] = [];
  let done = 0;
  for (const f of found) {
    if (f.at < done) continue;
    if (f.at > done) out.push({ text: text.slice(done, f.at) });
    out.push({ text: text.slice(f.at, f.at + f.length), slot: f.slot });
    done = f.at + f.length;
  }
  if (done < text.length) out.push({ text: text.slice(done) });
  return out;
}
