// Calls from the page against the gateway's front end for browsers, on a network that goes and changes. The sound of both
// sides is listened to, so what a visitor and a person hear of a change is measured.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test, TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { calls, rig } from "../fake";
import { browser, closed, real, Visit, visit } from "./page";

const skip = real || !calls ? "needs the front end for calls of the Go tests" : false;
const visitorTone = 600;
const gatewayTone = 700;
const folder = mkdtempSync(join(tmpdir(), "hotline-call-"));
let b: Browser;
before(async () => {
  if (skip) return;
  writeFileSync(join(folder, "voice.wav"), sine(visitorTone));
  b = await browser("--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${folder}/voice.wav`, "--autoplay-policy=no-user-gesture-required");
});
// What one test does to the network is none of the next one's business.
afterEach(async () => {
  if (!skip) await rig("heal", "POST");
});
after(async () => {
  await closed(b);
  rmSync(folder, { recursive: true });
});

/** Ten seconds of a tone, which can be repeated without a seam. */
function sine(hz: number): Buffer {
  const rate = 48000;
  const n = 10 * rate;
  const out = Buffer.alloc(44 + 2 * n);
  out.write("RIFF\0\0\0\0WAVEfmt ", "latin1");
  out.writeUInt32LE(36 + 2 * n, 4);
  for (const [at, value] of [[16, 16], [24, rate], [28, 2 * rate], [40, 2 * n]]) out.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) out.writeUInt16LE(value, at);
  out.write("data", 36, "latin1");
  for (let i = 0; i < n; i++) out.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / rate)), 44 + 2 * i);
  return out;
}

interface Heard {
  ms: number;
  gap: number;
}

interface EarWindow {
  ear: { heard: number; last: number; gap: number };
}

/** Runs in the page: listens for the gateway's tone in whatever a connection receives. */
const listen = (hz: number) => {
  const ear = { heard: 0, last: 0, gap: 0 };
  (window as unknown as EarWindow).ear = ear;
  const Own = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Own {
    constructor(c?: RTCConfiguration) {
      super(c);
      this.addEventListener("track", (e) => {
        const context = new AudioContext();
        const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0 });
        new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([e.track]) }).connect(analyser);
        const bins = new Float32Array(analyser.frequencyBinCount);
        const at = Math.round((hz * analyser.fftSize) / context.sampleRate);
        setInterval(() => {
          analyser.getFloatFrequencyData(bins);
          if (Math.max(...bins.subarray(at - 1, at + 2)) < -45) return;
          const now = performance.now();
          if (ear.last) ear.gap = Math.max(ear.gap, now - ear.last);
          ear.last = now;
          ear.heard++;
        }, 20);
      });
    }
  };
};

/** For how long both have heard each other since they listen, and the longest pauses, in ms; here is the page. */
async function sound(v: Visit): Promise<{ here: Heard; there: Heard & { legs: number; restarts: number } }> {
  const here = await v.page.evaluate((ear) => ({ ms: 20 * ear.heard, gap: Math.round(Math.max(ear.gap, performance.now() - ear.last)) }), await ear(v));
  return { here, there: JSON.parse(await rig("heard")) };
}

async function listenAnew(v: Visit): Promise<void> {
  await (await ear(v)).evaluate((e) => void (e.heard = e.gap = 0));
  await rig("listen", "POST");
}

const ear = (v: Visit) => v.page.evaluateHandle(() => (window as unknown as EarWindow).ear);

/** Waits until both sides hear each other, and listens anew. */
async function bothHear(v: Visit): Promise<void> {
  const before = await sound(v);
  await until("both sides hear each other", async () => {
    const { here, there } = await sound(v);
    return here.ms >= before.here.ms + 500 && there.ms >= before.there.ms + 500;
  });
}

async function until(what: string, fits: () => Promise<boolean>, within = 20_000): Promise<void> {
  for (const end = Date.now() + within; !(await fits()); ) {
    if (Date.now() > end) assert.fail(`not within ${within} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const status = (v: Visit) => v.panel.locator(".hl-call-status");
const reconnecting = (v: Visit) => status(v).filter({ hasText: "网络不稳，正在重连…" });
const talking = (v: Visit) => status(v).filter({ hasText: "通话中" });
/** Waits until the status says one thing and then another, and returns how long after, in ms by the page's own clock. */
const between = (v: Visit, first: string, then: string): Promise<number> =>
  status(v).evaluate(
    (node, [first, then]) =>
      new Promise<number>((done) => {
        let since = 0;
        const look = () => {
          const words = node.textContent || "";
          if (!since && words.includes(first)) since = performance.now();
          else if (since && words.includes(then)) done(performance.now() - since);
        };
        new MutationObserver(look).observe(node, { characterData: true, childList: true, subtree: true });
        look();
      }),
    [first, then] as const,
  );
const restarts = async (): Promise<number> => JSON.parse(await rig("heard")).restarts;

async function call(v: Visit): Promise<void> {
  await v.panel.getByRole("button", { name: "语音通话" }).click();
  await talking(v).waitFor();
  await bothHear(v);
  await listenAnew(v);
}

async function onThePhone(f: (v: Visit) => Promise<void>): Promise<void> {
  await visit(b, { permissions: ["microphone"] }, async (v) => {
    await v.page.addInitScript(listen, gatewayTone);
    await v.open();
    await call(v);
    await f(v);
    assert.deepEqual(v.faults, []);
  });
}

/** Waits until both sides hear each other over another path and returns for how long they did not, in ms. */
async function mended(t: TestContext, v: Visit, what: string, before: number): Promise<{ here: number; there: number }> {
  await until("another path", async () => (await restarts()) > before, 30_000);
  await bothHear(v);
  const { here, there } = await sound(v);
  t.diagnostic(`${what}: the visitor heard nothing for ${here.gap} ms, the gateway for ${there.gap} ms`);
  assert.equal(there.legs, 1);
  await talking(v).waitFor();
  await listenAnew(v);
  return { here: here.gap, there: there.gap };
}

test("on another network the call goes on at once", { skip }, async (t) => {
  await onThePhone(async (v) => {
    const changes: { [what: string]: () => void } = {
      "another network": () => void window.dispatchEvent(new Event("online")),
      "Wi-Fi, then mobile": () => {
        const link = (navigator as any).connection;
        Object.defineProperty(link, "type", { value: "cellular", configurable: true });
        link.dispatchEvent(new Event("change"));
      },
    };
    for (const what in changes) {
      const before = await restarts();
      await rig("cut", "POST");
      await v.page.evaluate(changes[what]);
      const gap = await mended(t, v, what, before);
      // Without being told the browser would notice after some 5 s, and wait.
      assert.ok(gap.here < 5000 && gap.there < 5000, JSON.stringify(gap));
    }
    const before = await restarts();
    await v.page.evaluate(() => (navigator as any).connection.dispatchEvent(new Event("change"))); // another estimate of the speed
    await bothHear(v);
    assert.equal(await restarts(), before);
  });
});

test("a network that dies without a word is noticed, and one can write meanwhile", { skip }, async (t) => {
  await onThePhone(async (v) => {
    const before = await restarts();
    await rig("cut", "POST");
    await reconnecting(v).waitFor();
    await v.say("还在吗");
    await mended(t, v, "a path that dies", before);
  });
});

test("without a network the call ends with words after 20 s; one goes on in writing and calls again", { skip }, async (t) => {
  await onThePhone(async (v) => {
    await rig("wall", "POST");
    const lasted = between(v, "网络不稳，正在重连…", "网络没有恢复，通话已结束");
    await v.page.context().setOffline(true);
    await reconnecting(v).waitFor();
    await status(v).filter({ hasText: "网络没有恢复，通话已结束" }).waitFor({ timeout: 45_000 });
    const ms = await lasted;
    t.diagnostic(`ended ${Math.round(ms)} ms after the network was found to be gone`);
    assert.ok(ms > 19_500 && ms < 22_000, `${ms} ms`);
    await v.page.context().setOffline(false);
    await rig("heal", "POST");
    await v.say("网络好了");
    await call(v);
  });
});

test("a call that the gateway has ended meanwhile ends with words, too", { skip }, async () => {
  await onThePhone(async (v) => {
    await rig("wall", "POST");
    await rig("hangup", "POST");
    await v.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await status(v).filter({ hasText: "网络没有恢复，通话已结束" }).waitFor();
  });
});

test("a gateway that does not answer at once is asked again", { skip }, async (t) => {
  await onThePhone(async (v) => {
    const before = await restarts();
    let refused = 0;
    await v.page.route("**/webrtc/*", (r) => (r.request().method() === "PATCH" && refused++ < 2 ? r.abort() : r.continue()));
    await rig("cut", "POST");
    await v.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await mended(t, v, "two attempts in vain", before);
    assert.ok(refused >= 3, `${refused} attempts`);
  });
});
