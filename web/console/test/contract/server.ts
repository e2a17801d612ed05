// A gateway that exists only in memory: it keeps to the contract of the API so that the console can be tried in a browser.
// Pages and their headers come from the real handler of package web.
import { createServer, request as forward, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { BoardTalk, Command, Entry, Offer, Phase, Presence, ServerMessage, Talk, Verb } from "../../src/api/types";
import { routes, type Ask } from "./routes";
import * as seed from "./seed";

export interface Whip {
  offer: (sdp: string) => Promise<string>; // to the answer
  restart: (frag: string) => Promise<string | undefined>;
}

// What is not refused, by phase, as in desk/handoff/testdata/table.txt and call/supervise.go.
const alone: Verb[] = ["mute", "unmute", "consult", "transfer", "return", "finish"];
const taken: Partial<Record<Phase, Verb[]>> = {
  talking: [...alone, "hold"],
  held: [...alone, "resume"],
  dialling: ["complete", "drop", "mute", "unmute"],
  consulting: ["complete", "merge", "drop", "resume", "mute", "unmute", "press"],
  conference: ["complete", "drop", "finish", "mute", "unmute", "press"],
};
const written: Verb[] = ["say", "transfer", "return", "finish"];

function takes(talk: Talk, me: string, verb: Verb): boolean {
  if (talk.channel === "chat") return written.includes(verb);
  if (talk.parties.some((p) => p.id === me && p.role === "peer")) return verb === "finish" && (talk.phase === "consulting" || talk.phase === "conference");
  if (verb === "drop" && talk.parties.some((p) => p.role === "service")) return true;
  return !!taken[talk.phase]?.includes(verb) || (verb === "press" && talk.phase === "talking" && !!talk.dialled);
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly headers: Record<string, string> = {},
    readonly detail = "",
  ) {
    super(code);
  }
}

export class Contract {
  away = false; // streams come to nothing
  readonly asked: string[] = []; // "METHOD path body" of all that changed something
  readonly accounts = seed.accounts();
  readonly sessions = new Map<string, string>();
  readonly me = seed.agents()[0]!;
  readonly agents = seed.agents();
  readonly canned = seed.canned();
  readonly queues = seed.queues();
  readonly records = seed.records();
  readonly callbacks = seed.callbacks();
  calendar = seed.calendar();
  presence: Presence = { state: "offline", chosen: "offline", since: new Date().toISOString(), headset: false };
  offers: Offer[] = [];
  talks: Talk[] = [];
  failing = new Set<string>(); // "METHOD path" that answer 500
  failures = 0; // of those
  confidential = new Set<string>(); // conversations that are supervised with a reason
  unreached = ""; // why nobody who is called is reached
  answered = Promise.resolve(); // or not: until then it rings
  whip?: Whip;
  legs = 0;
  readonly events: Entry[] = []; // since the server began
  readonly notes = new Map<string, string>(); // of talks that are over
  private readonly sockets = new Set<WebSocket>();
  private readonly server = createServer((req, res) => void this.serve(req, res));
  private readonly streams = new WebSocketServer({ noServer: true, handleProtocols: () => "hotline.desk" });

  constructor(private readonly pages: string) {
    this.server.on("upgrade", (req, socket, head) => {
      const token = /bearer\.([\w-]+)/.exec(req.headers["sec-websocket-protocol"] ?? "")?.[1] ?? "";
      if (this.away) return void socket.destroy();
      if (!this.sessions.has(token)) return void socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
      this.streams.handleUpgrade(req, socket, head, (ws) => this.stream(ws));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  // cut breaks the streams, as when the line to the desk is lost.
  cut(): void {
    for (const ws of this.sockets) ws.terminate();
  }

  // restart is the gateway gone and come back: nobody is on duty, and no leg is there.
  restart(): void {
    this.presence = { state: "offline", chosen: "offline", since: new Date().toISOString(), headset: false };
    this.offers = [];
    this.talks = [];
    this.cut();
  }

  tell(m: ServerMessage): void {
    for (const ws of this.sockets) ws.send(JSON.stringify(m));
  }

  ring(offer: Offer): void {
    this.offers.push(offer);
    this.tell({ type: "offer", offer });
    this.be({ state: "ringing" });
  }

  be(presence: Partial<Presence>): void {
    const { state } = presence;
    const chosen = state === "ready" || state === "break" || state === "offline" ? state : this.presence.chosen;
    this.presence = { ...this.presence, chosen, reason: undefined, since: new Date().toISOString(), ...presence };
    this.tell({ type: "presence", presence: this.presence });
  }

  accept(id: string): void {
    const offer = this.offers.find((o) => o.id === id);
    if (!offer) throw new Refusal(409, "", {}, `来电已取消或已由他人接起 offer "${id}" is over`);
    this.offers = this.offers.filter((o) => o !== offer);
    this.tell({ type: "offer_gone", offer: id, reason: "taken" });
    if (offer.callback) this.takeCallback(offer.callback, "zhang");
    else this.begin(seed.talk(offer));
  }

  // takeCallback occupies an agent; nobody is called yet.
  takeCallback(id: string, agent: string): void {
    Object.assign(this.callbacks.find((c) => c.id === id) ?? {}, { state: "taken", agent });
    this.be({ state: "busy", callback: id });
  }

  private begin(talk: Talk): void {
    this.talks.push(talk);
    this.tell({ type: "talk", talk });
    this.be({ state: "busy" });
  }

  // give has a supervisor take a talk of the board over.
  give(row: BoardTalk): void {
    const talk = { ...seed.talk({ ...seed.offer(row.conversation, row.channel), caller: row.caller }), conversation: row.conversation };
    this.talks.push(talk);
    this.tell({ type: "talk", talk });
    this.be({ state: "busy", listening: undefined });
  }

  // callOut rings somebody until they answer, or says why they do not.
  async callOut(caller: string): Promise<string> {
    const { state } = this.presence;
    this.be({ state: "ringing" });
    await this.answered;
    if (this.unreached) {
      this.be({ state });
      throw new Refusal(409, "", {}, this.unreached);
    }
    const conversation = "c-out";
    this.begin({ ...seed.talk(seed.offer("out")), caller, brief: { reason: "", summary: "" }, last: 1 });
    return conversation;
  }

  change(conversation: string, to: Partial<Talk>): void {
    const talk = this.talks.find((t) => t.conversation === conversation);
    if (!talk) throw new Refusal(404, "missing");
    Object.assign(talk, to);
    this.tell({ type: "talk", talk });
  }

  command(conversation: string, c: Command): void {
    const talk = this.talks.find((t) => t.conversation === conversation);
    if (!talk) throw new Refusal(404, "");
    if (!takes(talk, this.me.id, c.verb)) throw new Refusal(409, "", {}, "现在不能这样操作 not possible at present: " + c.verb);
    const peer = { id: "peer", role: "peer" as const, name: "李建国", state: "on" as const };
    const service = c.target?.service;
    const base = talk.parties.slice(0, 2);
    const does: Partial<Record<Command["verb"], () => void>> = {
      hold: () => this.change(conversation, { phase: "held" }),
      resume: () => this.change(conversation, { phase: "talking" }),
      mute: () => this.change(conversation, { muted: true }),
      unmute: () => this.change(conversation, { muted: false }),
      consult: () => this.change(conversation, service ? { phase: "talking", parties: [...base, { id: service, role: "service", name: service, state: "ringing" }] } : { phase: "consulting", parties: [...base, peer] }),
      press: () => undefined,
      merge: () => this.change(conversation, { phase: "conference" }),
      drop: () => this.change(conversation, { phase: "talking", parties: base }),
      say: () => this.say(talk, c.text ?? "", c.key),
      complete: () => this.end(conversation),
      transfer: () => this.end(conversation),
      finish: () => this.end(conversation),
      return: () => this.end(conversation),
    };
    does[c.verb]?.();
  }

  // log adds an event to a talk that goes on.
  private log(talk: Talk, kind: string, body: Record<string, unknown>): void {
    const event = seed.entry(talk.conversation, ++talk.last, kind, body);
    this.events.push(event);
    this.tell({ type: "event", conversation: talk.conversation, event });
  }

  private say(talk: Talk, text: string, key?: string): void {
    this.log(talk, "uttered", { party: "zhang", role: "agent", text, key });
  }

  hear(conversation: string, text: string): void {
    const talk = this.talks.find((t) => t.conversation === conversation)!;
    this.log(talk, "heard", { turn: talk.last + 1, text, confidence: 0.9 });
  }

  // note is in the log while the talk goes on, and beside it afterwards.
  note(conversation: string, text: string): void {
    const talk = this.talks.find((t) => t.conversation === conversation);
    const before = this.events.filter((e) => e.conversation === conversation && e.kind === "noted").pop();
    if (!talk) this.notes.set(conversation, text);
    else if (before?.body.text !== text) this.log(talk, "noted", { party: "zhang", text, replaces: before?.seq });
  }

  noteOf(conversation: string): string | undefined {
    const mine = this.events.filter((e) => e.conversation === conversation && e.kind === "noted");
    return this.notes.get(conversation) ?? (mine.pop()?.body.text as string | undefined);
  }

  end(conversation: string): void {
    this.talks = this.talks.filter((t) => t.conversation !== conversation);
    this.tell({ type: "talk_gone", conversation, reason: "finished" });
    this.be({ state: this.presence.callback ? "busy" : "wrap_up", wrap_up: conversation, wrap_up_until: new Date(Date.now() + 60_000).toISOString() });
  }

  private stream(ws: WebSocket): void {
    for (const other of this.sockets) {
      other.send(JSON.stringify({ type: "end", reason: "taken_over" }));
      other.close(4001);
    }
    this.sockets.clear();
    this.sockets.add(ws);
    ws.on("close", () => this.sockets.delete(ws));
    ws.on("message", (data) => {
      const m = JSON.parse(String(data)) as { type: string; on?: boolean };
      if (m.type === "ping") ws.send(JSON.stringify({ type: "pong" }));
      if (m.type === "board" && m.on) ws.send(JSON.stringify({ type: "board", board: seed.board() }));
    });
    ws.send(JSON.stringify({ type: "hello", agent: this.me, presence: this.presence, talks: this.talks, offers: this.offers, callback: this.callbacks.find((c) => c.id === this.presence.callback) }));
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", "http://local");
    if (!url.pathname.startsWith("/api/v1/")) return this.page(req, res);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const method = req.method ?? "GET";
    const path = decodeURIComponent(url.pathname.slice("/api/v1".length));
    if (method !== "GET") this.asked.push(`${method} ${path} ${text}`.trim());
    const ask: Ask = { contract: this, method, path, query: url.searchParams, text, type: req.headers["content-type"] ?? "", token: (req.headers.authorization ?? "").replace("Bearer ", ""), match: req.headers["if-match"] ?? "" };
    try {
      if (this.failing.has(`${method} ${path}`)) {
        this.failures++;
        throw new Refusal(500, "internal");
      }
      const answer = await routes(ask);
      res.writeHead(answer.status ?? 200, { "Content-Type": "application/json", ...answer.headers });
      res.end(answer.raw ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
    } catch (e) {
      const r = e instanceof Refusal ? e : new Refusal(500, String(e));
      res.writeHead(r.status, { "Content-Type": "application/problem+json", ...r.headers });
      res.end(JSON.stringify({ status: r.status, code: r.code, title: STATUS_CODES[r.status], detail: r.detail }));
    }
  }

  private page(req: IncomingMessage, res: ServerResponse): void {
    const up = forward(this.pages + (req.url ?? "/"), { method: req.method, headers: { ...req.headers } }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    up.on("error", () => res.writeHead(502).end());
    req.pipe(up);
  }
}
