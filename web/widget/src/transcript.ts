// What was said, in the order of the gateway.

export interface Event {
  conversation: string;
  seq: number;
  at: string;
  kind: string;
  body: any;
}

export interface Notice {
  notice: string;
  id: number;
}

export type Entry = Event | Notice;

const shown = ["heard", "said", "handed_over", "waiting", "joined", "uttered", "returned", "ended", "attached"];

/** The kinds of event that a visitor sees. */
export const visible = (e: Event): boolean => shown.indexOf(e.kind) >= 0 && (e.kind !== "joined" || (e.body && e.body.role === "agent"));

/** The kinds that matter. */
export const kinds = shown.concat("rated");

/**
 * Transcript keeps events without duplicates and in order, whatever way and however often they come. Events of an
 * earlier conversation and notices of our own stay where they are.
 */
export class Transcript {
  readonly entries: Entry[] = [];
  private seen: { [key: string]: true } = {};
  private notices = 0;

  /** Takes events and returns those that were not there. Malformed ones are left out. */
  add(events: Event[]): Event[] {
    const fresh: Event[] = [];
    for (const e of events) {
      if (!e || typeof e.seq !== "number" || !e.body || !visible(e)) continue;
      const key = e.conversation + "/" + e.seq;
      if (this.seen[key]) continue;
      this.seen[key] = true;
      this.insert(e);
      fresh.push(e);
    }
    return fresh;
  }

  note(text: string): void {
    this.entries.push({ notice: text, id: ++this.notices });
  }

  /** The last event of a conversation that fits, or null. */
  last(conversation: string, fits: (e: Event) => boolean): Event | null {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const e = this.entries[i];
      if (!("notice" in e) && e.conversation === conversation && fits(e)) return e;
    }
    return null;
  }

  private insert(e: Event): void {
    let i = this.entries.length;
    for (; i > 0; i--) {
      const before = this.entries[i - 1];
      if ("notice" in before || before.conversation !== e.conversation || before.seq < e.seq) break;
    }
    this.entries.splice(i, 0, e);
  }
}
