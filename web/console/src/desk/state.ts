// What the desk knows, as a function of the messages of the stream. Nothing here does anything: reduce is pure.
import type { Agent, Board, Entry, Offer, Presence, PresenceState, ServerMessage, Suggestion, Talk, TalkDetail } from "../api/types";
import { last } from "../parts/last";

export type Link = "connecting" | "open" | "lost" | "elsewhere";

// Log is what was said in one talk: events in order of seq.
export interface Log {
  events: Entry[];
  suggestions: Suggestion[];
  unread: number; // of a chat
}

export interface Desk {
  link: Link;
  agent?: Agent;
  presence?: Presence;
  chose?: PresenceState; // last, in this window
  worked: boolean; // has been seen on duty
  offers: Offer[];
  talks: Talk[];
  done: Talk[]; // over, and not yet wrapped up
  logs: Record<string, Log>;
  open?: string; // the conversation on screen
  seen: boolean; // the desk is on screen, and the screen before somebody
  board?: Board;
}

export type Action =
  | ServerMessage
  | { type: "link"; link: Link }
  | { type: "chose"; state: PresenceState }
  | { type: "open"; conversation: string }
  | { type: "seen"; on: boolean }
  | { type: "detail"; conversation: string; detail: TalkDetail }
  | { type: "wrapped"; conversation: string };

export const nothing: Desk = { link: "connecting", worked: false, seen: false, offers: [], talks: [], done: [], logs: {} };
const blank: Log = { events: [], suggestions: [], unread: 0 };

export const logOf = (desk: Desk, conversation: string): Log => desk.logs[conversation] ?? blank;

// find gives a talk of mine, going on or waiting to be wrapped up.
export const find = (desk: Desk, conversation?: string): Talk | undefined =>
  [...desk.talks, ...desk.done].find((talk) => talk.conversation === conversation);

// dropped tells that somebody is off duty who did not choose that: a headset that was away for too long, a restart of the
// gateway or a supervisor did it.
export const dropped = (desk: Desk): boolean => desk.worked && desk.chose !== "offline" && desk.presence?.chosen === "offline";

const stand = (desk: Desk, presence: Presence): Desk => ({ ...desk, presence, worked: desk.worked || presence.chosen !== "offline" });

// merge puts events in order without doubles. The common case, one that follows the last, costs nothing more than a copy.
export function merge(old: Entry[], more: Entry[]): Entry[] {
  const newest = last(old)?.seq ?? 0;
  const fresh = more.filter((e) => e.seq > newest);
  if (fresh.length === more.length && inOrder(fresh)) return [...old, ...fresh];
  const bySeq = new Map([...old, ...more].map((e) => [e.seq, e]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

const inOrder = (events: Entry[]) => events.every((e, i) => i === 0 || e.seq > (events[i - 1] as Entry).seq);

const withLog = (desk: Desk, conversation: string, change: (log: Log) => Partial<Log>): Desk => {
  const log = logOf(desk, conversation);
  return { ...desk, logs: { ...desk.logs, [conversation]: { ...log, ...change(log) } } };
};

const upsert = <T,>(list: T[], item: T, same: (a: T) => boolean): T[] => (list.some(same) ? list.map((a) => (same(a) ? item : a)) : [...list, item]);

// choose keeps what is on screen if it is still there, and takes the first talk otherwise.
const choose = (desk: Desk): Desk => (find(desk, desk.open) ? desk : { ...desk, open: (desk.talks[0] ?? desk.done[0])?.conversation });

export const reduce = (desk: Desk, m: Action): Desk => read(step(desk, m));

// read forgets that what is before somebody's eyes was unread.
function read(desk: Desk): Desk {
  const { open } = desk;
  return desk.seen && open && logOf(desk, open).unread ? withLog(desk, open, () => ({ unread: 0 })) : desk;
}

function step(desk: Desk, m: Action): Desk {
  switch (m.type) {
    case "link":
      // Whom another window has taken the place of is not asked any more, and not told so.
      return { ...desk, link: m.link, offers: m.link === "elsewhere" ? [] : desk.offers };
    case "hello": {
      const over = m.talks.filter((talk) => talk.phase === "over");
      const talks = m.talks.filter((talk) => talk.phase !== "over");
      const here = (c: string) => m.talks.some((talk) => talk.conversation === c);
      const vanished = desk.talks.filter((talk) => !here(talk.conversation));
      const done = [...over, ...[...desk.done, ...vanished].filter((talk) => !here(talk.conversation))];
      return choose({ ...stand(desk, m.presence), agent: m.agent, offers: m.offers, talks, done });
    }
    case "presence":
      return stand(desk, m.presence);
    case "chose":
      return { ...desk, chose: m.state };
    case "offer":
      return { ...desk, offers: upsert(desk.offers, m.offer, (o) => o.id === m.offer.id) };
    case "offer_gone":
      return { ...desk, offers: desk.offers.filter((o) => o.id !== m.offer) };
    case "talk": {
      if (m.talk.phase === "over") return over(desk, m.talk.conversation, m.talk);
      const fresh = !desk.talks.some((talk) => talk.conversation === m.talk.conversation);
      const talks = upsert(desk.talks, m.talk, (talk) => talk.conversation === m.talk.conversation);
      // A call just taken comes to the front; a chat waits until it is picked when something is on screen.
      const front = fresh && (m.talk.channel !== "chat" || !find(desk, desk.open));
      const done = desk.done.filter((talk) => talk.conversation !== m.talk.conversation); // it has come back
      return choose({ ...desk, talks, done, open: front ? m.talk.conversation : desk.open });
    }
    case "talk_gone":
      return over(desk, m.conversation);
    case "event": {
      // A caller is heard anyway, and a supervisor who listens is not spoken to.
      const chat = desk.talks.some((talk) => talk.conversation === m.conversation && talk.channel === "chat");
      const unread = chat && m.event.kind === "heard" ? 1 : 0;
      return withLog(desk, m.conversation, (log) => ({ events: merge(log.events, [m.event]), unread: log.unread + unread }));
    }
    case "suggestions":
      return withLog(desk, m.conversation, () => ({ suggestions: m.items }));
    case "board":
      return { ...desk, board: m.board };
    case "open":
      return { ...desk, open: m.conversation };
    case "seen":
      return { ...desk, seen: m.on };
    case "detail": {
      const next = withLog(desk, m.conversation, (log) => ({ events: merge(log.events, m.detail.events) }));
      if (find(desk, m.conversation) || m.conversation !== desk.presence?.wrap_up || m.detail.talk.phase !== "over") return next;
      return choose({ ...next, done: [...next.done, m.detail.talk] });
    }
    case "wrapped": {
      const logs = { ...desk.logs };
      delete logs[m.conversation];
      return choose({ ...desk, logs, done: desk.done.filter((talk) => talk.conversation !== m.conversation) });
    }
    default: // a pong, or what a newer server tells
      return desk;
  }
}

function over(desk: Desk, conversation: string, whole?: Talk): Desk {
  const talk = whole ?? desk.talks.find((t) => t.conversation === conversation);
  if (!talk) return desk;
  const done = upsert(desk.done, { ...talk, phase: "over" as const }, (t) => t.conversation === conversation);
  return { ...desk, talks: desk.talks.filter((t) => t.conversation !== conversation), done };
}
