// A WebRTC peer: another page of the same browser answers the offers of a headset.
import type { Page } from "playwright-core";

interface PeerWindow {
  peer?: RTCPeerConnection;
  sdp: string;
}

// answer takes an offer as a gateway does: it sends a tone and gives all candidates at once.
export const answer = (page: Page, offer: string): Promise<string> =>
  page.evaluate(async (sdp) => {
    const w = window as unknown as PeerWindow;
    w.peer?.close();
    const peer = new RTCPeerConnection();
    w.peer = peer;
    w.sdp = sdp;
    const sound = new AudioContext();
    const out = sound.createMediaStreamDestination();
    const tone = sound.createOscillator();
    tone.connect(out);
    tone.start();
    peer.addTrack(out.stream.getAudioTracks()[0] as MediaStreamTrack, out.stream);
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription(await peer.createAnswer());
    await new Promise<void>((done) => {
      if (peer.iceGatheringState === "complete") done();
      peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
    });
    return peer.localDescription?.sdp ?? "";
  }, offer);

export const received = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const { peer } = window as unknown as PeerWindow;
    let packets = 0;
    (await peer?.getStats())?.forEach((s: { type: string; packetsReceived?: number }) => s.type === "inbound-rtp" && (packets += s.packetsReceived ?? 0));
    return packets;
  });

// breaks ends the leg as a gateway that dies does.
export const breaks = (page: Page): Promise<void> => page.evaluate(() => (window as unknown as PeerWindow).peer?.close());
