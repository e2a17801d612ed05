import type { Talk, Verb } from "../api/types";

export type Control = Exclude<Verb, "say" | "press" | "consult" | "transfer" | "resume" | "unmute"> | "keypad" | "transfer" | "emergency";

// controls are what an agent can do with a call in its phase, in the order they are shown: what desk/handoff does not refuse.
export function controls(talk: Talk, me: string): Control[] {
  const second = talk.parties.some((p) => p.id === me && p.role === "peer");
  switch (talk.phase) {
    case "talking":
    case "held": {
      const keys: Control[] = talk.dialled && talk.phase === "talking" ? ["keypad"] : [];
      const service = talk.parties.some((p) => p.role === "service");
      const hold: Control[] = talk.parties.some((p) => p.id === me && p.state === "holding") ? [] : ["hold"]; // the phone ends what it has begun
      return [...hold, "mute", ...keys, "transfer", "return", service ? "drop" : "emergency", "finish"];
    }
    case "dialling":
      return second ? [] : ["complete", "mute", "drop"];
    case "consulting":
      return second ? ["finish"] : ["complete", "merge", "mute", "drop", "keypad"];
    case "conference":
      return second ? ["finish"] : ["mute", "keypad", "complete", "drop", "finish"];
    default: // somebody is on the way, or nobody is left
      return [];
  }
}
