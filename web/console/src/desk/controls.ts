import type { Talk, Verb } from "../api/types";

export type Control = Exclude<Verb, "say" | "press" | "consult" | "transfer" | "resume" | "unmute"> | "keypad" | "transfer" | "emergency";

const inCall: Control[] = ["hold", "mute", "keypad", "transfer", "return", "emergency", "finish"];

// controls are what can be done with a call in its phase, in the order they are shown.
export function controls(talk: Talk): Control[] {
  switch (talk.phase) {
    case "talking":
    case "held":
      return talk.parties.some((p) => p.role === "service") ? inCall.map((c) => (c === "emergency" ? "drop" : c)) : inCall;
    case "dialling":
      return ["drop", "finish"];
    case "consulting":
      return ["complete", "merge", "mute", "drop", "keypad", "finish"];
    case "conference":
      return ["mute", "keypad", "complete", "drop", "finish"];
    case "lost":
    case "survey":
      return ["finish"];
    default:
      return [];
  }
}
