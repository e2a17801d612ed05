// The gateway of gateway.ts behind real HTTP, with the faults of a bad network at hand.
import http from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { AddressInfo, Socket } from "node:net";
import { Gateway, Reply } from "./gateway";

export const web = join(process.env.WIDGET_DIR || process.cwd(), "..");
const types: { [ext: string]: string } = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml" };

export class Fake {
  gateway = new Gateway();
  url = "";
  /** Milliseconds before a message is answered. */
  delay = 0;
  /** Answers to the next requests of a path's end, instead of the gateway's own. */
  refuse: { path: string; reply: Reply }[] = [];
  /** The next so many messages are taken, and the connection cut before the answer. */
  swallow = 0;
  /** Streams: as they should be, refused, or opened and never written to. */
  streams: "good" | "refused" | "mute" = "good";
  /** Every event of a stream is sent twice. */
  twice = false;
  /** Requests seen, as "METHOD /path". */
  requests: string[] = [];
  private open = new Set<http.ServerResponse>();
  private sockets = new Set<Socket>();
  private server = http.createServer((req, res) => void this.serve(req, res).catch(() => res.destroy()));

  async start(): Promise<this> {
    this.server.on("connection", (s) => {
      this.sockets.add(s);
      s.on("close", () => this.sockets.delete(s));
    });
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    for (const s of this.sockets) s.destroy();
    await new Promise((done) => this.server.close(done));
  }

  cutStreams(): number {
    const n = this.open.size;
    for (const res of this.open) res.destroy();
    return n;
  }

  private async serve(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const url = new URL(req.url || "/", this.url);
    if (calls && url.pathname.startsWith("/webrtc")) return forward(calls + url.pathname, req, res);
    if (!url.pathname.startsWith("/api/v1/")) return this.page(url.pathname, req, res);
    const path = url.pathname.slice("/api/v1".length);
    this.requests.push(`${req.method} ${path}`);
    const body = await read(req);
    const refused = this.refuse.findIndex((r) => path.endsWith(r.path));
    if (refused >= 0) return send(res, this.refuse.splice(refused, 1)[0].reply);
    if (calls && path.endsWith("/calls")) return send(res, { status: 201, body: { url: "/webrtc", token: await rig("token"), ice_servers: [] } });
    const token = url.searchParams.get("token") || (req.headers.authorization || "").replace("Bearer ", "");
    if (path.endsWith("/stream")) return this.stream(path, token, Number(url.searchParams.get("after")), req, res);
    const reply = this.gateway.handle({
      method: req.method || "",
      path,
      token,
      key: String(req.headers["idempotency-key"] || ""),
      query: url.searchParams,
      json: path.endsWith("/attachments") ? undefined : decoded(body),
      file: path.endsWith("/attachments") ? upload(body) : undefined,
    });
    if (!path.endsWith("/messages")) return send(res, reply);
    if (this.swallow > 0) {
      this.swallow--;
      return void res.destroy();
    }
    setTimeout(() => send(res, reply), this.delay);
  }

  private stream(path: string, token: string, after: number, req: http.IncomingMessage, res: http.ServerResponse): void {
    const c = this.gateway.find(path.split("/")[2]);
    if (this.streams === "refused") return send(res, { status: 502, body: {} });
    if (!c || c.token !== token) return send(res, { status: 401, body: {} });
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    res.write(": open\n\n");
    this.open.add(res);
    res.on("close", () => this.open.delete(res));
    if (this.streams === "mute") return;
    const write = (e: { seq: number; kind: string }) => {
      const text = `id: ${e.seq}\nevent: ${e.kind}\ndata: ${JSON.stringify(e)}\n\n`;
      res.write(this.twice ? text + text : text);
    };
    const from = Number(req.headers["last-event-id"] || after) || 0;
    c.events.filter((e) => e.seq > from).forEach(write);
    c.listeners.add(write);
    res.on("close", () => c.listeners.delete(write));
  }

  // With HOTLINE_WEB the pages come from Go's own handler, with its headers.
  private async page(path: string, req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    if (process.env.HOTLINE_WEB) return forward(process.env.HOTLINE_WEB + path, req, res);
    const name = /^\/(demo|survey)\//.test(path) ? path.slice(1) + (path.endsWith("/") ? "index.html" : "") : "dist" + path;
    try {
      const data = await readFile(join(web, name));
      res.writeHead(200, { "Content-Type": types[extname(name)] || "application/octet-stream" });
      res.end(data);
    } catch {
      res.writeHead(404).end();
    }
  }
}

/** A front end for calls that HOTLINE_CALLS names (web/call_rig_test.go), or undefined. */
export const calls = process.env.HOTLINE_CALLS;

/** Asks that front end something, or has it do something. */
export async function rig(what: string, method = "GET"): Promise<string> {
  return (await fetch(`${calls}/rig/${what}`, { method })).text();
}

function forward(url: string, req: http.IncomingMessage, res: http.ServerResponse): void {
  const there = http.request(url, { method: req.method, headers: req.headers }, (from) => {
    res.writeHead(from.statusCode || 502, from.headers);
    from.pipe(res);
  });
  there.on("error", () => res.destroy());
  req.pipe(there);
}

function send(res: http.ServerResponse, reply: Reply): void {
  const headers: http.OutgoingHttpHeaders = { "Content-Type": reply.status < 400 ? "application/json" : "application/problem+json" };
  if (reply.retryAfter) headers["Retry-After"] = reply.retryAfter;
  res.writeHead(reply.status, headers);
  res.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
}

async function read(req: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function decoded(body: Buffer): any {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

// One part named "file", as browsers send it.
function upload(body: Buffer): { name: string; type: string; size: number } | undefined {
  const head = body.subarray(0, 1000).toString();
  const name = /name="file"; filename="([^"]*)"/.exec(head);
  const type = /Content-Type: ([^\r]+)/.exec(head);
  const start = head.indexOf("\r\n\r\n");
  if (!name || !type || start < 0) return undefined;
  const boundary = head.slice(0, head.indexOf("\r\n"));
  const size = body.length - Buffer.byteLength(head.slice(0, start + 4)) - boundary.length - "\r\n\r\n--".length;
  return { name: name[1], type: type[1], size };
}
