// DeskProvider keeps stream, headset and ring alive as long as an agent or supervisor is logged in, whatever page is open.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useReducer, useRef, useState, type ReactNode } from "react";
import { bearer, get, post, put } from "../api/client";
import type { Grant, PresenceState, Talk, TalkDetail } from "../api/types";
import { useText } from "../text";
import { mask } from "../parts/number";
import { Headset, type HeadsetState } from "./headset";
import { Ring } from "./ring";
import { dropped, find, logOf, nothing, reduce, type Action, type Desk } from "./state";
import { Stream, type Socket } from "./stream";

const later = (f: () => void, ms: number) => {
  const timer = setTimeout(f, ms);
  return () => clearTimeout(timer);
};

const microphone = (device: string) => {
  // There is none on a page that came over plain HTTP from another machine.
  if (!navigator.mediaDevices) return Promise.reject(new DOMException("", "SecurityError"));
  return navigator.mediaDevices.getUserMedia({
    audio: { deviceId: device ? { exact: device } : undefined, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
};

function dial(): Socket {
  const url = new URL("/api/v1/desk/stream", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return new WebSocket(url, ["hotline.desk", "bearer." + bearer()]) as unknown as Socket;
}

const keepAlive = 4 * 60_000;
const patience = 5000; // with the gateway, for what it should say, and until it is asked again

export interface DeskTools {
  desk: Desk;
  dispatch: (action: Action) => void;
  choose: (state: PresenceState, reason?: string) => Promise<void>;
  watchBoard: (on: boolean) => void;
  voice: HeadsetState;
  silenced: boolean; // the browser does not play sound before a click
  unsilence: () => void;
  headset: Headset;
}

const DeskContext = createContext<DeskTools | null>(null);

export function useDesk(): DeskTools {
  const tools = useContext(DeskContext);
  if (!tools) throw new Error("no desk");
  return tools;
}

// useOpenTalk is the talk on screen.
export const useOpenTalk = (): Talk | undefined => {
  const { desk } = useDesk();
  return find(desk, desk.open);
};

export function DeskProvider({ children }: { children: ReactNode }) {
  const t = useText();
  const [desk, dispatch] = useReducer(reduce, nothing);
  const [voice, setVoice] = useState<HeadsetState>("off");
  const [silenced, setSilenced] = useState(false);
  const ring = useRef(new Ring());
  const speaker = useRef<HTMLAudioElement>(null);

  const stream = useMemo(
    () =>
      new Stream({
        dial,
        message: dispatch,
        link: (link) => dispatch({ type: "link", link }),
        // A session that is over is noticed by the request itself.
        refused: () => void get("/session").catch(() => undefined),
        random: Math.random,
        later,
      }),
    [],
  );
  const headset = useMemo(
    () =>
      new Headset({
        microphone,
        peer: (iceServers) => new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" }),
        grant: () => post<Grant>("/desk/headset"),
        fetch: (input, init) => fetch(input, init),
        play: (sound) => {
          const out = speaker.current;
          if (!out) return;
          out.srcObject = sound;
          out.play().then(
            () => setSilenced(false),
            () => setSilenced(true),
          );
        },
        changed: setVoice,
        later,
      }),
    [],
  );

  useEffect(() => {
    stream.start();
    const wake = () => stream.wake();
    addEventListener("online", wake);
    return () => {
      removeEventListener("online", wake);
      stream.stop();
      headset.stop();
    };
  }, [stream, headset]);

  useEffect(() => {
    // A page that is left lets go of its leg, so that the one after it can have its own.
    const leave = () => headset.stop();
    addEventListener("pagehide", leave);
    return () => removeEventListener("pagehide", leave);
  }, [headset]);

  const [watching, setWatching] = useState(false);
  const onBrowser = desk.agent?.device === "browser";
  // Two windows with a headset would take the leg from each other for ever: the newer one has it.
  const here = desk.link !== "elsewhere";
  const onDuty = here && desk.presence !== undefined && (desk.presence.state !== "offline" || desk.presence.chosen !== "offline");
  const off = dropped(desk);
  // Who goes on duty needs it before, who was put off duty to come back, and who watches the board may want to listen at
  // any moment.
  const needed = here && onBrowser && (onDuty || off || desk.chose === "ready" || watching);
  useEffect(() => {
    if (needed) void headset.up();
    else headset.stop();
  }, [headset, needed]);

  const voiceTold = useMoment(!!desk.presence?.headset);
  const callsOnly = onBrowser && desk.agent?.chats === 0;
  const choose = useCallback(
    async (state: PresenceState, reason?: string) => {
      dispatch({ type: "chose", state });
      // Who only takes calls is not let on duty without a headset; who chats as well gets it on the way.
      if (state === "ready" && callsOnly && (await headset.up())) await voiceTold();
      await put("/desk/me/state", { state, reason });
    },
    [headset, callsOnly, voiceTold],
  );

  useEffect(() => {
    if (!onDuty) return;
    // Listening is work too: while somebody is on duty, the session is not idle.
    const timer = setInterval(() => void get("/session").catch(() => undefined), keepAlive);
    return () => clearInterval(timer);
  }, [onDuty]);

  const offer = desk.offers[0];
  useEffect(() => {
    const bell = ring.current;
    if (!offer) return;
    bell.start("offer", `${t("offer.title")} ${mask(offer.caller)} ${offer.queue_name}`);
    return () => bell.stop("offer");
  }, [offer, t]);

  const warn = here && off;
  useEffect(() => {
    const bell = ring.current;
    if (!warn) return;
    bell.start("dropped", t("duty.dropped"));
    bell.chime();
    return () => bell.stop("dropped");
  }, [warn, t]);

  const unread = desk.talks.reduce((sum, talk) => sum + logOf(desk, talk.conversation).unread, 0);
  const before = useRef(0);
  useEffect(() => {
    if (unread > before.current) ring.current.beep();
    before.current = unread;
  }, [unread]);
  useEffect(() => {
    const bell = ring.current;
    if (!unread || desk.seen || !here) return;
    bell.start("unread", t("talks.unread", { n: unread }));
    return () => bell.stop("unread");
  }, [unread, desk.seen, here, t]);

  useDetails(desk, dispatch);

  const watchBoard = useCallback(
    (on: boolean) => {
      setWatching(on);
      stream.watch(on);
    },
    [stream],
  );
  const tools = useMemo<DeskTools>(
    () => ({
      desk,
      dispatch,
      choose,
      watchBoard,
      voice,
      silenced,
      unsilence: () => void speaker.current?.play().then(() => setSilenced(false)),
      headset,
    }),
    [desk, voice, silenced, choose, watchBoard, headset],
  );
  return (
    <DeskContext.Provider value={tools}>
      {children}
      <audio ref={speaker} autoPlay />
    </DeskContext.Provider>
  );
}

// useMoment gives a promise for the moment in which something becomes so, or has been waited for in vain.
function useMoment(is: boolean): () => Promise<void> {
  const now = useRef(is);
  const waiting = useRef<(() => void)[]>([]);
  useEffect(() => {
    now.current = is;
    if (is) waiting.current.splice(0).forEach((go) => go());
  }, [is]);
  return useCallback(async () => {
    if (now.current) return;
    await new Promise<void>((go) => {
      waiting.current.push(go);
      setTimeout(go, patience);
    });
  }, []);
}

// detailOf is the query for all there is about a talk.
export const detailOf = (conversation: string) => ({
  queryKey: ["talk", conversation],
  queryFn: () => get<TalkDetail>(`/desk/talks/${encodeURIComponent(conversation)}`),
  staleTime: Infinity,
});

// useDetails reads what was said before in each talk, again after each break of the line and when one comes back: the stream
// only tells what comes.
function useDetails(desk: Desk, dispatch: (action: Action) => void): void {
  const client = useQueryClient();
  const read = useRef(new Set<string>());
  const [failures, setFailures] = useState(0);
  const pending = desk.presence?.state === "wrap_up" ? desk.presence.wrap_up : undefined;
  const wanted = [...desk.talks.map((talk) => talk.conversation), pending, desk.presence?.listening].filter(Boolean).join(" ");
  useEffect(() => {
    const all = desk.link === "open" ? wanted.split(" ").filter(Boolean) : [];
    for (const conversation of read.current) if (!all.includes(conversation)) read.current.delete(conversation);
    for (const conversation of all.filter((c) => !read.current.has(c))) {
      read.current.add(conversation);
      client.fetchQuery({ ...detailOf(conversation), staleTime: 0 }).then(
        (detail) => dispatch({ type: "detail", conversation, detail }),
        () => {
          read.current.delete(conversation);
          setTimeout(() => setFailures((n) => n + 1), patience);
        },
      );
    }
  }, [client, desk.link, wanted, failures, dispatch]);
}
