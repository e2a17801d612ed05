// A call from the page: the browser's microphone to the gateway by WHIP (RFC 9725).

import { Answer } from "./http";

export type CallState = "idle" | "asking" | "connecting" | "talking" | "failed";

/** Why a call did not come about; each has words of its own. */
export type CallProblem = "" | "microphone" | "device" | "insecure" | "refused" | "network";

export interface CallOptions {
  /** Asks the gateway to be invited. */
  invite: () => Promise<Answer>;
  /** The address that the invitation's is relative to. */
  base: string;
  changed: () => void;
}

export const canCall = (): boolean => typeof RTCPeerConnection === "function" && typeof fetch === "function";

const gatherWithin = 1500;
const connectWithin = 15000;

export class Call {
  state: CallState = "idle";
  problem: CallProblem = "";
  muted = false;
  since = 0;
  private peer: RTCPeerConnection | null = null;
  private microphone: MediaStream | null = null;
  private leg = "";
  private token = "";
  private readonly sound = document.createElement("audio");

  constructor(private o: CallOptions) {
    this.sound.autoplay = true;
    window.addEventListener("pagehide", () => this.hangUp());
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
      } else if (peer.connectionState === "failed") this.fail(new Error());
      else if (peer.connectionState === "closed") this.end();
    };
    setTimeout(() => peer === this.peer && this.state === "connecting" && this.fail(new Error()), connectWithin);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const place = new URL(url, this.o.base).href;
    const description = peer.localDescription as RTCSessionDescription;
    const r = await fetch(place, { method: "POST", headers: { "Content-Type": "application/sdp", Authorization: "Bearer " + token }, body: description.sdp });
    if (r.status !== 201) throw new Refused();
    this.leg = new URL(r.headers.get("Location") || "", place).href;
    this.token = token;
    const sdp = await r.text();
    if (peer !== this.peer) return this.end(); // hung up meanwhile
    await peer.setRemoteDescription({ type: "answer", sdp });
    const channel = peer.getSenders()[0];
    if (channel && channel.transport) channel.transport.onstatechange = () => channel.transport && channel.transport.state === "closed" && this.end();
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
    this.problem = e instanceof Refused ? "refused" : name === "NotAllowedError" ? "microphone" : name === "NotFoundError" ? "device" : name === "InsecureError" ? "insecure" : "network";
    this.become("failed");
  }

  private clear(): void {
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
