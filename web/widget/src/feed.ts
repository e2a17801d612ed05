// The events of a conversation as they happen: server-sent events where they work, else polling.

import type { Event } from "./transcript";
import { kinds, visible } from "./transcript";
import { backoff, Request, verdict } from "./http";

export interface Clock {
  set(f: () => void, ms: number): number;
  clear(id: number): void;
  random(): number;
}

export interface Source {
  close(): void;
  addEventListener(kind: string, f: (e: any) => void): void;
}

export interface FeedOptions {
  request: Request;
  clock: Clock;
  /** Missing in some web views. */
  source?: (url: string) => Source;
  /** …/api/v1/conversations/ID */
  url: string;
  token: string;
  events: (list: Event[]) => void;
  state: (connected: boolean) => void;
  dead: () => void;
}

const pollEvery = 2000;
const provenWithin = 8000;
const echoWithin = 4000;
/** A stream that lasted so long may be opened again at once. */
const lastsAfter = 15000;
/** After so many streams that brought nothing the network does not let them through. */
const hopeless = 3;
/** …and so many polls later it may. */
const tryStreamAfter = 30;

/**
 * Feed delivers every event after a sequence number. Whenever a stream breaks it first asks for what was missed: that
 * closes the gap and tells a dead token from a dead network, which a browser's EventSource does not.
 */
export class Feed {
  /** Everything up to this seq has been delivered. Answers to messages do not move it: events may lie between. */
  cursor = 0;
  private source: Source | null = null;
  private timer = 0;
  private echoTimer = 0;
  private unproven = 0;
  private cuts = 0;
  private proven = false;
  /** The last event that a stream brings under a name we listen to. */
  private named = 0;
  private attempt = 0;
  private polls = 0;
  private generation = 0;

  constructor(private o: FeedOptions) {}

  /** Fetches what there is after the cursor, then follows. Also what to do when the network has come back. */
  start(): void {
    this.stop();
    this.attempt = 0;
    this.catchUp();
  }

  stop(): void {
    this.generation++;
    this.o.clock.clear(this.timer);
    this.o.clock.clear(this.echoTimer);
    if (this.source) this.source.close();
    this.source = null;
  }

  /** The gateway has said that there is an event seq. A stream that does not bring it is held back on the way. */
  expect(seq: number): void {
    if (!this.source) return;
    this.o.clock.clear(this.echoTimer);
    this.echoTimer = this.o.clock.set(() => {
      if (this.source && this.cursor < seq) this.broken();
    }, echoWithin);
  }

  private later(f: () => void, ms: number): void {
    this.o.clock.clear(this.timer);
    this.timer = this.o.clock.set(f, ms);
  }

  private catchUp(): void {
    const generation = this.generation;
    this.o.request("GET", this.o.url + "/events?after=" + this.cursor, { token: this.o.token }).then((a) => {
      if (generation !== this.generation) return;
      switch (verdict(a.status)) {
        case "ok":
          this.attempt = 0;
          this.o.state(true);
          return this.caughtUp(a.body || {}, generation);
        case "dead":
          this.stop();
          return this.o.dead();
        default:
          if (a.status !== 429) this.o.state(false);
          this.later(() => this.catchUp(), backoff(this.attempt++, a.retryAfter, this.o.clock.random()));
      }
    });
  }

  private caughtUp(page: any, generation: number): void {
    const moved = this.deliver(Array.isArray(page.events) ? page.events : []);
    if (generation !== this.generation) return; // stopped by what was delivered
    if (moved && this.cursor < Number(page.last)) this.catchUp();
    else this.follow();
  }

  private follow(): void {
    const streams = this.o.source && (this.unproven < hopeless || ++this.polls > tryStreamAfter);
    if (!streams) return this.later(() => this.catchUp(), pollEvery);
    this.polls = 0;
    // It is asked for the last event again: a stream that is held back on the way opens, but brings nothing.
    const after = Math.max(0, this.named - 1);
    const url = this.o.url + "/stream?after=" + after + "&token=" + encodeURIComponent(this.o.token);
    this.listen((this.o.source as (url: string) => Source)(url));
  }

  private listen(source: Source): void {
    this.source = source;
    this.proven = false;
    this.later(() => this.broken(), provenWithin);
    source.addEventListener("open", () => this.source === source && this.named === 0 && this.works());
    source.addEventListener("error", () => this.source === source && this.broken());
    for (const kind of kinds) {
      source.addEventListener(kind, (e: { data: string }) => {
        if (this.source === source) this.received(e.data);
      });
    }
  }

  private received(data: string): void {
    if (!this.proven) this.works();
    let event: Event;
    try {
      event = JSON.parse(data);
    } catch (e) {
      return this.broken();
    }
    this.deliver([event]);
  }

  private works(): void {
    this.proven = true;
    this.unproven = 0;
    this.o.state(true);
    this.later(() => (this.cuts = 0), lastsAfter);
  }

  // The browser would reconnect by itself, but not tell when it never will.
  private broken(): void {
    this.stop();
    if (!this.proven) this.unproven++;
    this.later(() => this.catchUp(), ++this.cuts > 1 ? backoff(this.cuts - 2, 0, this.o.clock.random()) : 0);
  }

  private deliver(events: Event[]): boolean {
    const before = this.cursor;
    for (const e of events) {
      if (!e) continue;
      if (e.seq > this.cursor) this.cursor = e.seq;
      if (e.seq > this.named && visible(e)) this.named = e.seq;
    }
    if (events.length) this.o.events(events);
    return this.cursor > before;
  }
}
