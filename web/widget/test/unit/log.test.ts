import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, verdict } from "../../src/http";
import { Outbox } from "../../src/outbox";
import { guarded, read } from "../../src/store";
import { Event, Transcript } from "../../src/transcript";

const event = (seq: number, kind = "said", conversation = "a"): Event => ({ conversation, seq, kind, at: "2026-11-24T08:00:00Z", body: { text: String(seq) } });
const order = (t: Transcript) => t.entries.map((e) => ("notice" in e ? e.notice : e.conversation + e.seq));

test("transcript", async (t) => {
  await t.test("events stand in the gateway's order and once", () => {
    const log = new Transcript();
    log.add([event(4), event(2)]);
    assert.deepEqual(log.add([event(2), event(3), event(4)]).map((e) => e.seq), [3]);
    assert.deepEqual(order(log), ["a2", "a3", "a4"]);
  });
  await t.test("another conversation follows, whatever its numbers", () => {
    const log = new Transcript();
    log.add([event(7)]);
    log.note("新的会话");
    log.add([event(2, "said", "b"), event(1, "said", "b")]);
    assert.deepEqual(order(log), ["a7", "新的会话", "b1", "b2"]);
  });
  await t.test("what a visitor does not see, and what is broken, is left out", () => {
    const log = new Transcript();
    const broken = [null, {}, { seq: "1", kind: "said", body: {} }, { seq: 1, kind: "said" }] as unknown as Event[];
    assert.deepEqual(log.add([event(1, "decided"), event(2, "unheard-of"), ...broken]), []);
  });
  await t.test("the last of a conversation", () => {
    const log = new Transcript();
    log.add([event(1), event(2, "heard"), event(9, "said", "b")]);
    assert.equal(log.last("a", (e) => e.kind === "said")?.seq, 1);
    assert.equal(log.last("c", () => true), null);
  });
});

test("outbox", async (t) => {
  const filled = () => {
    const box = new Outbox();
    for (const key of ["1", "2", "3"]) box.push(key, "text " + key);
    return box;
  };
  const keys = (box: Outbox) => box.items.map((m) => m.key).join("");
  await t.test("messages leave in the order they were written", () => assert.equal(filled().head()?.key, "1"));
  await t.test("a failed one does not hold up the rest", () => {
    const box = filled();
    box.items[0].failed = "too long";
    assert.equal(box.head()?.key, "2");
  });
  await t.test("tried again it comes last", () => {
    const box = filled();
    box.items[0].failed = "too long";
    box.again("1");
    assert.deepEqual([keys(box), box.head()?.key, box.items[2].failed], ["231", "2", ""]);
  });
  await t.test("it survives storage, without what is not a message", () => {
    const stored = JSON.parse(JSON.stringify([...filled().items, null, { key: 1 }, "x"]));
    assert.equal(keys(new Outbox(stored)), "123");
    assert.equal(keys(new Outbox("nonsense")), "");
  });
  await t.test("an echo comes after it was sent and says the same", () => {
    const box = filled();
    const heard = { ...event(5, "heard"), body: { text: "folded", raw: "text 1" } };
    assert.equal(Outbox.echoed(box.items[0], "a", [heard]), false, "not sent yet");
    box.items[0].after = 5;
    assert.equal(Outbox.echoed(box.items[0], "a", [heard]), false, "said before");
    box.items[0].after = 4;
    assert.equal(Outbox.echoed(box.items[0], "a", [heard]), true);
    assert.equal(Outbox.echoed(box.items[0], "b", [heard]), false, "another conversation");
  });
});

test("verdicts", () => {
  const want: { [v: string]: number[] } = {
    ok: [200, 201, 204],
    wait: [0, 408, 425, 429, 502, 503, 504],
    dead: [401, 403, 404, 410],
    fault: [409, 500, 501],
    refused: [400, 405, 413, 415, 422],
  };
  for (const v of Object.keys(want)) for (const status of want[v]) assert.equal(verdict(status), v, String(status));
});

test("waits double up to half a minute and are never shorter than asked for", () => {
  assert.deepEqual([0, 1, 2, 6, 99].map((n) => backoff(n, 0, 1)), [500, 1000, 2000, 30000, 30000]);
  assert.equal(backoff(0, 7, 0), 7000);
  assert.equal(backoff(3, 0, 0), 2000);
});

test("storage that throws is replaced by memory", () => {
  const store = guarded(() => {
    throw new Error("denied");
  });
  store.set("a", "{");
  assert.equal(store.get("a"), "{");
  assert.equal(read(store, "a"), null, "broken JSON");
  store.set("a", null);
  assert.equal(store.get("a"), null);
});
