import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../src/session";
import { random } from "../clock";
import { Network } from "../network";

const shown = (s: Session) => s.transcript.entries.map((e) => ("notice" in e ? e.notice : `${e.kind}:${e.body.text ?? ""}`));
const heard = (s: Session) => shown(s).filter((e) => e.startsWith("heard:")).map((e) => e.slice("heard:".length));

async function begun(n = new Network()): Promise<[Network, Session]> {
  const s = n.session();
  s.begin();
  await n.clock.run(1000);
  return [n, s];
}

test("a conversation", async (t) => {
  await t.test("begins with a greeting, once", async () => {
    const [n, s] = await begun();
    s.begin();
    await n.clock.run(1000);
    assert.equal(n.gateway.conversations.length, 1);
    assert.equal(shown(s).length, 1);
    assert.match(shown(s)[0], /^said:您好/);
  });
  await t.test("shows what others say in it without being asked", async () => {
    const [n, s] = await begun();
    n.gateway.say(n.gateway.latest(), "坐席：您好");
    await n.clock.run(50);
    assert.equal(shown(s)[1], "said:坐席：您好");
  });
  await t.test("sends in order, one at a time, with a key each", async () => {
    const [n, s] = await begun();
    for (const m of ["一", "二", "三"]) s.send(m);
    assert.deepEqual(s.pending().map((m) => m.text), ["一", "二", "三"]);
    await n.clock.run(1000);
    assert.deepEqual([n.gateway.heard(), heard(s), s.pending()], [["一", "二", "三"], ["一", "二", "三"], []]);
    assert.equal(n.requests.filter((r) => r.endsWith("/messages")).length, 3);
  });
  await t.test("messages written before it has begun are sent when it has", async () => {
    const n = new Network();
    const s = n.session();
    s.send("先说");
    await n.clock.run(1000);
    assert.deepEqual(heard(s), ["先说"]);
  });
  await t.test("a long history comes page by page", async () => {
    const [n, s] = await begun();
    n.gateway.page = 3;
    for (let i = 0; i < 10; i++) s.send("第" + i);
    await n.clock.run(2000);
    n.unload();
    const again = n.session();
    assert.equal(again.resume(), true);
    await n.clock.run(2000);
    assert.deepEqual(shown(again), shown(s));
  });
});

test("a bad network", async (t) => {
  await t.test("keeps what is written offline and sends it in order afterwards", async () => {
    const [n, s] = await begun();
    n.fate = () => "lost";
    n.cut();
    s.send("一");
    s.send("二");
    await n.clock.run(5000);
    assert.equal(s.connected, false);
    assert.deepEqual(s.pending().map((m) => m.text), ["一", "二"]);
    n.fate = () => "good";
    s.awake();
    await n.clock.run(2000);
    assert.deepEqual([n.gateway.heard(), s.connected], [["一", "二"], true]);
  });
  await t.test("an answer that is lost does not send the message twice", async () => {
    const [n, s] = await begun();
    let lost = 2;
    n.fate = (_, path) => (path.endsWith("/messages") && lost-- > 0 ? "unanswered" : "good");
    s.send("只一次");
    await n.clock.run(20000);
    assert.deepEqual([n.gateway.heard(), heard(s)], [["只一次"], ["只一次"]]);
  });
  await t.test("a cut stream loses nothing and repeats nothing", async () => {
    const [n, s] = await begun();
    n.twice = true;
    for (let i = 0; i < 6; i++) {
      n.cut();
      n.gateway.say(n.gateway.latest(), "消息" + i);
      await n.clock.run(3000);
    }
    assert.deepEqual(shown(s).slice(1), [0, 1, 2, 3, 4, 5].map((i) => "said:消息" + i));
  });
  await t.test("what lies between the stream and an answer is not skipped", async () => {
    const [n, s] = await begun();
    n.streams = "mute";
    n.cut();
    await n.clock.run(100);
    n.gateway.say(n.gateway.latest(), "之前");
    s.send("问");
    await n.clock.run(10000);
    assert.deepEqual(shown(s).slice(1), ["said:之前", "heard:问", "said:已经记下：问"]);
  });
  for (const streams of ["refused", "mute", "missing"] as const) {
    await t.test(`streams ${streams}: polling instead`, async () => {
      const n = new Network();
      n.streams = streams;
      const s = n.session();
      s.begin();
      await n.clock.run(40000);
      n.gateway.say(n.gateway.latest(), "推送");
      await n.clock.run(15000);
      assert.equal(shown(s)[1], "said:推送");
    });
  }
  await t.test("streams that become possible are used again", async () => {
    const n = new Network();
    n.streams = "refused";
    const [, s] = await begun(n);
    await n.clock.run(20000);
    n.streams = "good";
    await n.clock.run(120000);
    assert.equal(n.sources.length, 1);
    const before = n.requests.length;
    await n.clock.run(60000);
    assert.equal(n.requests.length, before, "polls beside a stream");
    assert.equal(s.connected, true);
  });
  await t.test("a busy gateway is asked again when it said so", async () => {
    const [n, s] = await begun();
    let refusals = 1;
    n.fate = (_, path) => (path.endsWith("/messages") && refusals-- > 0 ? { status: 429, retryAfter: 7 } : "good");
    s.send("慢");
    await n.clock.run(6900);
    assert.deepEqual(n.gateway.heard(), []);
    await n.clock.run(500);
    assert.deepEqual([n.gateway.heard(), s.connected], [["慢"], true]);
  });
});

test("failures", async (t) => {
  await t.test("a refused message says why and does not hold up the next", async () => {
    const [n, s] = await begun();
    s.send("违禁");
    s.send("正常");
    await n.clock.run(2000);
    assert.deepEqual(n.gateway.heard(), ["正常"]);
    assert.deepEqual(s.pending().map((m) => m.failed), ["消息里有不能发送的内容"]);
    s.discard(s.pending()[0].key);
    assert.deepEqual(s.pending(), []);
  });
  await t.test("a gateway that fails is asked a few times, then the visitor", async () => {
    const [n, s] = await begun();
    n.fate = (_, path) => (path.endsWith("/messages") ? { status: 500 } : "good");
    s.send("坏");
    await n.clock.run(60000);
    assert.equal(s.pending()[0].failed, "发送失败");
    n.fate = () => "good";
    s.again(s.pending()[0].key);
    await n.clock.run(1000);
    assert.deepEqual([n.gateway.heard(), s.pending()], [["坏"], []]);
  });
  await t.test("a dead token begins another conversation, says so, and keeps what was not sent", async () => {
    const [n, s] = await begun();
    s.send("旧");
    await n.clock.run(1000);
    n.gateway.forget();
    s.send("新");
    await n.clock.run(3000);
    assert.deepEqual([n.gateway.conversations.length, n.gateway.heard()], [2, ["旧", "新"]]);
    assert.ok(shown(s).includes("之前的会话已过期，已为您开始新的会话。"));
  });
  await t.test("a gateway that forgets at once is not asked for ever", async () => {
    const [n, s] = await begun();
    n.fate = (method, path) => (method === "POST" && path === "/conversations" ? "good" : { status: 401 });
    n.cut();
    await n.clock.run(600000);
    assert.equal(s.phase, "refused");
    assert.ok(n.gateway.conversations.length <= 4, String(n.gateway.conversations.length));
  });
  await t.test("a reload resumes, also a message that was under way", async () => {
    const [n, s] = await begun();
    n.fate = (_, path) => (path.endsWith("/messages") ? "unanswered" : "good");
    s.send("半路");
    await n.clock.run(10);
    n.fate = () => "good";
    n.unload();
    const again = n.session();
    assert.equal(again.resume(), true);
    await n.clock.run(3000);
    assert.deepEqual([n.gateway.heard(), heard(again), again.pending()], [["半路"], ["半路"], []]);
  });
  await t.test("stored nonsense begins afresh", async () => {
    for (const stored of ["{", "[]", "null", '{"id":1}', '{"id":"","token":""}']) {
      const n = new Network();
      n.memory["hotline:/api"] = stored;
      assert.equal(n.session().resume(), false, stored);
    }
  });
});

test("the end", async (t) => {
  await t.test("after a goodbye it has ended and can be rated", async () => {
    const [n, s] = await begun();
    s.send("再见");
    await n.clock.run(1000);
    assert.equal(s.phase, "ended");
    const rating = s.rate(5, "好");
    await n.clock.run(100);
    assert.deepEqual([await rating, s.rated, n.gateway.ratings], [true, true, [{ score: 5, comment: "好" }]]);
  });
  await t.test("what is written after the end goes to a new conversation", async () => {
    const [n, s] = await begun();
    s.send("再见");
    await n.clock.run(1000);
    s.send("人工");
    await n.clock.run(1000);
    assert.equal(n.gateway.conversations.length, 2);
    assert.ok(shown(s).includes("handed_over:"));
  });
  await t.test("what was written while it ended goes to a new conversation, which is said", async () => {
    const [n, s] = await begun();
    n.cut();
    n.streams = "mute";
    await n.clock.run(100);
    n.gateway.end(n.gateway.latest(), "idle");
    s.send("还在吗");
    await n.clock.run(10000);
    assert.deepEqual([n.gateway.conversations.length, n.gateway.heard()], [2, ["还在吗"]]);
    assert.ok(shown(s).includes("之前的会话已结束，已为您开始新的会话。"));
  });
  await t.test("a visitor can close it", async () => {
    const [n, s] = await begun();
    const closed = s.close();
    await n.clock.run(1000);
    assert.deepEqual([await closed, s.phase, n.gateway.conversations.length], [true, "ended", 1]);
    const before = n.requests.length;
    await n.clock.run(60000);
    assert.equal(n.requests.length, before, "an ended conversation is still asked for");
  });
});

test("files", async (t) => {
  const file = (name: string) => new File(["x"], name, { type: "image/png" });
  await t.test("are sent one after the other", async () => {
    const [n, s] = await begun();
    s.attach(file("甲.png"));
    s.attach(file("乙.png"));
    await n.clock.run(1000);
    const names = n.gateway.latest().events.filter((e) => e.kind === "attached").map((e) => e.body.name);
    assert.deepEqual([names, s.uploads.every((u) => u.attachment !== "")], [["甲.png", "乙.png"], true]);
  });
  await t.test("one that is refused says why, one that was lost can be tried again", async () => {
    const [n, s] = await begun();
    s.attach(file("病毒.png"));
    await n.clock.run(1000);
    n.fate = (_, path) => (path.endsWith("/attachments") ? "lost" : "good");
    s.attach(file("断网.png"));
    await n.clock.run(1000);
    assert.deepEqual(s.uploads.map((u) => u.failed), ["不支持这种文件", "网络不通，没有传完"]);
    n.fate = () => "good";
    s.attachAgain(s.uploads[1]);
    await n.clock.run(1000);
    assert.deepEqual(s.uploads.map((u) => u.failed), ["不支持这种文件", ""]);
  });
});

// Whatever happens on the way: every message arrives once and in order, and the transcript is the gateway's.
test("random networks lose nothing, repeat nothing and keep the order", async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const next = random(seed);
    const n = new Network(next);
    n.latency = () => Math.floor(next() * 400);
    n.twice = seed % 3 === 0;
    n.streams = (["good", "good", "mute", "refused", "missing"] as const)[seed % 5];
    let weather = 0.3;
    n.fate = () => {
      if (next() > weather) return "good";
      return (["lost", "unanswered", { status: 503, retryAfter: 1 }, { status: 429 }] as const)[Math.floor(next() * 4)];
    };
    let s = n.session();
    s.begin();
    const wrote: string[] = [];
    for (let step = 0; step < 40; step++) {
      const what = next();
      if (what < 0.5) {
        wrote.push(["是", "问题" + step][Math.floor(next() * 2)]);
        s.send(wrote[wrote.length - 1]);
      } else if (what < 0.65) n.cut();
      else if (what < 0.75 && n.gateway.conversations.length) n.gateway.say(n.gateway.latest(), "插话" + step);
      else if (what < 0.8) s.awake();
      else if (what < 0.85) {
        n.unload();
        s = n.session();
        s.resume();
        s.begin();
      }
      await n.clock.run(next() * 1500);
    }
    weather = 0;
    s.awake();
    await n.clock.run(200000);
    const c = n.gateway.find(s.id) as NonNullable<ReturnType<typeof n.gateway.find>>;
    const visible = c.events.filter((e) => ["heard", "said"].includes(e.kind)).map((e) => e.seq);
    assert.deepEqual(n.gateway.heard(), wrote, `seed ${seed}: what arrived`);
    assert.deepEqual(s.transcript.entries.flatMap((e) => ("notice" in e || e.conversation !== c.id ? [] : [e.seq])), visible, `seed ${seed}: what is shown`);
    assert.deepEqual(s.pending(), [], `seed ${seed}: what is still pending`);
  }
});
