// Headset is the agent's voice: one WebRTC leg to the gateway for the whole shift (WHIP, RFC 9725), both ways. It is
// made again when it breaks, and changes its microphone without breaking.
import type { Grant } from "../api/types";
import { fragment, restarted, type Candidate } from "../../../sdp";

export type HeadsetState =
  | "off"
  | "asking" // for the microphone
  | "connecting"
  | "on"
  | "lost" // broken, being mended
  | "refused" // the microphone may not be used
  | "missing" // there is no microphone
  | "failed"; // cannot be made; tried again by hand

export interface HeadsetParts {
  microphone: (device: string) => Promise<MediaStream>;
  peer: (servers: RTCIceServer[]) => RTCPeerConnection;
  grant: () => Promise<Grant>;
  fetch: typeof fetch;
  play: (stream: MediaStream) => void;
  changed: (state: HeadsetState) => void;
  later: (f: () => void, ms: number) => () => void;
}

const idle: HeadsetState[] = ["off", "refused", "missing", "failed"];
const restartAfter = 2000; // of "disconnected", which often mends itself
const giveUpAfter = 6; // attempts in a row

export class Headset {
  private state: HeadsetState = "off";
  private device = "";
  private stream?: MediaStream;
  private peer?: RTCPeerConnection;
  private resource = "";
  private token = "";
  private etag = ""; // of the ICE session; none while it is being agreed on
  private answer = "";
  private found: Candidate[] = [];
  private gathered = false;
  private failures = 0;
  private timer?: () => void;
  private waiting: ((came: boolean) => void)[] = [];
  private round = 0; // numbers the legs, so that what comes late from an old one is let fall

  constructor(private readonly parts: HeadsetParts) {}

  get local(): MediaStream | undefined {
    return this.stream;
  }

  async start(device = this.device): Promise<void> {
    this.device = device;
    this.failures = 0;
    await this.connect();
  }

  // up starts the leg unless it is there or being made, and tells whether it came about.
  async up(): Promise<boolean> {
    if (this.state === "on") return true;
    const came = new Promise<boolean>((done) => this.waiting.push(done));
    if (idle.includes(this.state)) void this.start();
    return came;
  }

  // choose changes the microphone of the running leg.
  async choose(device: string): Promise<void> {
    this.device = device;
    if (this.state !== "on") return this.start(device);
    const stream = await this.parts.microphone(device);
    const track = stream.getAudioTracks()[0];
    if (!track) return;
    await this.peer?.getSenders()[0]?.replaceTrack(track);
    this.release();
    this.stream = stream;
    this.parts.changed(this.state);
  }

  // stop ends the leg and lets the gateway know.
  stop(): void {
    this.round++;
    this.drop();
    this.release();
    this.become("off");
  }

  private async connect(): Promise<void> {
    const round = ++this.round;
    const stale = () => round !== this.round;
    this.drop();
    try {
      if (!this.stream?.active) {
        this.become("asking");
        const stream = await this.parts.microphone(this.device);
        if (stale()) return stopTracks(stream);
        this.release();
        this.stream = stream;
      }
      this.become(this.failures ? "lost" : "connecting");
      const grant = await this.parts.grant();
      if (stale()) return;
      await this.offer(grant, stale);
    } catch (e) {
      if (stale()) return;
      const name = e instanceof Error ? e.name : "";
      if (name === "NotAllowedError" || name === "SecurityError") return this.become("refused");
      if (name === "NotFoundError" || name === "OverconstrainedError") return this.become("missing");
      this.mend();
    }
  }

  private async offer(grant: Grant, stale: () => boolean): Promise<void> {
    const peer = this.parts.peer(grant.ice_servers ?? []);
    this.peer = peer;
    this.found = [];
    this.gathered = false;
    const track = this.stream?.getAudioTracks()[0];
    if (!track || !this.stream) throw new Error("no microphone");
    peer.addTransceiver(track, { direction: "sendrecv", streams: [this.stream] });
    peer.ontrack = (e) => this.parts.play(e.streams[0] ?? new MediaStream([e.track]));
    peer.onicecandidate = (e) => {
      if (stale()) return;
      if (e.candidate?.candidate) this.found.push({ candidate: e.candidate.candidate, mid: e.candidate.sdpMid ?? "0" });
      else this.gathered = true;
      void this.trickle();
    };
    peer.onconnectionstatechange = () => {
      if (!stale()) this.watch(peer.connectionState);
    };
    await peer.setLocalDescription(await peer.createOffer());
    const res = await this.parts.fetch(grant.url, {
      method: "POST",
      headers: { Authorization: "Bearer " + grant.token, "Content-Type": "application/sdp" },
      body: peer.localDescription?.sdp,
    });
    if (!res.ok) throw new Error(`WHIP ${res.status}`);
    const resource = new URL(res.headers.get("Location") ?? "", new URL(grant.url, document.baseURI)).href;
    const answer = await res.text();
    if (stale()) return void this.remove(resource, grant.token);
    this.resource = resource;
    this.token = grant.token;
    this.etag = res.headers.get("ETag") ?? "*";
    this.answer = answer;
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    await this.trickle();
  }

  private async trickle(): Promise<void> {
    const sdp = this.peer?.localDescription?.sdp;
    if (!this.etag || !sdp || (!this.found.length && !this.gathered)) return;
    const body = fragment(sdp, this.found.splice(0), this.gathered);
    this.gathered = false;
    // Candidates that do not arrive are no reason to end a leg that may do without them.
    await this.change(body, this.etag).catch(() => undefined);
  }

  private change(body: string, match: string): Promise<Response> {
    const headers = { Authorization: "Bearer " + this.token, "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": match };
    return this.parts.fetch(this.resource, { method: "PATCH", headers, body });
  }

  private watch(state: RTCPeerConnectionState): void {
    this.timer?.();
    this.timer = undefined;
    if (state === "connected") {
      this.failures = 0;
      this.become("on");
    } else if (state === "disconnected") {
      this.timer = this.parts.later(() => void this.restart(), restartAfter);
    } else if (state === "failed") {
      void this.restart();
    }
  }

  // restart looks for another way to the gateway without making the leg anew; where that is refused, it is made anew.
  private async restart(): Promise<void> {
    const { peer, round } = this;
    if (!peer || !this.resource) return this.mend();
    this.become("lost");
    this.etag = "";
    try {
      await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
      const res = await this.change(fragment(peer.localDescription?.sdp ?? "", [], false), "*");
      if (res.status !== 200) throw new Error(`restart ${res.status}`);
      const frag = await res.text();
      this.etag = res.headers.get("ETag") ?? "*";
      if (round !== this.round) return;
      this.answer = restarted(this.answer, frag);
      await peer.setRemoteDescription({ type: "answer", sdp: this.answer });
      await this.trickle();
      this.timer = this.parts.later(() => this.mend(), 4 * restartAfter);
    } catch {
      if (round === this.round) this.mend();
    }
  }

  private mend(): void {
    if (++this.failures > giveUpAfter) {
      this.drop();
      return this.become("failed");
    }
    this.become("lost");
    this.timer?.();
    this.timer = this.parts.later(() => void this.connect(), Math.min(8000, 250 * 2 ** this.failures));
  }

  private drop(): void {
    this.timer?.();
    this.timer = undefined;
    if (this.peer) {
      this.peer.ontrack = this.peer.onicecandidate = this.peer.onconnectionstatechange = null;
      this.peer.close();
    }
    this.peer = undefined;
    if (this.resource) this.remove(this.resource, this.token);
    this.resource = this.etag = "";
  }

  private remove(resource: string, token: string): void {
    void this.parts.fetch(resource, { method: "DELETE", headers: { Authorization: "Bearer " + token }, keepalive: true }).catch(() => undefined);
  }

  private release(): void {
    if (this.stream) stopTracks(this.stream);
    this.stream = undefined;
  }

  private become(state: HeadsetState): void {
    this.state = state;
    this.parts.changed(state);
    if (state === "on" || idle.includes(state)) for (const done of this.waiting.splice(0)) done(state === "on");
  }
}

const stopTracks = (stream: MediaStream): void => stream.getTracks().forEach((track) => track.stop());
