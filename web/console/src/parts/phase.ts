import { named, type Text } from "../text";

// phaseName says where a conversation stands; a written one is not said to be on the phone.
export const phaseName = (t: Text, talk: { channel: string; phase: string }): string =>
  named(t, "phase", talk.channel === "chat" && talk.phase === "talking" ? "chatting" : talk.phase);
