import { useCallback, useEffect, useRef, useState } from "react";
import { query, raw } from "../api/client";

export interface Player {
  url: string;
  loading: boolean;
  failed: unknown;
  playing: boolean;
  at: number; // ms
  speed: number;
  load: () => Promise<void>;
  toggle: () => void;
  seek: (ms: number) => void;
  faster: (speed: number) => void;
}

// usePlayer plays a recording from some place on, in ms, which stays. It is fetched whole and only when asked for: each
// listening is an audit entry, and the token goes in a header, which the browser's own player cannot send.
export function usePlayer(conversation: string, reason: string, from: number): Player {
  const [url, setUrl] = useState("");
  const [loading, setLoading] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(from);
  const [speed, setSpeed] = useState(1);
  const audio = useRef<HTMLAudioElement | null>(null);

  useEffect(() => {
    if (!url) return;
    const player = new Audio(url);
    player.currentTime = from / 1000;
    audio.current = player;
    let frame = 0;
    const follow = () => {
      setAt(player.currentTime * 1000);
      frame = player.paused ? 0 : requestAnimationFrame(follow);
    };
    const changed = () => {
      setPlaying(!player.paused);
      if (!frame) follow();
    };
    for (const event of ["play", "pause", "seeked", "ended"]) player.addEventListener(event, changed);
    return () => {
      cancelAnimationFrame(frame);
      for (const event of ["play", "pause", "seeked", "ended"]) player.removeEventListener(event, changed);
      player.pause();
      URL.revokeObjectURL(url);
    };
  }, [url, from]);

  const load = useCallback(async () => {
    setLoading(true);
    setFailed(undefined);
    try {
      const res = await raw("GET", `/records/${encodeURIComponent(conversation)}/audio` + query({ reason }));
      setUrl(URL.createObjectURL(await res.blob()));
    } catch (e) {
      setFailed(e);
    } finally {
      setLoading(false);
    }
  }, [conversation, reason]);

  return {
    url,
    loading,
    failed,
    playing,
    at,
    speed,
    load,
    toggle: () => {
      const player = audio.current;
      if (player?.paused) void player.play();
      else player?.pause();
    },
    seek: (ms) => {
      if (audio.current) audio.current.currentTime = ms / 1000;
    },
    faster: (next) => {
      setSpeed(next);
      if (audio.current) audio.current.playbackRate = next;
    },
  };
}

// message finds where somebody begins to speak, by the marks in their order, whom nobody has answered any more: who leaves a message.
export function message(marks: { at_ms: number; by: string }[]): number {
  let first = marks.length;
  while (marks[first - 1]?.by === "caller") first--;
  return marks[first]?.at_ms ?? 0;
}

// current finds the mark that is being said at a time: the last one that has begun.
export function current(marks: { at_ms: number }[], at: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle] as { at_ms: number }).at_ms <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
