// Messages that the gateway has not confirmed, in the order they were written.

import type { Event } from "./transcript";

export interface Message {
  key: string;
  text: string;
  /** Highest seq known when it was first sent; -1 before that. Its echo in the log has a higher one. */
  after: number;
  /** Why it will not be sent by itself any more, or "". */
  failed: string;
}

/** Outbox sends one message at a time: the next goes when the gateway has confirmed the one before. */
export class Outbox {
  items: Message[];

  constructor(stored?: unknown) {
    this.items = Array.isArray(stored) ? stored.filter(whole) : [];
  }

  push(key: string, text: string): void {
    this.items.push({ key, text, after: -1, failed: "" });
  }

  /** The message that is next to be sent, or null. */
  head(): Message | null {
    for (const m of this.items) if (!m.failed) return m;
    return null;
  }

  remove(key: string): void {
    this.items = this.items.filter((m) => m.key !== key);
  }

  /** A failed message goes to the end: what was written after it has been sent. */
  again(key: string): void {
    const failed = this.items.filter((m) => m.key === key);
    this.remove(key);
    for (const m of failed) this.items.push({ ...m, failed: "" });
  }

  /** For another conversation nothing has been sent yet. */
  restart(): void {
    for (const m of this.items) m.after = -1;
  }

  /** Whether the log holds this message already, though its confirmation has not come. */
  static echoed(m: Message, conversation: string, events: Event[]): boolean {
    return (
      m.after >= 0 &&
      events.some((e) => e.conversation === conversation && e.kind === "heard" && e.seq > m.after && said(e) === m.text)
    );
  }
}

/** What a visitor wrote, as written. */
export const said = (e: Event): string => String(e.body.raw || e.body.text || "");

function whole(m: any): boolean {
  return m && typeof m.key === "string" && typeof m.text === "string" && typeof m.after === "number" && typeof m.failed === "string";
}
