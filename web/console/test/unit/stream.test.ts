import assert from "node:assert/strict";
import { test } from "node:test";
import { pingEvery, silentFor, Stream, type Socket } from "../../src/desk/stream";

// Clock runs timers when time is moved.
class Clock {
  now = 0;
  private timers = new Map<object, { at: number; f: () => void }>();
  later = (f: () => void, ms: number) => {
    const key = {};
    this.timers.set(key, { at: this.now + ms, f });
    return () => void this.timers.delete(key);
  };
  move(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = [...this.timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!next) break;
      this.timers.delete(next[0]);
      this.now = next[1].at;
      next[1].f();
    }
    this.now = end;
  }
  get waiting(): number {
    return this.timers.size;
  }
}

class Fake implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  sent: string[] = [];
  closed = false;
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
  }
  say(m: object | string): void {
    this.onmessage?.({ data: typeof m === "string" ? m : JSON.stringify(m) });
  }
}

function rig() {
  const clock = new Clock();
  const sockets: Fake[] = [];
  const links: string[] = [];
  const messages: string[] = [];
  let refused = 0;
  const stream = new Stream({
    dial: () => {
      const s = new Fake();
      sockets.push(s);
      return s;
    },
    message: (m) => messages.push(m.type),
    link: (l) => links.push(l),
    refused: () => refused++,
    random: () => 1,
    later: clock.later,
  });
  const last = () => sockets[sockets.length - 1] as Fake;
  return { clock, sockets, links, messages, stream, last, refused: () => refused };
}

const hello = { type: "hello", talks: [], offers: [] };

test("it is open once hello has come, not before", () => {
  const r = rig();
  r.stream.start();
  r.last().onopen?.();
  assert.deepEqual(r.links, ["connecting"]);
  r.last().say(hello);
  assert.deepEqual(r.links, ["connecting", "open"]);
  assert.deepEqual(r.messages, ["hello"]);
});

test("it comes back slower each time, and quick again after a good connection", () => {
  const r = rig();
  r.stream.start();
  const gaps: number[] = [];
  for (let i = 0; i < 7; i++) {
    const before = r.clock.now;
    const count = r.sockets.length;
    r.last().onclose?.({ code: 1006 });
    while (r.sockets.length === count) r.clock.move(100);
    gaps.push(r.clock.now - before);
  }
  assert.deepEqual(gaps, [500, 1000, 2000, 4000, 8000, 10000, 10000]);
  assert.equal(r.refused(), 7, "the session is asked about each time it did not open");
  r.last().onopen?.();
  r.last().say(hello);
  r.last().onclose?.({ code: 1006 });
  const count = r.sockets.length;
  r.clock.move(500);
  assert.equal(r.sockets.length, count + 1);
  assert.equal(r.refused(), 7);
});

test("it pings, and a line that stays silent is given up", () => {
  const r = rig();
  r.stream.start();
  r.last().onopen?.();
  r.last().say(hello);
  r.clock.move(pingEvery);
  assert.deepEqual(r.last().sent, ['{"type":"ping"}']);
  r.last().say({ type: "pong" });
  r.clock.move(silentFor - 1);
  assert.equal(r.sockets.length, 1);
  const first = r.last();
  r.clock.move(1001);
  assert.equal(first.closed, true);
  assert.equal(r.sockets.length, 2);
});

test("a connection that never opens is given up too", () => {
  const r = rig();
  r.stream.start();
  r.clock.move(silentFor + 500);
  assert.equal(r.sockets.length, 2);
});

test("the board is asked for again after a break, and not once it is turned off", () => {
  const r = rig();
  r.stream.start();
  r.stream.watch(true);
  r.last().onopen?.();
  assert.deepEqual(r.last().sent, ['{"type":"board","on":true}']);
  r.last().onclose?.({ code: 1006 });
  r.clock.move(500);
  r.last().onopen?.();
  assert.deepEqual(r.last().sent, ['{"type":"board","on":true}']);
  r.stream.watch(false);
  r.last().onclose?.({ code: 1006 });
  r.clock.move(1000);
  r.last().onopen?.();
  assert.deepEqual(r.last().sent, []);
});

test("when the network is back it does not wait", () => {
  const r = rig();
  r.stream.start();
  for (let i = 0; i < 4; i++) {
    r.last().onclose?.({ code: 1006 });
    r.clock.move(10_000);
  }
  r.last().onclose?.({ code: 1006 });
  const count = r.sockets.length;
  r.stream.wake();
  assert.equal(r.sockets.length, count + 1);
  r.stream.wake();
  assert.equal(r.sockets.length, count + 1, "one that is on its way is left alone");
});

test("what is no message is let fall", () => {
  const r = rig();
  r.stream.start();
  r.last().onopen?.();
  for (const bad of ["", "{", "null", "7", "[]", "{}"]) r.last().say(bad);
  assert.deepEqual(r.messages, []);
});

test("stop leaves no timer and no way back", () => {
  const r = rig();
  r.stream.start();
  r.last().onopen?.();
  r.stream.stop();
  assert.equal(r.clock.waiting, 0);
  r.clock.move(100_000);
  assert.equal(r.sockets.length, 1);
  assert.equal(r.last().closed, true);
});

test("it stays away once another window has the desk", () => {
  const r = rig();
  r.stream.start();
  r.last().onopen?.();
  r.last().say({ type: "end", reason: "taken_over" });
  r.last().onclose?.({ code: 4001 });
  r.clock.move(10 * silentFor);
  assert.equal(r.sockets.length, 1);
  assert.equal(r.links.at(-1), "elsewhere");
});
