// What the contract server knows at the start.
import type { Agent, AuditEntry, Board, BoardQueue, Brief, Callback, Calendar, Canned, Category, Entry, Indicator, Offer, Outcome, Queue, Replay, Report, Suggestion, Talk, TargetItem, User } from "../../src/api/types";

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const minute = 60_000;

export interface Account extends User {
  password: string;
  code?: string; // one-time code that is asked for
}

export const accounts = (): Account[] => [
  { id: "zhang", login: "zhang", name: "张敏", roles: ["agent"], password: "correct horse", totp: false, last_login: ago(40 * minute) },
  { id: "li", login: "li", name: "李建国", roles: ["supervisor", "agent"], password: "correct horse", totp: true, code: "123456", last_login: ago(90 * minute) },
  { id: "root", login: "root", name: "王管", roles: ["administrator"], password: "correct horse" },
  { id: "shen", login: "shen", name: "沈计", roles: ["auditor"], password: "correct horse" },
  { id: "new", login: "new", name: "新人", roles: ["agent"], password: "correct horse", must_change: true },
  { id: "chen", login: "chen", name: "陈锁", roles: ["agent"], password: "correct horse", locked: true },
];

export const agents = (): Agent[] => [
  { id: "zhang", name: "张敏", number: "8001", device: "browser", queues: ["general", "social"], skills: { social: 7 }, chats: 4 },
  { id: "li", name: "李建国", number: "8000", device: "browser", queues: ["general"], skills: { social: 9 }, chats: 2 },
  { id: "wu", name: "吴芳", number: "8002", device: "phone", extension: "802", queues: ["general"], languages: ["yue"], chats: 0 },
];

export const queues = (): Queue[] => [
  { id: "general", name: "综合受理", ring_timeout_s: 20, wrap_up_s: 60, overflow: "social", overflow_after_s: 120 },
  { id: "social", name: "社保医保", skills: { social: 5 }, wrap_up_s: 90, hours: { days: { mon: [{ from: "08:30", to: "12:00" }, { from: "14:00", to: "17:30" }], tue: [{ from: "08:30", to: "17:30" }] } } },
];

export const categories = (): Category[] => [
  { id: "utility", name: "公用事业", leaf: false },
  { id: "utility/heat", name: "供热供气", parent: "utility", leaf: false },
  { id: "utility.heating", name: "集中供热", parent: "utility/heat", leaf: true, urgency: "urgent" },
  { id: "utility.gas", name: "燃气", parent: "utility/heat", leaf: true, urgency: "urgent" },
  { id: "housing", name: "住房城建", leaf: false },
  { id: "housing/estate", name: "小区与物业", parent: "housing", leaf: false },
  { id: "housing.construction", name: "工地管理与扬尘", parent: "housing/estate", leaf: true, urgency: "normal" },
];

export const brief = (): Brief => ({
  reason: "user_request",
  summary: "青石区和平路18号小区停暖三天，家中有老人，要求尽快恢复供暖。",
  mood: "worried",
  elder: true,
  act: "complain",
  category: "utility.heating",
  facts: [
    { slot: "address", value: "和平路18号", sentence: "我住在青石区和平路18号", confidence: 0.93, confirmed: true },
    { slot: "district", value: "青石区", sentence: "我住在青石区和平路18号", confidence: 0.97 },
    { slot: "time", value: "三天", sentence: "已经停了三天了", confidence: 0.62 },
    { slot: "phone", value: "13812345678", sentence: "就打这个电话", confidence: 0.88 },
  ],
  orders: [{ number: "20261120-0031", category: "集中供热", text: "反映暖气不热", status: "已登记，等待派单", at: ago(6 * 24 * 60 * minute) }],
  before: 3,
});

export const entry = (conversation: string, seq: number, kind: string, body: Record<string, unknown>, before = 0): Entry => ({ conversation, seq, at: ago(before), kind, body });

export function talkEntries(conversation: string): Entry[] {
  const said: [string, Record<string, unknown>][] = [
    ["started", { channel: "phone" }],
    ["said", { text: "您好，这里是12345热线，请说您要反映的事。", heard_ms: 2900, length_ms: 2900 }],
    ["heard", { turn: 1, text: "我住在青石区和平路18号", confidence: 0.91 }],
    ["heard", { turn: 2, text: "我住在青石区和平路18号，暖气已经停了三天了", confidence: 0.91, replaces: 1 }],
    ["heard", { turn: 3, text: "嗯", rejected: "backchannel", confidence: 0.4 }],
    ["said", { text: "请问是整栋楼都没有暖气，还是只有您家？", heard_ms: 2500, length_ms: 2500 }],
    ["heard", { turn: 4, text: "整栋楼都没有，我家里有老人，转人工吧", confidence: 0.88 }],
    ["handed_over", { queue: "general", reason: "user_request", priority: 3 }],
    ["waiting", { queue: "general", position: 1, wait_ms: 20000 }],
    ["offered", { party: "zhang", name: "张敏" }],
    ["joined", { party: "zhang", name: "张敏", role: "agent" }],
    ["uttered", { party: "zhang", role: "agent", text: "您好，工号8001为您服务，您反映的停暖情况我看到了。" }],
    ["heard", { turn: 5, text: "对，麻烦你们快一点", confidence: 0.9 }],
  ];
  return said.map(([kind, body], i) => entry(conversation, i + 1, kind, body, (said.length - i) * 9000));
}

export const offer = (id: string, channel: Offer["channel"] = "phone"): Offer => ({
  id,
  conversation: "c-" + id,
  channel,
  caller: channel === "chat" ? "" : "13812345678",
  place: channel === "chat" ? undefined : "云州 · 青石区",
  queue: "general",
  queue_name: "综合受理",
  reason: "user_request",
  waited_ms: 38_000,
  expires: new Date(Date.now() + 20_000).toISOString(),
  brief: brief(),
});

// callbackOffer asks an agent to call somebody back who did not want to wait.
export const callbackOffer = (id: string, callback: Callback): Offer => ({ ...offer(id), conversation: callback.conversation, caller: callback.number, place: callback.place, callback: callback.id });

export const talk = (o: Offer): Talk => ({
  conversation: o.conversation,
  channel: o.channel,
  caller: o.caller,
  place: o.place,
  queue: o.queue,
  since: new Date().toISOString(),
  phase: "talking",
  muted: false,
  brief: o.brief,
  parties: [
    { id: "caller", role: "caller", name: o.caller, state: "on" },
    { id: "zhang", role: "agent", name: "张敏", state: "on" },
  ],
  last: 13,
});

export const suggestions = (): Suggestion[] => [
  { entry: "heat-1", question: "供暖不达标怎么办？", answer: "供暖期内室温低于18℃的，可向供热单位报修，供热单位应在2小时内上门。", source: "《云州市供热条例》", clause: "第二十三条", valid_from: "2025-11-01", valid_to: "2027-03-31", score: 0.91, expired: false },
  { entry: "heat-0", question: "停暖可以退费吗？", answer: "因供热单位原因停暖的，按天退费。", source: "《供热收费办法（试行）》", clause: "第八条", valid_to: "2025-10-31", score: 0.72, expired: true },
];

export const targets = (): TargetItem[] => [
  { kind: "agent", id: "li", name: "李建国", number: "8000", state: "ready" },
  { kind: "agent", id: "wu", name: "吴芳", number: "8002", state: "busy" },
  { kind: "queue", id: "social", name: "社保医保" },
  { kind: "external", id: "heating", name: "供热公司值班", number: "02766668888" },
  { kind: "service", id: "110", name: "公安 110", number: "110" },
];

export const canned = (): Canned[] => [
  { id: "hello", title: "问候", keys: "nh", text: "您好，我是人工客服，请问有什么可以帮您？" },
  { id: "wait", title: "稍候", keys: "sh", text: "请您稍等，我正在为您查询。" },
  { id: "bye", title: "结束语", keys: "zj", text: "感谢您的来电，再见。" },
];

export const records = (): Outcome[] =>
  Array.from({ length: 60 }, (_, i) => ({
    conversation: "r" + i,
    channel: (["phone", "chat", "web"] as const)[i % 3] ?? "phone",
    caller: i % 3 === 1 ? "" : `138****${String(5600 + i)}`,
    place: i % 3 === 1 ? undefined : "江苏 南京 · 移动",
    started: ago((i + 1) * 37 * minute),
    ended: ago((i + 1) * 37 * minute - 300_000),
    with_agent: i % 4 !== 1,
    agent: i % 4 === 1 ? undefined : "zhang",
    agents: i % 4 === 1 ? undefined : ["zhang"],
    queue: i % 7 === 6 ? "social" : "general",
    category: (["utility.heating", "utility.gas", undefined, "old.code"] as const)[i % 4],
    waited_ms: (i % 9) * 7000,
    talked_ms: 60_000 + i * 4000,
    outcome: (["answered", "bot", "answered", "abandoned", "callback"] as const)[i % 5] ?? "answered",
    rating: i % 2 ? undefined : 5,
    turns: 8,
    recording: i % 3 !== 1,
    summary: "反映和平路小区停暖三天，要求尽快恢复。",
    confidential: i === 56,
  }));

export function replay(record: Outcome): Replay {
  const events = talkEntries(record.conversation);
  const spoken = events.filter((e) => ["heard", "said", "uttered"].includes(e.kind) && !e.body.rejected && e.seq !== 3);
  const by: Record<string, string> = { heard: "caller", said: "bot", uttered: "agent" };
  return {
    record,
    grade: record.rating ? { grade: record.rating, how: "link", comment: "解答很清楚", at: record.started } : undefined,
    events,
    channels: [
      { name: "caller", label: "来电人" },
      { name: "bot", label: "智能客服" },
      { name: "agent", label: "坐席" },
    ],
    duration_ms: 60_000,
    marks: spoken.map((e, i) => ({ at_ms: 1000 + i * 8000, by: by[e.kind] as string, text: String(e.body.text), event: e.seq })),
  };
}

export const callbacks = (): Callback[] => [
  { id: "b1", conversation: "r3", number: "13812345603", place: "江苏 南京 · 移动", queue: "general", reason: "abandoned", since: ago(95 * minute), due: ago(5 * minute), state: "open", attempts: 0 },
  { id: "b2", conversation: "r4", number: "13912345604", place: "移动", queue: "general", reason: "asked", since: ago(30 * minute), due: new Date(Date.now() + 30 * minute).toISOString(), state: "open", attempts: 1 },
  { id: "b3", conversation: "r5", number: "02781234567", place: "湖北 武汉", queue: "social", reason: "message", since: ago(12 * minute), state: "open", attempts: 0, note: "小区路灯坏了三天，请安排维修。", message_audio: true },
  { id: "b4", conversation: "r6", number: "13712345606", queue: "social", reason: "unsatisfied", since: ago(600 * minute), state: "done", attempts: 2, agent: "zhang", outcome: "reached", remark: "已解释政策" },
];

const boardQueue = (id: string, name: string, waiting: number): BoardQueue => ({ id, name, waiting, longest_ms: waiting * 21_000, expected_wait_ms: waiting * 15_000, ready: 2, busy: 5, offline: 3, answered_15s: 0.931, abandoned_today: 4, calls_today: 186 });

export const board = (): Board => ({
  at: new Date().toISOString(),
  queues: [boardQueue("general", "综合受理", 3), boardQueue("social", "社保医保", 0)],
  agents: agents().map((agent, i) => ({
    agent,
    presence: { state: (["busy", "ready", "break"] as const)[i] ?? "ready", chosen: i === 2 ? "break" : "ready", reason: i === 2 ? "meal" : undefined, since: ago((i + 1) * 5 * minute), headset: i !== 2 },
    talks: [],
  })),
  talks: [
    { conversation: "t1", channel: "phone", caller: "13812345678", place: "江苏 南京 · 移动", with: "zhang", phase: "talking", since: ago(4 * minute), mood: "angry" },
    { conversation: "t2", channel: "chat", caller: "", with: "bot", phase: "bot", since: ago(minute) },
    { conversation: "t3", channel: "web", caller: "", with: "general", phase: "ringing", since: ago(minute / 2), mood: "worried" },
    { conversation: "t4", channel: "phone", caller: "13987654321", with: "social", phase: "queued", since: ago(minute / 4) },
  ],
  totals: { waiting: 3, talking: 7, calls_today: 372, answered_today: 351, abandoned_today: 8, answered_15s: 0.934 },
});

const indicator = (id: string, name: string, value: number | null, definition: string, more: Partial<Indicator> = {}): Indicator => ({
  id,
  name,
  name_en: id,
  value,
  unit: "ratio",
  numerator: Math.round((value ?? 0) * 376),
  denominator: value === null ? 0 : 376,
  definition,
  definition_en: "Definition of " + id,
  ...more,
});

const counts = (n: number) => ({ conversations: n + 90, requests: n, answered: n - 10, abandoned: 8, short_abandoned: 2, answered_15s: 0.93, abandon_rate: 0.02, wait_avg: 8.4, talk_avg: 201.5, satisfaction: n % 2 ? null : 0.94 });

export const report = (): Report => ({
  rows: [
    indicator("answered_15s", "15 秒接听率", 0.934, "电话和网页通话中，从请求人工到人工接通不超过 15 秒的请求数 ÷ 请求人工数。未满 5 秒即挂断的请求不计入，另列。", { standard: "GB/T 33358-2016", excluded: 3 }),
    indicator("connect_24h", "24 小时接通率（截至期末）", 0.942, "截至统计期末的连续 24 小时内人工接通数 ÷ 请求人工数。", { standard: "GB/T 33358-2016", target: 0.95 }),
    indicator("chat_3min", "在线 3 分钟首次应答率", 0.99, "文字会话中，从请求人工到坐席第一句回复不超过 3 分钟的请求数 ÷ 请求人工数。", { standard: "GB/T 33358-2016" }),
    indicator("abandon_rate", "放弃率", 0.021, "等待人工时满 5 秒后挂断或离开的请求数 ÷ 请求人工数。"),
    indicator("callback_24h", "24 小时回拨率", null, "未接和放弃产生的回拨任务中，24 小时内首次拨打的任务数 ÷ 任务数。", { why: "统计期内没有回拨任务" }),
    indicator("wait_avg", "平均等待时长", 8.4, "人工接通的会话从请求人工到接通的时长之和 ÷ 接通数。", { unit: "seconds" }),
    indicator("talk_avg", "平均通话时长", 214.2, "坐席参与的时长之和 ÷ 会话数。", { unit: "seconds" }),
    indicator("satisfaction", "满意率", 0.943, "评价为 4 或 5 分的会话数 ÷ 有评价的会话数（五级评价）。"),
  ],
  series: Array.from({ length: 7 }, (_, i) => ({ day: `2026-11-${20 + i}`, ...counts(340 + i * 9) })),
  by_queue: queues().map((q, i) => ({ id: q.id, name: q.name, ...counts(200 - i * 40) })),
  by_agent: agents().map((a, i) => ({ id: a.id, name: a.name, ...counts(60 - i * 7) })),
});

export const calendar = (): Calendar => ({
  zone: "Asia/Shanghai",
  years: [new Date().getFullYear()].map((year) => ({ year, rest: [{ from: `${year}-01-01`, to: `${year}-01-03` }, { from: `${year}-10-01`, to: `${year}-10-07` }], work: [`${year}-10-10`] })),
});

export const audit = (): AuditEntry[] =>
  Array.from({ length: 30 }, (_, i) => ({
    id: 300 - i,
    at: ago(i * 11 * minute),
    who: ["li", "zhang", "root"][i % 3] as string,
    action: ["record.listen", "record.number", "user_changed", "session_started"][i % 4] as string,
    subject: "r" + i,
    address: "10.20.1." + (10 + (i % 5)),
    detail: i % 4 === 2 ? { roles: ["agent"] } : undefined,
  }));
