// Stream keeps a WebSocket to the desk open: it comes back after a break, slower each time, and notices a line that is
// silent. What was missed need not be asked for, since the first message of each connection is the whole state.
import type { ClientMessage, ServerMessage } from "../api/types";
import type { Link } from "./state";

// Socket is what the stream needs of a WebSocket.
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number }) => void) | null;
  send(data: string): void;
  close(): void;
}

export interface StreamParts {
  dial: () => Socket;
  message: (m: ServerMessage) => void;
  link: (link: Link) => void;
  // refused is asked after a connection that never opened: the session may be over.
  refused: () => void;
  random: () => number;
  later: (f: () => void, ms: number) => () => void; // returns how to call it off
}

export const pingEvery = 20_000;
export const silentFor = 45_000;
const firstWait = 500;
const longestWait = 10_000;

export class Stream {
  private socket?: Socket;
  private stopped = true;
  private opened = false;
  private tries = 0;
  private board = false;
  private timers = new Map<"again" | "ping" | "silence", () => void>();

  constructor(private readonly parts: StreamParts) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.hangUp();
  }

  // wake tries at once, as when the network has come back.
  wake(): void {
    if (this.stopped || !this.timers.has("again")) return;
    this.tries = 0;
    this.connect();
  }

  // watch turns the board on or off, also over reconnections.
  watch(on: boolean): void {
    this.board = on;
    this.send({ type: "board", on });
  }

  private send(m: ClientMessage): void {
    if (this.opened) this.socket?.send(JSON.stringify(m));
  }

  private connect(): void {
    this.hangUp();
    this.parts.link(this.tries ? "lost" : "connecting");
    const socket = this.parts.dial();
    this.socket = socket;
    socket.onopen = () => {
      this.opened = true;
      this.ping();
      this.listen();
      if (this.board) this.send({ type: "board", on: true });
    };
    socket.onmessage = (e) => {
      this.listen();
      const m = parse(e.data);
      if (!m) return;
      if (m.type === "end" && m.reason !== "restart") {
        this.over(m.reason);
        return;
      }
      if (m.type === "hello") {
        this.tries = 0;
        this.parts.link("open");
      }
      this.parts.message(m);
    };
    socket.onclose = () => {
      if (!this.opened) this.parts.refused();
      this.again();
    };
    // A connection that never opens is silent too.
    this.listen();
  }

  // over stays away: another window has the desk now, or the session is no longer good for it.
  private over(reason: string): void {
    this.stop();
    this.parts.link(reason === "taken_over" ? "elsewhere" : "lost");
    if (reason !== "taken_over") this.parts.refused();
  }

  private again(): void {
    if (this.stopped) return;
    this.hangUp();
    this.parts.link("lost");
    const wait = Math.min(longestWait, firstWait * 2 ** this.tries++);
    // Half of the wait is left to chance, so that a desk that restarts is not stormed.
    this.set("again", () => this.connect(), wait / 2 + (wait / 2) * this.parts.random());
  }

  private ping(): void {
    this.set(
      "ping",
      () => {
        this.ping();
        this.send({ type: "ping" });
      },
      pingEvery,
    );
  }

  private listen(): void {
    this.set("silence", () => this.again(), silentFor);
  }

  private set(name: "again" | "ping" | "silence", f: () => void, ms: number): void {
    this.timers.get(name)?.();
    this.timers.set(
      name,
      this.parts.later(() => {
        this.timers.delete(name);
        f();
      }, ms),
    );
  }

  private hangUp(): void {
    for (const off of this.timers.values()) off();
    this.timers.clear();
    const socket = this.socket;
    this.socket = undefined;
    this.opened = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

function parse(data: unknown): ServerMessage | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const m: unknown = JSON.parse(data);
    return typeof m === "object" && m !== null && "type" in m ? (m as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}
