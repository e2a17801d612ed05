import assert from "node:assert/strict";
import { test } from "node:test";
import { dropped, find, merge, nothing, reduce, type Action, type Desk } from "../../src/desk/state";
import type { Agent, Presence, Talk } from "../../src/api/types";
import { brief, entry, offer, talk } from "../contract/seed";

const agent: Agent = { id: "zhang", name: "张敏", device: "browser", queues: [], chats: 4 };
const presence: Presence = { state: "ready", chosen: "ready", since: "2026-11-26T08:00:00Z", headset: true };
const call = (id: string): Talk => talk({ ...offer(id), brief: brief() });
const chat = (id: string): Talk => talk(offer(id, "chat"));
const run = (actions: Action[], from: Desk = nothing): Desk => actions.reduce(reduce, from);
const hello = (...talks: Talk[]): Action => ({ type: "hello", agent, presence, talks, offers: [] });
const names = (talks: Talk[]) => talks.map((t) => t.conversation);

test("hello takes the place of everything, and the first talk is on screen", () => {
  const desk = run([{ type: "offer", offer: offer("old") }, hello(call("a"), call("b"))]);
  assert.deepEqual(names(desk.talks), ["c-a", "c-b"]);
  assert.deepEqual(desk.offers, []);
  assert.equal(desk.open, "c-a");
});

test("a talk that went while the line was broken waits to be wrapped up", () => {
  const desk = run([hello(call("a")), { type: "link", link: "lost" }, hello()]);
  assert.deepEqual(names(desk.talks), []);
  assert.deepEqual(names(desk.done), ["c-a"]);
});

test("the same talk is never in two lists", () => {
  const desk = run([hello(call("a")), { type: "talk_gone", conversation: "c-a", reason: "finished" }, { type: "talk_gone", conversation: "c-a", reason: "finished" }, hello({ ...call("a"), phase: "over" })]);
  assert.deepEqual([names(desk.talks), names(desk.done)], [[], ["c-a"]]);
});

test("a talk that comes back is not over any more", () => {
  const back = run([hello(call("a")), { type: "talk_gone", conversation: "c-a", reason: "returned" }, { type: "talk", talk: call("a") }]);
  assert.deepEqual([names(back.talks), names(back.done)], [["c-a"], []]);
});

test("an offer that is told twice is there once, and goes", () => {
  const twice = run([{ type: "offer", offer: offer("a") }, { type: "offer", offer: offer("a") }]);
  assert.equal(twice.offers.length, 1);
  assert.deepEqual(reduce(twice, { type: "offer_gone", offer: "a", reason: "taken" }).offers, []);
});

test("a window that another one takes the place of rings no longer", () => {
  const desk = run([hello(call("a")), { type: "offer", offer: offer("b") }]);
  assert.equal(reduce(desk, { type: "link", link: "lost" }).offers.length, 1);
  assert.deepEqual(reduce(desk, { type: "link", link: "elsewhere" }).offers, []);
});

test("off duty without having chosen it is told from going, and from never having come", () => {
  const off: Presence = { ...presence, state: "offline", chosen: "offline" };
  const cameBack: Action = { type: "hello", agent, presence: off, talks: [], offers: [] };
  assert.equal(dropped(run([cameBack])), false, "never was on duty");
  assert.equal(dropped(run([hello(), { type: "presence", presence: { ...presence, state: "offline" } }])), false, "may come back by itself");
  const put = run([hello(), cameBack]);
  assert.equal(dropped(put), true, "a restart");
  assert.equal(dropped(run([{ type: "chose", state: "ready" }, { type: "presence", presence }], put)), false, "back");
  assert.equal(dropped(run([hello(), { type: "chose", state: "offline" }, { type: "presence", presence: { ...presence, state: "busy", chosen: "offline" } }, { type: "presence", presence: off }])), false, "after the last talk");
});

test("a call comes to the front, a chat does not push away what is on screen", () => {
  const first = run([hello(chat("a"))]);
  assert.equal(reduce(first, { type: "talk", talk: chat("b") }).open, "c-a");
  assert.equal(reduce(first, { type: "talk", talk: call("b") }).open, "c-b");
  assert.equal(reduce(run([hello()]), { type: "talk", talk: chat("b") }).open, "c-b");
});

test("after wrap-up the next talk is on screen and nothing of the old one is kept", () => {
  const desk = run([hello(call("a"), chat("b")), { type: "event", conversation: "c-a", event: entry("c-a", 1, "heard", { text: "喂" }) }, { type: "talk_gone", conversation: "c-a", reason: "finished" }]);
  assert.equal(desk.open, "c-a");
  const after = reduce(desk, { type: "wrapped", conversation: "c-a" });
  assert.equal(after.open, "c-b");
  assert.deepEqual(after.logs["c-a"], undefined);
  assert.equal(find(after, "c-a"), undefined);
});

test("only what a caller writes elsewhere, or while nobody looks, is unread", () => {
  const said = (conversation: string, seq: number, kind: string): Action => ({ type: "event", conversation, event: entry(conversation, seq, kind, { text: "在吗", party: "zhang" }) });
  const unread = (desk: Desk) => ["c-a", "c-b", "c-call"].map((c) => desk.logs[c]?.unread);
  const desk = run([hello(chat("a"), chat("b")), { type: "seen", on: true }, said("c-a", 1, "heard"), said("c-b", 1, "heard"), said("c-b", 2, "uttered"), said("c-b", 3, "heard")]);
  assert.deepEqual(unread(desk), [0, 2, undefined]);
  assert.deepEqual(unread(reduce(desk, { type: "open", conversation: "c-b" })), [0, 0, undefined]);
  const away = run([{ type: "seen", on: false }, said("c-a", 2, "heard")], desk);
  assert.deepEqual(unread(away), [1, 2, undefined], "on another page");
  assert.deepEqual(unread(reduce(away, { type: "seen", on: true })), [0, 2, undefined]);
  assert.deepEqual(unread(run([hello(call("call")), said("c-call", 1, "heard"), said("c-a", 1, "heard")])), [0, undefined, 0], "a call, and one that a supervisor hears");
});

test("what is read later fills the gap in order and without doubles", () => {
  const seqs = (list: number[]) => list.map((seq) => entry("c", seq, "said", {}));
  for (const [old, more, want] of [
    [[], [1, 2], [1, 2]],
    [[1, 2], [3], [1, 2, 3]],
    [[5, 6], [1, 2, 5, 6], [1, 2, 5, 6]],
    [[1, 3], [2], [1, 2, 3]],
    [[1, 2], [1, 2], [1, 2]],
    [[], [2, 1], [1, 2]],
  ] as [number[], number[], number[]][])
    assert.deepEqual(
      merge(seqs(old), seqs(more)).map((e) => e.seq),
      want,
      `${old} + ${more}`,
    );
});

test("a wrap-up that a reload forgot is found again by its detail", () => {
  const detail = { talk: { ...call("a"), phase: "over" as const }, events: [], history: [], orders: [] };
  const writing: Action = { type: "presence", presence: { ...presence, state: "wrap_up", wrap_up: "c-a" } };
  assert.deepEqual(names(run([hello(), writing, { type: "detail", conversation: "c-a", detail }]).done), ["c-a"]);
  assert.deepEqual(names(run([hello(), { type: "detail", conversation: "c-a", detail }]).done), [], "one that a supervisor has heard");
});
