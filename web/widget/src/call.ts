// A call from the page: the browser's microphone to the gateway by WHIP (RFC 9725).

import { fragment, restarted } from "../../sdp";
import { Clock } from "./feed";
import { Answer, verdict } from "./http";
import { Outcome, Reconnect } from "./reconnect";

export type CallState = "idle" | "asking" | "connecting" | "talking" | "failed";

/** Why a call did not come about; each has words of its own. */
export type CallProblem = "" | "microphone" | "device" | "insecure" | "refused" | "network" | "lost";

export interface CallOptions {
  /** Asks the gateway to be invited. */
  invite: () => Promise<Answer>;
  /** The address that the invitation's is relative to. */
  base: string;
  clock: Clock;
  changed: () => void;
}

export const canCall = (): boolean => typeof RTCPeerConnection === "function" && typeof fetch === "function";

const gatherWithin = 1500;
const connectWithin = 15000;
/** How long the gateway may take to answer a restart. */
const answerWithin = 4000;

export class Call {
  state: CallState = "idle";
  problem: CallProblem = "";
  muted = false;
  since = 0;
  private peer: RTCPeerConnection | null = null;
  private microphone: MediaStream | null = null;
  private leg = "";
  private token = "";
  private answer = "";
  private asked: AbortController | null = null;
  private readonly sound = document.createElement("audio");
  private readonly reconnect: Reconnect;

  constructor(private o: CallOptions) {
    this.sound.autoplay = true;
    this.reconnect = new Reconnect({ clock: o.clock, restart: () => this.restart(), changed: o.changed, over: () => this.fail(new Lost()) });
    window.addEventListener("pagehide", () => this.hangUp());
    network(() => this.lost, () => this.state === "talking" && this.reconnect.moved());
  }

  /** Whether the call stands, but has no way to the gateway at present. */
  get lost(): boolean {
    return this.reconnect.lost;
  }

  get running(): boolean {
    return this.state === "asking" || this.state === "connecting" || this.state === "talking";
  }

  async start(): Promise<void> {
    if (this.running) return;
    this.become("asking");
    try {
      this.microphone = await listen();
      if (!this.running) return this.end();
      this.become("connecting");
      await this.connect(await this.o.invite());
    } catch (e) {
      this.fail(e);
    }
  }

  private async connect(answer: Answer): Promise<void> {
    if (answer.status !== 201) throw new Refused();
    const { url, token, ice_servers } = answer.body;
    const peer = new RTCPeerConnection({ iceServers: ice_servers });
    this.peer = peer;
    (this.microphone as MediaStream).getTracks().forEach((t) => peer.addTrack(t, this.microphone as MediaStream));
    peer.ontrack = (e) => (this.sound.srcObject = e.streams[0] || new MediaStream([e.track]));
    peer.onconnectionstatechange = () => {
      if (peer !== this.peer) return;
      if (peer.connectionState === "connected" && this.state === "connecting") {
        this.since = Date.now();
        this.become("talking");
      } else if (peer.connectionState === "failed" && this.state === "connecting") this.fail(new Error());
      else if (peer.connectionState === "closed") this.end();
    };
    peer.oniceconnectionstatechange = () => peer === this.peer && this.state === "talking" && this.reconnect.ice(peer.iceConnectionState);
    setTimeout(() => peer === this.peer && this.state === "connecting" && this.fail(new Error()), connectWithin);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const place = new URL(url, this.o.base).href;
    const description = peer.localDescription as RTCSessionDescription;
    const r = await fetch(place, { method: "POST", headers: { "Content-Type": "application/sdp", Authorization: "Bearer " + token }, body: description.sdp });
    if (r.status !== 201) throw new Refused();
    this.leg = new URL(r.headers.get("Location") || "", place).href;
    this.token = token;
    const sdp = (this.answer = await r.text());
    if (peer !== this.peer) return this.end(); // hung up meanwhile
    await peer.setRemoteDescription({ type: "answer", sdp });
    const sender = peer.getSenders()[0];
    const secure = sender && sender.transport;
    if (secure) secure.onstatechange = () => (secure.state === "closed" ? this.end() : secure.state === "failed" && this.fail(new Error()));
  }

  /** Restarts ICE. Our addresses are not told: the gateway can be reached, and learns them from our checks. */
  private async restart(): Promise<Outcome> {
    const peer = this.peer as RTCPeerConnection;
    if (this.asked) this.asked.abort();
    const asked = (this.asked = new AbortController());
    const limit = this.o.clock.set(() => asked.abort(), answerWithin);
    try {
      await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
      const headers = { Authorization: "Bearer " + this.token, "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" };
      const body = fragment((peer.localDescription as RTCSessionDescription).sdp, [], false);
      const r = await fetch(this.leg, { method: "PATCH", headers, body, signal: asked.signal });
      if (r.status !== 200) return verdict(r.status) === "dead" ? "gone" : "unsent";
      const answer = restarted(this.answer, await r.text());
      if (asked !== this.asked) return "unsent"; // another restart has begun meanwhile
      await peer.setRemoteDescription({ type: "answer", sdp: answer });
      this.answer = answer;
      return "sent";
    } finally {
      this.o.clock.clear(limit);
    }
  }

  mute(on: boolean): void {
    this.muted = on;
    if (this.microphone) this.microphone.getTracks().forEach((t) => (t.enabled = !on));
    this.o.changed();
  }

  /** Presses a telephone key. */
  press(key: string): void {
    const sender = this.peer && this.peer.getSenders()[0];
    if (sender && sender.dtmf) sender.dtmf.insertDTMF(key);
  }

  hangUp(): void {
    if (this.running) this.end();
  }

  private end(): void {
    this.clear();
    this.become("idle");
  }

  private fail(e: unknown): void {
    this.clear();
    const name = e instanceof Error ? e.name : "";
    this.problem = e instanceof Refused ? "refused" : e instanceof Lost ? "lost" : name === "NotAllowedError" ? "microphone" : name === "NotFoundError" ? "device" : name === "InsecureError" ? "insecure" : "network";
    this.become("failed");
  }

  private clear(): void {
    this.reconnect.stop();
    if (this.asked) this.asked.abort();
    this.asked = null;
    if (this.leg) fetch(this.leg, { method: "DELETE", headers: { Authorization: "Bearer " + this.token }, keepalive: true }).catch(() => {});
    if (this.peer) this.peer.close();
    if (this.microphone) this.microphone.getTracks().forEach((t) => t.stop());
    this.sound.srcObject = null;
    this.peer = this.microphone = null;
    this.leg = this.token = "";
    this.muted = false;
  }

  private become(state: CallState): void {
    this.state = state;
    if (state !== "failed") this.problem = "";
    this.o.changed();
  }
}

class Refused extends Error {}
class Lost extends Error {}

/** Calls moved when the browser is on another network, or its network has changed in a way while it is lost. */
function network(lost: () => boolean, moved: () => void): void {
  window.addEventListener("online", moved);
  const link = (navigator as any).connection; // where there is none, "online" has to do
  if (!link || !link.addEventListener) return;
  let type = link.type;
  // It also tells of every new estimate of the speed.
  link.addEventListener("change", () => {
    if (link.type !== type || lost()) moved();
    type = link.type;
  });
}

/** The microphone. A page of plain http on another host is given none. */
function listen(): Promise<MediaStream> {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
    const e = new Error();
    e.name = "InsecureError";
    return Promise.reject(e);
  }
  return navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
}

/** Waits for the browser's own addresses, so that the offer has them all. */
function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const done = () => peer.iceGatheringState === "complete" && resolve();
    peer.onicegatheringstatechange = done;
    setTimeout(resolve, gatherWithin);
    done();
  });
}
