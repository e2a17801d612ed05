import assert from "node:assert/strict";
import { test } from "node:test";
import { Headset, type HeadsetState } from "../../src/desk/headset";
import { fragment, restarted } from "../../../sdp";

const sdp = (ufrag: string) => `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:${ufrag}\r\na=ice-pwd:${ufrag}-pwd\r\na=candidate:1 1 udp 1 10.0.0.1 4000 typ host\r\na=end-of-candidates\r\n`;

class Track {
  stopped = false;
  stop = () => (this.stopped = true);
}

const mic = () => {
  const track = new Track();
  return { active: true, getTracks: () => [track], getAudioTracks: () => [track] } as unknown as MediaStream;
};

class Peer {
  static made: Peer[] = [];
  localDescription: { sdp: string } | null = null;
  remote: string[] = [];
  connectionState: RTCPeerConnectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  onicecandidate: ((e: { candidate: { candidate: string; sdpMid: string } | null }) => void) | null = null;
  ontrack = null;
  closed = false;
  private offers = 0;
  constructor() {
    Peer.made.push(this);
  }
  addTransceiver = () => undefined;
  getSenders = () => [];
  createOffer = async () => ({ sdp: sdp("local" + ++this.offers) });
  setLocalDescription = async (d: { sdp: string }) => void (this.localDescription = d);
  setRemoteDescription = async (d: { sdp: string }) => void this.remote.push(d.sdp);
  close = () => void (this.closed = true);
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

interface Rig {
  headset: Headset;
  states: HeadsetState[];
  asked: string[];
  tick: () => Promise<void>;
  elapse: () => Promise<void>;
  answer: (method: string) => { status: number; body?: string };
}

function rig(microphone: () => Promise<MediaStream> = async () => mic()): Rig {
  Peer.made = [];
  (globalThis as { document?: unknown }).document = { baseURI: "https://desk.example/console/desk" };
  let timers: (() => void)[] = [];
  const tick = () => new Promise<void>((done) => setImmediate(done));
  const r: Rig = {
    states: [],
    asked: [],
    tick,
    elapse: async () => {
      const due = timers;
      timers = [];
      due.forEach((f) => f());
      await tick();
    },
    answer: (method) => ({ status: method === "POST" ? 201 : 204, body: sdp("remote1") }),
    headset: new Headset({
      microphone,
      peer: () => new Peer() as unknown as RTCPeerConnection,
      grant: async () => ({ url: "/api/v1/whip", token: "t" }),
      fetch: (async (url: string | URL, init: RequestInit) => {
        const method = init.method ?? "";
        r.asked.push(`${method} ${String(url)}${method === "PATCH" ? " " + (init.headers as Record<string, string>)["If-Match"] : ""}`);
        const { status, body } = r.answer(method);
        return new Response(status === 204 ? null : (body ?? ""), { status, headers: { Location: "/api/v1/whip/9", ETag: '"one"' } });
      }) as typeof fetch,
      play: () => undefined,
      changed: (state) => r.states.push(state),
      later: (f) => {
        timers.push(f);
        return () => (timers = timers.filter((t) => t !== f));
      },
    }),
  };
  return r;
}

test("it asks, connects and is on", async () => {
  const r = rig();
  await r.headset.start();
  Peer.made[0]!.become("connected");
  assert.deepEqual(r.states, ["asking", "connecting", "on"]);
  assert.deepEqual(r.asked, ["POST /api/v1/whip"]);
});

test("candidates found before the answer go with the first patch, at the place of the leg", async () => {
  const r = rig();
  const started = r.headset.start();
  await r.tick();
  Peer.made[0]!.onicecandidate?.({ candidate: { candidate: "candidate:7 1 udp 1 10.0.0.2 5000 typ host", sdpMid: "0" } });
  await started;
  await r.tick();
  assert.deepEqual(r.asked, ["POST /api/v1/whip", "PATCH https://desk.example/api/v1/whip/9 \"one\""]);
});

for (const [name, want] of [
  ["NotAllowedError", "refused"],
  ["NotFoundError", "missing"],
] as const)
  test(`${name} of the microphone is ${want}, and no leg is made`, async () => {
    const r = rig(() => Promise.reject(new DOMException("", name)));
    await r.headset.start();
    assert.equal(r.states[r.states.length - 1], want);
    assert.deepEqual(r.asked, []);
  });

test("a leg that fails looks for another way first", async () => {
  const r = rig();
  await r.headset.start();
  Peer.made[0]!.become("connected");
  r.answer = () => ({ status: 200, body: "a=ice-ufrag:remote2\r\na=ice-pwd:remote2-pwd\r\na=candidate:2 1 udp 1 10.0.0.9 4000 typ host\r\n" });
  Peer.made[0]!.become("failed");
  await r.tick();
  await r.tick();
  assert.equal(r.asked[1], "PATCH https://desk.example/api/v1/whip/9 *");
  assert.match(Peer.made[0]!.remote[1] ?? "", /ice-ufrag:remote2\r\n.*10\.0\.0\.9/s);
  Peer.made[0]!.become("connected");
  assert.deepEqual(r.states.slice(-2), ["lost", "on"]);
  assert.equal(Peer.made.length, 1);
});

test("candidates of a restart wait for the session they belong to", async () => {
  const r = rig();
  await r.headset.start();
  Peer.made[0]!.become("connected");
  r.answer = () => ({ status: 200, body: "a=ice-ufrag:remote2\r\na=ice-pwd:remote2-pwd\r\n" });
  Peer.made[0]!.become("failed");
  Peer.made[0]!.onicecandidate?.({ candidate: { candidate: "candidate:8 1 udp 1 10.0.0.2 5001 typ host", sdpMid: "0" } });
  await r.tick();
  await r.tick();
  assert.deepEqual(r.asked.slice(1), ["PATCH https://desk.example/api/v1/whip/9 *", 'PATCH https://desk.example/api/v1/whip/9 "one"']);
});

test("where that is refused it is made anew with the same microphone, and the old leg is let go", async () => {
  const r = rig();
  await r.headset.start();
  Peer.made[0]!.become("connected");
  r.answer = (method) => (method === "PATCH" ? { status: 404 } : { status: 201, body: sdp("remote1") });
  Peer.made[0]!.become("failed");
  await r.tick();
  await r.tick();
  await r.elapse();
  assert.deepEqual(r.asked.slice(1), ["PATCH https://desk.example/api/v1/whip/9 *", "DELETE https://desk.example/api/v1/whip/9", "POST /api/v1/whip"]);
  assert.equal(Peer.made[0]!.closed, true);
  assert.equal(r.states.filter((s) => s === "asking").length, 1);
});

test("a short break mends itself without a restart", async () => {
  const r = rig();
  await r.headset.start();
  Peer.made[0]!.become("connected");
  Peer.made[0]!.become("disconnected");
  Peer.made[0]!.become("connected");
  await r.elapse();
  assert.deepEqual(r.asked, ["POST /api/v1/whip"]);
});

test("it gives up after a number of tries and can be started by hand", async () => {
  const r = rig();
  r.answer = () => ({ status: 503 });
  await r.headset.start();
  for (let i = 0; i < 10; i++) await r.elapse();
  assert.equal(r.states[r.states.length - 1], "failed");
  const tries = r.asked.length;
  assert.equal(tries, 7);
  r.answer = () => ({ status: 201, body: sdp("remote1") });
  await r.headset.start();
  Peer.made[Peer.made.length - 1]!.become("connected");
  assert.equal(r.states[r.states.length - 1], "on");
});

test("who waits for it is told once it is on, and one way is enough for all who do", async () => {
  const r = rig();
  const came = Promise.all([r.headset.up(), r.headset.up()]);
  await r.tick();
  Peer.made[0]!.become("connected");
  assert.deepEqual(await came, [true, true]);
  assert.equal(await r.headset.up(), true);
  assert.deepEqual(r.asked, ["POST /api/v1/whip"]);
});

test("who waits for it in vain is told, and the next one tries again", async () => {
  let allowed = false;
  const r = rig(() => (allowed ? Promise.resolve(mic()) : Promise.reject(new DOMException("", "NotAllowedError"))));
  assert.equal(await r.headset.up(), false);
  allowed = true;
  const came = r.headset.up();
  await r.tick();
  r.headset.stop();
  assert.equal(await came, false, "it was let go");
  const again = r.headset.up();
  await r.tick();
  Peer.made.at(-1)!.become("connected");
  assert.equal(await again, true);
});

test("stop lets go of leg and microphone, also while it is being made", async () => {
  const stream = mic();
  const r = rig(async () => stream);
  await r.headset.start();
  r.headset.stop();
  assert.deepEqual(r.asked.slice(1), ["DELETE https://desk.example/api/v1/whip/9"]);
  assert.equal((stream.getTracks()[0] as unknown as Track).stopped, true);
  const late = r.headset.start();
  r.headset.stop();
  await late;
  assert.equal(r.states[r.states.length - 1], "off");
  assert.equal(Peer.made.length, 1);
});

test("a fragment carries credentials, media and candidates, one per line", () => {
  const lines = fragment(sdp("u"), [{ candidate: "candidate:1", mid: "0" }], true).split("\r\n");
  assert.deepEqual(lines, ["a=ice-ufrag:u", "a=ice-pwd:u-pwd", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=candidate:1", "a=end-of-candidates", ""]);
});

test("an answer after a restart has nothing of the old way", () => {
  const after = restarted(sdp("old"), "a=ice-ufrag:new\r\na=ice-pwd:secret\r\na=candidate:2 1 udp 1 10.0.0.9 1 typ host\r\n");
  assert.ok(!after.includes("old") && !after.includes("10.0.0.1") && after.includes("a=ice-ufrag:new") && after.includes("10.0.0.9"));
  assert.throws(() => restarted(sdp("old"), "a=candidate:1"), /credentials/);
});
