// The parts of a session description that a WHIP client tells after its offer (RFC 8840, RFC 9725): the agent's headset in the
// console and the call in the widget.

const value = (sdp: string, name: string): string => new RegExp(`^a=${name}:(.*?)\\r?$`, "m").exec(sdp)?.[1] ?? "";

export interface Candidate {
  candidate: string;
  mid: string;
}

// fragment writes the body of a PATCH: credentials of the description and candidates found since.
export function fragment(sdp: string, candidates: Candidate[], end: boolean): string {
  const lines = [`a=ice-ufrag:${value(sdp, "ice-ufrag")}`, `a=ice-pwd:${value(sdp, "ice-pwd")}`];
  const media = /^m=.*$/m.exec(sdp)?.[0].trim() ?? "m=audio 9 UDP/TLS/RTP/SAVPF 0";
  lines.push(media, `a=mid:${candidates[0]?.mid ?? (value(sdp, "mid") || "0")}`);
  for (const c of candidates) lines.push("a=" + c.candidate);
  if (end) lines.push("a=end-of-candidates");
  return lines.join("\r\n") + "\r\n";
}

// restarted is the answer with the credentials and candidates that the other side has after an ICE restart.
export function restarted(answer: string, frag: string): string {
  const ufrag = value(frag, "ice-ufrag");
  const pwd = value(frag, "ice-pwd");
  if (!ufrag || !pwd) throw new Error("the fragment holds no credentials");
  const kept = answer.split(/\r?\n/).filter((line) => line && !/^a=(candidate:|end-of-candidates)/.test(line));
  const found = frag.split(/\r?\n/).filter((line) => /^a=(candidate:|end-of-candidates)/.test(line));
  const lines = kept.map((line) => line.replace(/^a=ice-ufrag:.*/, "a=ice-ufrag:" + ufrag).replace(/^a=ice-pwd:.*/, "a=ice-pwd:" + pwd));
  return [...lines, ...found].join("\r\n") + "\r\n";
}
