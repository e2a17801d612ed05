// One visitor's conversation: begins it, keeps it over reloads and broken networks, and begins another when it is gone.

import { backoff, Request, verdict, Answer } from "./http";
import { Clock, Feed, Source } from "./feed";
import { Message, Outbox } from "./outbox";
import { read, Store } from "./store";
import { Event, Transcript } from "./transcript";
import { reason, Texts } from "./texts";
import { Upload } from "./uploads";

export type Phase =
  | "idle" // not begun
  | "starting"
  | "open"
  | "ended"
  | "refused"; // cannot be begun

export interface SessionOptions {
  api: string;
  texts: Texts;
  request: Request;
  clock: Clock;
  source?: (url: string) => Source;
  store: Store;
  uuid: () => string;
  elder: () => boolean;
  changed: () => void;
}

/** How often a fault of the gateway is tried again before the visitor is asked. */
const faultsAtMost = 4;

export class Session {
  phase: Phase = "idle";
  connected = true;
  rated = false;
  readonly transcript = new Transcript();
  outbox = new Outbox();
  uploads: Upload[] = [];
  id = "";
  private token = "";
  private known = 0;
  private feed: Feed | null = null;
  private sending = "";
  private uploading: Upload | null = null;
  private tries = 0;
  private timer = 0;
  private uploadIDs = 0;
  private generation = 0;
  private renewals = 0;
  private closing = false;
  private wanted = false;
  private readonly key: string;

  constructor(private o: SessionOptions) {
    this.key = "hotline:" + o.api;
  }

  /** Whether the gateway is working on an answer. */
  get waiting(): boolean {
    return this.sending !== "" && this.connected && this.tries === 0;
  }

  /** Takes up the conversation of an earlier page, if there is one. */
  resume(): boolean {
    const saved = read(this.o.store, this.key);
    if (!saved || typeof saved.id !== "string" || typeof saved.token !== "string") return false;
    this.outbox = new Outbox(saved.outbox);
    this.rated = saved.rated === true;
    if (saved.id) this.opened(saved.id, saved.token, []);
    else if (this.outbox.head()) this.begin();
    return this.phase !== "idle";
  }

  /** Begins a conversation unless there is one. */
  begin(): void {
    this.wanted = true;
    if (this.phase !== "idle" && this.phase !== "refused") return;
    this.renewals = 0;
    this.create();
  }

  /** Asks to be invited to call, going on from the conversation if there is one. */
  invite(): Promise<Answer> {
    if (this.phase !== "open") return this.o.request("POST", this.o.api + "/calls");
    return this.o.request("POST", `${this.o.api}/conversations/${this.id}/calls`, { token: this.token });
  }

  get clock(): Clock {
    return this.o.clock;
  }

  /** Where the gateway is. */
  get base(): string {
    return new URL(this.o.api, location.href).href;
  }

  /** Puts a message on its way; after the end of a conversation it begins the next. */
  send(text: string): void {
    this.outbox.push(this.o.uuid(), text);
    this.save();
    if (this.phase === "ended") return this.restart();
    this.begin();
    this.pump();
    this.o.changed();
  }

  again(key: string): void {
    this.outbox.again(key);
    this.pump();
    this.o.changed();
  }

  discard(key: string): void {
    this.outbox.remove(key);
    this.save();
    this.o.changed();
  }

  /** Messages that the transcript does not hold yet. */
  pending(): Message[] {
    const log = this.transcript.entries.filter((e): e is Event => !("notice" in e));
    return this.outbox.items.filter((m) => !Outbox.echoed(m, this.id, log));
  }

  isSending(m: Message): boolean {
    return m.key === this.sending && this.connected;
  }

  attach(file: File): void {
    this.uploads.push({ id: ++this.uploadIDs, file, conversation: "", attachment: "", progress: 0, failed: "" });
    if (this.phase === "ended") return this.restart();
    this.begin();
    this.pumpUploads();
    this.o.changed();
  }

  attachAgain(u: Upload): void {
    u.failed = "";
    this.pumpUploads();
    this.o.changed();
  }

  detach(u: Upload): void {
    this.uploads = this.uploads.filter((other) => other !== u);
    this.o.changed();
  }

  download(conversation: string, attachment: string): Promise<Answer> {
    const url = `${this.o.api}/conversations/${conversation}/attachments/${attachment}`;
    return this.o.request("GET", url, { token: this.token, blob: true, timeout: 120000 });
  }

  /** Ends the conversation. Resolves to whether that worked. */
  close(): Promise<boolean> {
    this.closing = true;
    return this.o.request("POST", this.url() + "/close", { token: this.token, json: {} }).then((a) => {
      const done = ["ok", "dead"].indexOf(verdict(a.status)) >= 0 || a.status === 409;
      if (done) this.end();
      else this.closing = false;
      this.o.changed();
      return done;
    });
  }

  rate(score: number, comment: string): Promise<boolean> {
    const json = comment ? { score, comment } : { score };
    return this.o.request("POST", this.url() + "/rating", { token: this.token, json }).then((a) => {
      this.rated = verdict(a.status) === "ok";
      this.save();
      this.o.changed();
      return this.rated;
    });
  }

  /** Leaves this conversation and begins another. */
  restart(): void {
    this.leave();
    this.renewals = 0;
    this.create();
  }

  /** The network is back, or the page is in front again: streams may have died without a word. */
  awake(): void {
    if (this.phase === "starting" && this.timer) {
      this.o.clock.clear(this.timer);
      this.create();
    }
    if (this.phase !== "open") return;
    if (this.feed) this.feed.start();
    if (!this.sending) this.pump();
  }

  /** The browser says that there is no network. */
  lost(): void {
    this.link(false);
  }

  private url(): string {
    return `${this.o.api}/conversations/${this.id}`;
  }

  private save(): void {
    const { id, token, rated } = this;
    const outbox = this.outbox.items;
    this.o.store.set(this.key, id || outbox.length ? JSON.stringify({ id, token, rated, outbox }) : null);
  }

  private link(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    this.o.changed();
  }

  private create(): void {
    this.phase = "starting";
    this.timer = 0;
    const generation = ++this.generation;
    this.o.changed();
    const json = { channel: "text", profile: { elder: this.o.elder() } };
    this.o.request("POST", this.o.api + "/conversations", { json }).then((a) => {
      if (generation !== this.generation) return;
      switch (verdict(a.status)) {
        case "ok":
          this.tries = 0;
          this.link(true);
          return this.opened(a.body.id, a.body.token, a.body.events || []);
        case "wait":
          if (a.status !== 429) this.link(false);
          return this.retry(() => this.create(), a);
        case "fault":
          if (this.tries < faultsAtMost) return this.retry(() => this.create(), a);
      }
      this.tries = 0;
      this.phase = "refused";
      this.o.changed();
    });
  }

  private retry(f: () => void, a: Answer): void {
    this.o.clock.clear(this.timer);
    this.timer = this.o.clock.set(f, backoff(this.tries++, a.retryAfter, this.o.clock.random()));
    this.o.changed();
  }

  private opened(id: string, token: string, events: Event[]): void {
    const generation = ++this.generation;
    this.id = id;
    this.token = token;
    this.known = 0;
    this.phase = "open";
    this.closing = false;
    this.save();
    this.feed = new Feed({
      request: this.o.request,
      clock: this.o.clock,
      source: this.o.source,
      url: this.url(),
      token,
      events: (list) => generation === this.generation && this.take(list),
      state: (connected) => generation === this.generation && this.reached(connected),
      dead: () => generation === this.generation && this.renew(this.o.texts.expired),
    });
    this.take(events);
    if (this.phase !== "open") return;
    this.feed.start();
    this.pump();
    this.pumpUploads();
  }

  private reached(connected: boolean): void {
    const back = connected && !this.connected;
    this.link(connected);
    if (back && !this.sending) this.pump();
  }

  private take(events: Event[]): void {
    const fresh = this.transcript.add(events);
    // Who has graded the talk with a person is not asked again at the end.
    if (!this.rated && events.some((e) => e && e.kind === "rated" && e.conversation === this.id)) {
      this.rated = true;
      this.save();
    }
    for (const e of fresh) if (e.conversation === this.id) this.known = Math.max(this.known, e.seq);
    if (fresh.some((e) => e.kind === "ended" && e.conversation === this.id)) this.end();
    if (fresh.length) this.o.changed();
  }

  private end(): void {
    if (this.phase !== "open") return;
    this.phase = "ended";
    if (this.feed) this.feed.stop();
    // What was written meanwhile belongs to the next conversation; what is under way is waited for.
    if (!this.closing && !this.sending && this.outbox.head()) this.renew(this.o.texts.over);
  }

  private leave(): void {
    this.generation++;
    if (this.feed) this.feed.stop();
    this.o.clock.clear(this.timer);
    this.feed = null;
    this.id = this.token = this.sending = "";
    this.timer = this.tries = 0;
    this.rated = false;
    this.phase = "idle";
    this.outbox.restart();
    if (this.uploading) this.uploading.progress = 0;
    this.uploading = null;
    this.save();
  }

  private renew(notice: string): void {
    this.leave();
    this.transcript.note(notice);
    // A gateway that forgets every conversation at once must not be asked for ever.
    if (++this.renewals > 2) this.phase = "refused";
    else if (this.wanted || this.outbox.head()) return this.create();
    this.o.changed();
  }

  private pump(): void {
    const m = this.outbox.head();
    if (!m || this.sending || this.phase !== "open") return;
    this.o.clock.clear(this.timer);
    this.sending = m.key;
    if (m.after < 0) m.after = this.known;
    this.save();
    const generation = this.generation;
    const call = { token: this.token, headers: { "Idempotency-Key": m.key }, json: { text: m.text } };
    this.o.request("POST", this.url() + "/messages", call).then((a) => {
      if (generation !== this.generation) return;
      this.sending = "";
      this.answered(m, a);
      this.save();
      this.o.changed();
    });
  }

  private answered(m: Message, a: Answer): void {
    const what = verdict(a.status);
    if (what === "ok") return this.confirmed(m, (a.body && a.body.events) || []);
    if (this.phase === "ended") return this.renew(this.o.texts.over);
    if (what === "dead") return this.renew(this.o.texts.expired);
    if (what === "wait" || (what === "fault" && this.tries < faultsAtMost)) {
      if (a.status === 0) this.link(false);
      // A conflict may mean that the conversation has ended: the feed tells.
      if (a.status === 409 && this.feed) this.feed.start();
      return this.retry(() => this.pump(), a);
    }
    m.failed = reason(this.o.texts, a.status, a.body);
    this.tries = 0;
    this.pump();
  }

  private confirmed(m: Message, events: Event[]): void {
    this.tries = 0;
    this.renewals = 0;
    this.link(true);
    this.outbox.remove(m.key);
    this.take(events);
    if (this.feed && this.phase === "open") this.feed.expect(this.known);
    this.pump();
  }

  private pumpUploads(): void {
    if (this.uploading || this.phase !== "open") return;
    const u = this.uploads.filter((x) => !x.attachment && !x.failed)[0];
    if (!u) return;
    this.uploading = u;
    const form = new FormData();
    form.append("file", u.file, u.file.name);
    const generation = this.generation;
    const progress = (fraction: number) => {
      u.progress = fraction;
      this.o.changed();
    };
    this.o.request("POST", this.url() + "/attachments", { token: this.token, form, progress, timeout: 300000 }).then((a) => {
      if (generation !== this.generation) return;
      this.uploading = null;
      this.uploaded(u, a);
      this.o.changed();
    });
  }

  private uploaded(u: Upload, a: Answer): void {
    const what = verdict(a.status);
    if (what === "ok") {
      u.conversation = this.id;
      u.attachment = String(a.body && a.body.id);
    } else {
      // The feed tells whether it is the conversation that is gone.
      if (what === "dead" && this.feed) this.feed.start();
      u.failed = a.status === 0 ? this.o.texts.fileNetwork : reason(this.o.texts, a.status, a.body);
      u.progress = 0;
    }
    this.pumpUploads();
  }
}
