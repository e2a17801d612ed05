// A way to the gateway of gateway.ts that loses, repeats and cuts, without sockets: for tests in injected time.
import type { Answer, Request } from "../src/http";
import type { Source } from "../src/feed";
import { Session, SessionOptions } from "../src/session";
import type { Store } from "../src/store";
import { texts } from "../src/texts";
import { TestClock } from "./clock";
import { Gateway } from "./gateway";

type Fate = "good" | "lost" | "unanswered" | { status: number; retryAfter?: number };

export class Network {
  gateway = new Gateway();
  clock: TestClock;
  /** What becomes of each request. */
  fate: (method: string, path: string) => Fate = () => "good";
  streams: "good" | "refused" | "mute" | "missing" = "good";
  twice = false;
  latency = () => 20;
  sources: TestSource[] = [];
  requests: string[] = [];
  memory: { [key: string]: string | null } = {};
  private keys = 0;
  private page = { alive: true };

  constructor(random?: () => number) {
    this.clock = new TestClock(random);
  }

  /** A session on a page of its own. */
  session(over: Partial<SessionOptions> = {}): Session {
    const page = (this.page = { alive: true });
    const store: Store = { get: (k) => this.memory[k] ?? null, set: (k, v) => void (this.memory[k] = v) };
    return new Session({
      api: "/api",
      texts: texts("zh-CN"),
      request: (method, url, call) => new Promise((done) => void this.request(method, url, call).then((a) => page.alive && done(a))),
      clock: { set: (f, ms) => this.clock.set(() => page.alive && f(), ms), clear: (id) => this.clock.clear(id), random: () => this.clock.random() },
      source: this.streams === "missing" ? undefined : (url) => this.open(url),
      store,
      uuid: () => "key-" + ++this.keys,
      elder: () => false,
      changed: () => {},
      ...over,
    });
  }

  request: Request = (method, url, call = {}) =>
    new Promise((resolve) => {
      const { pathname, searchParams } = new URL(url.slice("/api".length), "http://gateway");
      this.requests.push(`${method} ${pathname}`);
      const fate = this.fate(method, pathname);
      const reply = (a: Answer) => void this.clock.set(() => resolve(a), this.latency() / 2);
      if (fate === "lost") return reply({ status: 0, body: null, retryAfter: 0 });
      if (typeof fate === "object") return reply({ status: fate.status, body: {}, retryAfter: fate.retryAfter || 0 });
      const arrive = () => {
        const file = call.form ? (call.form.get("file") as File) : undefined;
        const key = call.headers && call.headers["Idempotency-Key"];
        const r = this.gateway.handle({
          method,
          path: pathname,
          token: call.token,
          key,
          json: call.json,
          query: searchParams,
          file: file && { name: file.name, type: file.type, size: file.size },
        });
        if (fate === "unanswered") return reply({ status: 0, body: null, retryAfter: 0 });
        reply({ status: r.status, body: structuredClone(r.body), retryAfter: r.retryAfter || 0 });
      };
      this.clock.set(arrive, this.latency() / 2);
    });

  /** The page goes away, with everything it had under way. */
  unload(): void {
    this.page.alive = false;
    for (const s of [...this.sources]) s.close();
  }

  /** Ends every stream, as a proxy or a dead network does. */
  cut(): void {
    for (const s of [...this.sources]) s.fail();
  }

  private open(url: string): Source {
    const { pathname, searchParams } = new URL(url.slice("/api".length), "http://gateway");
    const source = new TestSource(() => (this.sources = this.sources.filter((s) => s !== source)));
    this.sources.push(source);
    this.clock.set(() => {
      const c = this.gateway.find(pathname.split("/")[2]);
      if (this.streams === "refused" || !c || c.token !== searchParams.get("token")) return source.fail();
      source.emit("open", {});
      if (this.streams === "mute") return;
      const write = (e: { kind: string }) => {
        for (let i = 0; i < (this.twice ? 2 : 1); i++) source.emit(e.kind, { data: JSON.stringify(e) });
      };
      c.events.filter((e) => e.seq > Number(searchParams.get("after"))).forEach(write);
      c.listeners.add(write);
      source.closed = () => c.listeners.delete(write);
    }, this.latency());
    return source;
  }
}

class TestSource implements Source {
  closed: () => void = () => {};
  private over = false;
  private listeners: { [kind: string]: ((e: any) => void)[] } = {};
  constructor(private gone: () => void) {}

  addEventListener(kind: string, f: (e: any) => void): void {
    (this.listeners[kind] = this.listeners[kind] || []).push(f);
  }

  emit(kind: string, e: any): void {
    if (!this.over) for (const f of this.listeners[kind] || []) f(e);
  }

  fail(): void {
    this.emit("error", {});
    this.close();
  }

  close(): void {
    this.over = true;
    this.closed();
    this.gone();
  }
}
