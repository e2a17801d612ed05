// What the API of the gateway sends and takes. Times are RFC 3339, lengths of time are milliseconds in *_ms.

export type Role = "agent" | "supervisor" | "knowledge" | "administrator" | "auditor";

export interface User {
  id: string;
  login: string;
  name: string;
  roles: Role[];
  must_change?: boolean;
  must_enrol?: boolean;
  totp?: boolean;
  locked?: boolean;
  disabled?: boolean;
  last_login?: string;
}

export interface Session {
  token: string;
  expires: string;
  user: User;
}

export type Channel = "phone" | "web" | "chat";
export type PresenceState = "offline" | "ready" | "ringing" | "busy" | "wrap_up" | "break";
export type Device = "browser" | "phone";

export interface Agent {
  id: string;
  name: string;
  number?: string;
  device: Device;
  extension?: string;
  queues: string[];
  skills?: Record<string, number>;
  languages?: string[];
  chats: number;
}

export interface Presence {
  state: PresenceState;
  chosen: "offline" | "ready" | "break"; // what comes after what they do
  reason?: string;
  since: string;
  headset: boolean;
  wrap_up_until?: string;
  wrap_up?: string; // conversation to be wrapped up
  callback?: string; // taken, and its outcome not noted yet
  listening?: string; // conversation that a supervisor hears
}

export interface Fact {
  slot: string;
  value: string;
  sentence?: string;
  confidence: number;
  confirmed?: boolean;
}

export interface Turn {
  by: string;
  text: string;
  at: string;
}

export interface Past {
  number: string;
  category?: string;
  text?: string;
  status?: string;
  at: string;
}

export interface Brief {
  reason: string;
  summary: string;
  mood?: string;
  elder?: boolean;
  urgent?: string;
  act?: string;
  category?: string;
  facts?: Fact[];
  turns?: Turn[];
  orders?: Past[];
  before?: number; // conversations of the caller, 20 at most
}

// Wanted is what an agent was asked for beside what the queue wants of everybody.
export interface Wanted {
  skills?: Record<string, number>;
  language?: string;
}

export interface Offer extends Wanted {
  id: string;
  conversation: string;
  channel: Channel;
  caller: string;
  place?: string;
  queue: string;
  queue_name: string;
  reason: string;
  again?: boolean; // the agent had the person's last talk
  waited_ms: number;
  expires: string;
  brief: Brief;
  callback?: string; // somebody to be called back
}

export type Phase = "bot" | "queued" | "ringing" | "briefing" | "talking" | "held" | "dialling" | "consulting" | "conference" | "lost" | "survey" | "over";

export interface Party {
  id: string;
  role: "caller" | "agent" | "peer" | "service" | "supervisor";
  name: string;
  state: "ringing" | "on" | "holding"; // on the phone, where it is ended
  mode?: string;
}

export interface Talk extends Wanted {
  conversation: string;
  channel: Channel;
  caller: string;
  place?: string;
  queue: string;
  since: string;
  phase: Phase;
  muted: boolean;
  dialled?: boolean; // by us: the caller is who was called
  brief: Brief;
  parties: Party[];
  last: number;
  note?: string;
}

// Entry is one event of a conversation's log. Body differs by kind: see lines.ts of the desk.
export interface Entry {
  conversation: string;
  seq: number;
  at: string;
  kind: string;
  body: Record<string, unknown>;
}

export interface Suggestion {
  entry: string;
  question: string;
  answer: string;
  source: string;
  clause?: string;
  valid_from?: string;
  valid_to?: string;
  score: number;
  expired: boolean;
}

export interface Outcome {
  conversation: string;
  channel: Channel;
  caller: string;
  place?: string;
  started: string;
  ended?: string;
  with_agent?: boolean;
  agent?: string;
  agents?: string[];
  queue?: string;
  category?: string;
  waited_ms?: number;
  talked_ms?: number;
  outcome?: "answered" | "abandoned" | "bot" | "refused" | "callback" | "message" | "returned"; // not while it goes on
  rating?: number;
  turns: number;
  recording: boolean;
  summary?: string;
  confidential?: boolean;
}

export interface TalkDetail {
  talk: Talk;
  events: Entry[];
  history: Outcome[];
  orders: Past[];
}

export interface Target {
  agent?: string;
  extension?: string;
  number?: string;
  queue?: string;
  service?: string;
}

export type Verb = "hold" | "resume" | "mute" | "unmute" | "consult" | "transfer" | "complete" | "merge" | "drop" | "return" | "finish" | "press" | "say";
export type Watch = "listen" | "whisper" | "barge" | "take_over" | "leave";

export interface Command {
  verb: Verb;
  target?: Target;
  text?: string;
  key?: string;
  keys?: string;
}

export interface TargetItem {
  kind: "agent" | "queue" | "external" | "service";
  id: string;
  name: string;
  state?: PresenceState;
  number?: string;
}

export interface Canned {
  id: string;
  title: string;
  text: string;
  keys?: string;
}

// Name is what the ID of a queue or agent stands for.
export interface Name {
  id: string;
  name: string;
  number?: string;
}

// Category is one kind of request. Orders belong to leaves.
export interface Category {
  id: string;
  name: string;
  parent?: string;
  leaf: boolean;
  urgency?: "normal" | "urgent" | "critical";
}

export interface OrderDraft {
  kind: "new" | "urge" | "append";
  ticket?: string; // that it is about, unless it is new
  act: string;
  category?: string;
  urgency?: string; // without it that of the category
  facts: Record<string, string>;
  text: string;
  confidential: boolean;
}

// Of the note in POST /desk/callbacks/{id}/outcome, in characters; a test of the API compares it.
export const maxOutcomeNote = 500;

export interface Callback {
  id: string;
  conversation: string;
  number: string; // in lists 138****8000, but for supervisors and who has taken it; "" when a message was left without
  place?: string;
  caller?: string;
  queue: string;
  reason: "asked" | "abandoned" | "missed" | "message" | "unsatisfied";
  since: string;
  due?: string;
  state: "open" | "taken" | "done";
  agent?: string;
  attempts: number;
  outcome?: "reached" | "no_answer" | "wrong_number" | "refused";
  note?: string; // what the person has left to be said
  remark?: string; // what was noted of the last attempt
  message_audio?: boolean;
}

export interface BoardQueue {
  id: string;
  name: string;
  waiting: number;
  longest_ms: number;
  expected_wait_ms: number;
  ready: number;
  busy: number;
  offline: number;
  answered_15s: number;
  abandoned_today: number;
  calls_today: number;
}

export interface BoardAgent {
  agent: Agent;
  presence: Presence;
  talks: { conversation: string; channel: Channel; caller: string; phase: Phase; since: string }[];
}

export interface BoardTalk extends Wanted {
  conversation: string;
  channel: Channel;
  caller: string;
  place?: string;
  with: string; // bot, or the ID of a queue or of an agent
  phase: Phase;
  since: string;
  mood?: string;
}

export interface Board {
  at: string;
  queues: BoardQueue[];
  agents: BoardAgent[];
  talks: BoardTalk[];
  totals?: Record<string, number>;
}

export interface Mark {
  at_ms: number;
  by: string;
  text: string;
  event: number;
}

export interface Grade {
  grade: number; // 1…5, 5 the best
  how: "keys" | "voice" | "text" | "widget" | "link";
  comment?: string;
  at: string;
}

export interface Replay {
  record: Outcome;
  grade?: Grade;
  notes?: { agent: string; text: string }[]; // since it was over
  events: Entry[];
  channels: { name: string; label: string }[];
  duration_ms: number;
  marks: Mark[];
}

export interface Indicator {
  id: string;
  name: string;
  name_en: string;
  value: number | null; // null when there is nothing to work it out of; why says so
  unit: "ratio" | "count" | "seconds";
  numerator: number;
  denominator: number;
  excluded?: number;
  why?: string;
  why_en?: string;
  target?: number;
  definition: string;
  definition_en: string;
  standard?: string;
}

// ReportRow is a day, or a queue or agent by id and name: counts, and indicators by their id.
export type ReportRow = Record<string, number | string | null>;

export interface Report {
  rows: Indicator[];
  series: ReportRow[];
  by_queue: ReportRow[];
  by_agent: ReportRow[];
}

export interface AuditEntry {
  id: number | string;
  at: string;
  who: string;
  action: string;
  subject?: string;
  address?: string;
  detail?: unknown;
}

export interface Grant {
  url: string;
  token: string;
  ice_servers?: { urls: string | string[]; username?: string; credential?: string }[];
}

export type ServerMessage =
  | { type: "hello"; agent: Agent; presence: Presence; talks: Talk[]; offers: Offer[]; callback?: Callback }
  | { type: "end"; reason: string } // taken_over, session, removed or restart
  | { type: "presence"; presence: Presence }
  | { type: "offer"; offer: Offer }
  | { type: "offer_gone"; offer: string; reason: string }
  | { type: "talk"; talk: Talk }
  | { type: "talk_gone"; conversation: string; reason: string }
  | { type: "event"; conversation: string; event: Entry }
  | { type: "suggestions"; conversation: string; items: Suggestion[] }
  | { type: "board"; board: Board }
  | { type: "pong" };

export type ClientMessage = { type: "board"; on: boolean } | { type: "ping" };

// Span is a part of a day, "08:30" to "17:30".
export interface Span {
  from: string;
  to: string;
}

export interface Hours {
  days?: Record<string, Span[]>;
  holiday?: Span[];
  make_up?: Span[];
  dates?: Record<string, Span[]>;
}

export interface Relax {
  after_s: number;
  levels?: number;
  any?: boolean;
}

// Queue as in desk/queue.go: what is left out or 0 has the value that the desk names.
export interface Queue {
  id: string;
  name: string;
  skills?: Record<string, number>;
  relax?: Relax[];
  strict?: boolean;
  head_start_s?: number;
  ring_timeout_s?: number;
  wrap_up_s?: number;
  max_wait_s?: number;
  max_length?: number;
  overflow?: string;
  overflow_after_s?: number;
  sticky_s?: number;
  patience_s?: number;
  announce_s?: number;
  hours?: Hours;
  retry_s?: number[];
}

export interface CalendarYear {
  year: number;
  rest: Span[]; // days, both included
  work?: string[];
}

export interface Calendar {
  zone?: string;
  years?: CalendarYear[];
}
