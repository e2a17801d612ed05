// The requests of the contract, each answered from memory.
import type { Callback, Canned, Command, Outcome, PresenceState, Queue, Watch } from "../../src/api/types";
import * as seed from "./seed";
import { Refusal, type Contract } from "./server";

export interface Ask {
  contract: Contract;
  method: string;
  path: string;
  query: URLSearchParams;
  text: string;
  type: string;
  token: string;
  match: string; // If-Match
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  raw?: string | Buffer;
}

type Route = (ask: Ask, ...ids: string[]) => Answer | Promise<Answer>;

const open: [string, RegExp, Route][] = [
  ["POST", /^\/session$/, logIn],
  ["POST", /^\/whip$/, whipOffer],
  ["PATCH", /^\/whip\/(\d+)$/, whipPatch],
  ["DELETE", /^\/whip\/(\d+)$/, whipEnd],
];

const bodyOf = <T>(ask: Ask): T => JSON.parse(ask.text || "{}") as T;
const items = (list: unknown[]): Answer => ({ body: { items: list } });

const signed: [string, RegExp, Route][] = [
  ["GET", /^\/session$/, (a) => ({ body: publicUser(accountOf(a)) })],
  ["DELETE", /^\/session$/, (a) => (a.contract.sessions.delete(a.token), {})],
  ["POST", /^\/session\/password$/, changePassword],
  ["POST", /^\/session\/totp$/, (a) => (bodyOf<{ password: string }>(a).password !== accountOf(a).password ? refuse(401, "wrong") : { body: { uri: "otpauth://totp/Hotline:zhang?secret=JBSWY3DPEHPK3PXP", secret: "JBSWY3DPEHPK3PXP" } })],
  ["POST", /^\/session\/totp\/disable$/, (a) => ((accountOf(a).totp = false), {})],
  ["POST", /^\/session\/totp\/confirm$/, confirm],
  ["GET", /^\/users$/, (a) => items(a.contract.accounts.map(publicUser))],
  ["POST", /^\/users$/, (a) => (a.contract.accounts.push({ ...bodyOf<seed.Account>(a), id: "u" + a.contract.accounts.length, must_change: true }), { status: 201 })],
  ["PATCH", /^\/users\/([\w-]+)$/, (a, id) => (Object.assign(user(a, id), bodyOf(a)), {})],
  ["POST", /^\/users\/([\w-]+)\/unlock$/, (a, id) => ((user(a, id).locked = false), {})],
  ["GET", /^\/audit$/, () => items(seed.audit())],
  ["GET", /^\/desk\/me$/, me],
  ["PUT", /^\/desk\/me\/state$/, setState],
  ["PUT", /^\/desk\/me\/device$/, setDevice],
  ["POST", /^\/desk\/headset$/, (a) => (a.contract.whip ? { body: { url: "/api/v1/whip", token: "leg", ice_servers: [] } } : refuse(503, "unavailable"))],
  ["POST", /^\/desk\/offers\/([\w-]+)\/accept$/, (a, id) => (a.contract.accept(id), {})],
  ["POST", /^\/desk\/offers\/([\w-]+)\/decline$/, decline],
  ["POST", /^\/desk\/talks\/([\w-]+)\/command$/, (a, id) => (a.contract.command(id, bodyOf<Command>(a)), {})],
  ["POST", /^\/desk\/talks\/([\w-]+)\/note$/, (a, id = "") => (a.contract.note(id, bodyOf<{ text: string }>(a).text), { status: 204 })],
  ["POST", /^\/desk\/talks\/([\w-]+)\/order$/, () => ({ status: 201, body: { number: "20261126-0042" } })],
  ["POST", /^\/desk\/talks\/([\w-]+)\/supervise$/, supervise],
  ["GET", /^\/desk\/talks\/([\w-]+)$/, talkDetail],
  ["POST", /^\/desk\/wrap_up$/, (a) => (a.contract.be({ state: "ready", wrap_up: undefined, wrap_up_until: undefined }), {})],
  ["GET", /^\/desk\/targets$/, (a) => items(seed.targets().filter((t) => (t.name + (t.number ?? "")).includes(a.query.get("q") ?? "")))],
  ["GET", /^\/desk\/knowledge$/, (a) => items(seed.suggestions().filter((s) => (s.question + s.answer).includes(a.query.get("q") ?? "")))],
  ["GET", /^\/desk\/canned$/, (a) => items(a.contract.canned)],
  ["PUT", /^\/desk\/canned\/([\w-]+)$/, (a) => (a.contract.canned.push(bodyOf<Canned>(a)), {})],
  ["GET", /^\/desk\/callbacks$/, (a) => items(a.contract.callbacks.filter((c) => c.state === a.query.get("state")).map((c) => listed(a, c)))],
  ["POST", /^\/desk\/callbacks\/([\w-]+)\/take$/, take],
  ["POST", /^\/desk\/callbacks\/([\w-]+)\/outcome$/, settle],
  ["POST", /^\/desk\/calls$/, call],
  ["PUT", /^\/desk\/agents\/([\w-]+)\/state$/, () => ({})],
  ["GET", /^\/desk\/names$/, (a) => ({ body: { queues: a.contract.queues.map(({ id, name }) => ({ id, name })), agents: a.contract.agents.map(({ id, name, number }) => ({ id, name, number })) } })],
  ["GET", /^\/knowledge\/categories$/, () => items(seed.categories())],
  ["GET", /^\/desk\/agents$/, (a) => items(a.contract.agents)],
  ["PUT", /^\/desk\/agents\/([\w-]+)$/, (a, id) => (Object.assign(a.contract.agents.find((x) => x.id === id) ?? {}, bodyOf(a)), {})],
  ["GET", /^\/desk\/queues$/, (a) => items(a.contract.queues)],
  ["PUT", /^\/desk\/queues\/([\w-]+)$/, putQueue],
  ["GET", /^\/desk\/calendar$/, (a) => ({ body: a.contract.calendar })],
  ["PUT", /^\/desk\/calendar$/, (a) => ((a.contract.calendar = bodyOf(a)), {})],
  ["GET", /^\/records$/, listRecords],
  ["GET", /^\/records\/([\w-]+)$/, (a, id) => ({ body: seed.replay(opened(a, id)) })],
  ["POST", /^\/conversations\/([\w-]+)\/survey$/, surveyLink],
  ["GET", /^\/records\/([\w-]+)\/caller$/, (a, id) => ({ body: { caller: opened(a, id).caller.replace("****", "1234") } })],
  ["GET", /^\/records\/([\w-]+)\/audio$/, (a, id) => (opened(a, id), { headers: { "Content-Type": "audio/wav" }, raw: wav(60) })],
  ["GET", /^\/records\/([\w-]+)\/peaks$/, (a, id) => (opened(a, id), { body: { channels: [0, 1, 2].map((c) => Array.from({ length: 1000 }, (_, i) => (Math.floor(i / 80) % 3 === c ? Math.abs(Math.sin(i * 1.7)) * 0.9 : 0.02))) } })],
  ["GET", /^\/reports$/, () => ({ body: seed.report() })],
  ["GET", /^\/reports\/export\.xlsx$/, () => ({ headers: { "Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }, raw: "PK" })],
];

export async function routes(ask: Ask): Promise<Answer> {
  const of = (list: typeof open) => {
    for (const [method, path, route] of list) {
      const m = method === ask.method ? path.exec(ask.path) : null;
      if (m) return () => route(ask, ...m.slice(1));
    }
    return undefined;
  };
  const free = of(open);
  if (free) return free();
  if (!ask.contract.sessions.has(ask.token)) throw new Refusal(401, "unauthorized");
  const found = of(signed);
  if (!found) throw new Refusal(404, "missing");
  return found();
}

function refuse(status: number, code: string, headers?: Record<string, string>): never {
  throw new Refusal(status, code, headers);
}

function accountOf(a: Ask): seed.Account {
  return user(a, a.contract.sessions.get(a.token) ?? "");
}

function user(a: Ask, id: string | undefined): seed.Account {
  return a.contract.accounts.find((u) => u.id === id) ?? refuse(404, "missing");
}

const publicUser = ({ password: _, code: __, ...rest }: seed.Account) => rest;
const callback = (a: Ask, id: string | undefined) => a.contract.callbacks.find((c) => c.id === id) ?? refuse(404, "missing");
// listed is a callback in the list: its number is for supervisors and for who has taken it.
const listed = (a: Ask, c: Callback): Callback =>
  accountOf(a).roles.includes("supervisor") || c.agent === accountOf(a).id ? c : { ...c, number: c.number.replace(/^(\d{3}).+(\d{4})$/, "$1****$2") };
const record = (a: Ask, id: string | undefined) => a.contract.records.find((r) => r.conversation === id) ?? refuse(404, "missing");

// opened is a record for who may open it: a confidential one takes a reason.
function opened(a: Ask, id?: string): Outcome {
  const found = record(a, id);
  return found.confidential && !a.query.get("reason") ? refuse(403, "forbidden") : found;
}

function surveyLink(a: Ask, id?: string): Answer {
  if (seed.replay(record(a, id)).grade) conflict("已经评价过了 the conversation is graded already");
  return { status: 201, body: { url: "https://12345.example/survey/#hv_" + id, expires: new Date(Date.now() + 7 * 86400_000).toISOString() } };
}

function logIn(a: Ask): Answer {
  const { login, password, totp } = bodyOf<{ login: string; password: string; totp?: string }>(a);
  const account = a.contract.accounts.find((u) => u.login === login);
  if (account?.locked) refuse(429, "locked", { "Retry-After": "900" });
  if (!account || account.password !== password) refuse(401, "wrong");
  if (account.code && !totp) refuse(401, "totp_required");
  if (account.code && totp !== account.code) refuse(401, "wrong");
  const token = "token-" + (a.contract.sessions.size + 1);
  a.contract.sessions.set(token, account.id);
  return { status: 201, body: { token, expires: new Date(Date.now() + 8 * 3600_000).toISOString(), user: publicUser(account) } };
}

function changePassword(a: Ask): Answer {
  const { old, new: fresh } = bodyOf<{ old: string; new: string }>(a);
  const account = accountOf(a);
  if (account.password !== old) refuse(401, "wrong");
  Object.assign(account, { password: fresh, must_change: false });
  return {};
}

function confirm(a: Ask): Answer {
  if (bodyOf<{ code: string }>(a).code !== "123456") refuse(401, "wrong");
  Object.assign(accountOf(a), { totp: true, must_enrol: false });
  return { body: { recovery: ["aaaa-bbbb", "cccc-dddd"] } };
}

const conflict = (detail: string): never => {
  throw new Refusal(409, "", {}, detail);
};

function setState(a: Ask): Answer {
  const { me, presence } = a.contract;
  const asked = bodyOf<{ state: PresenceState; reason?: string }>(a);
  if (asked.state === "ready" && !presence.headset && me.chats === 0) conflict("耳机或话机未连接 (neither headset nor phone is connected)");
  a.contract.be(asked);
  return { status: 204 };
}

function setDevice(a: Ask): Answer {
  Object.assign(a.contract.me, bodyOf(a));
  const { me, presence, talks, offers } = a.contract;
  a.contract.tell({ type: "hello", agent: me, presence, talks, offers });
  return {};
}

function decline(a: Ask, id?: string): Answer {
  a.contract.offers = a.contract.offers.filter((o) => o.id !== id);
  a.contract.tell({ type: "offer_gone", offer: id ?? "", reason: "declined" });
  a.contract.be({ state: "ready" });
  return {};
}

function talkDetail(a: Ask, id = ""): Answer {
  const asIs = seed.talk(seed.offer(id.slice(2)));
  const talk = a.contract.talks.find((t) => t.conversation === id) ?? { ...asIs, parties: [], phase: seed.board().talks.some((t) => t.conversation === id) ? "talking" : "over" };
  const events = [...seed.talkEntries(id), ...a.contract.events.filter((e) => e.conversation === id)];
  return { body: { talk: { ...talk, note: a.contract.noteOf(id) }, events, history: a.contract.records.slice(0, 3), orders: seed.brief().orders } };
}

function supervise(a: Ask, id?: string): Answer {
  const { verb, reason } = bodyOf<{ verb: Watch; reason?: string }>(a);
  const { presence } = a.contract;
  const talk = seed.board().talks.find((t) => t.conversation === id) ?? refuse(404, "");
  if (verb !== "leave" && a.contract.confidential.has(talk.conversation) && !reason) refuse(403, "forbidden");
  if (verb === "leave" && presence.listening !== id) conflict("您没有在监控这个会话 supervisor is not in the conversation");
  if (talk.channel === "chat" && verb !== "take_over") conflict("文字会话不能这样操作 a chat cannot " + verb);
  if (talk.channel !== "chat" && verb !== "leave" && !presence.headset) conflict("耳机或话机未连接 (neither headset nor phone is connected)");
  if (verb === "take_over") a.contract.give(talk);
  else a.contract.be(verb === "leave" ? { state: presence.chosen, listening: undefined } : { state: "busy", listening: id });
  return { status: 204 };
}

function take(a: Ask, id?: string): Answer {
  const task = callback(a, id);
  if (task.state !== "open") conflict(`callback "${task.id}" is taken by "${task.agent}"`);
  a.contract.takeCallback(task.id, accountOf(a).id);
  return { body: task };
}

function settle(a: Ask, id?: string): Answer {
  const { outcome, note } = bodyOf<{ outcome: Callback["outcome"]; note?: string }>(a);
  Object.assign(callback(a, id), { state: "done", outcome, remark: note });
  a.contract.be({ state: "ready", callback: undefined });
  return {};
}

// allowed are the numbers that agents may call by themselves.
const allowed = ["02766668888"];

async function call(a: Ask): Promise<Answer> {
  const whom = bodyOf<{ number?: string; callback?: string; conversation?: string }>(a);
  if (a.contract.talks.length) conflict("会话中不能外呼 not while there is a conversation");
  let { number = "" } = whom;
  if (whom.callback) {
    const task = callback(a, whom.callback);
    if (task.agent !== accountOf(a).id) conflict("请先领取这个回拨任务 take the callback first");
    number = task.number;
  } else if (whom.conversation) {
    number = a.contract.records.find((r) => r.conversation === whom.conversation)?.caller ?? seed.offer("").caller;
  } else if (!allowed.includes(number)) throw new Refusal(403, "", {}, "该号码不在允许外呼的名单中");
  return { status: 201, body: { conversation: await a.contract.callOut(number) } };
}

function me(a: Ask): Answer {
  const { me: agent, presence, talks, offers, callbacks } = a.contract;
  return { body: { agent, presence, talks, offers, callback: callbacks.find((c) => c.id === presence.callback) } };
}

function putQueue(a: Ask, id?: string): Answer {
  const queue = bodyOf<Queue>(a);
  const at = a.contract.queues.findIndex((q) => q.id === id);
  if (at < 0) a.contract.queues.push(queue);
  else a.contract.queues[at] = queue;
  return {};
}

function listRecords(a: Ask): Answer {
  const from = Number(a.query.get("before") ?? 0);
  const wanted = (name: "outcome" | "queue" | "agent", value?: string) => (a.query.get(name) ?? value) === value;
  const under = (wide: string | null, id = ""): boolean => !wide || wide === id || (!!id && under(wide, seed.categories().find((c) => c.id === id)?.parent));
  const found = a.contract.records.filter((r) => wanted("outcome", r.outcome) && wanted("queue", r.queue) && wanted("agent", r.agent) && under(a.query.get("category"), r.category));
  const next = from + Number(a.query.get("limit"));
  return { body: { items: found.slice(from, next), next: next < found.length ? String(next) : undefined } };
}

async function whipOffer(a: Ask): Promise<Answer> {
  if (!a.contract.whip || a.type !== "application/sdp") refuse(503, "unavailable");
  const answer = await a.contract.whip.offer(a.text);
  const leg = ++a.contract.legs;
  a.contract.be({ headset: true });
  return { status: 201, headers: { "Content-Type": "application/sdp", Location: "/api/v1/whip/" + leg, ETag: `"${leg}"` }, raw: answer };
}

// whipEnd lets go of a leg. Only the newest is the headset.
function whipEnd(a: Ask, id?: string): Answer {
  if (Number(id) === a.contract.legs) a.contract.be({ headset: false });
  return {};
}

async function whipPatch(a: Ask): Promise<Answer> {
  if (a.type !== "application/trickle-ice-sdpfrag") refuse(415, "type");
  if (!a.match) refuse(428, "if-match");
  if (a.text.includes("a=candidate:") || a.text.includes("end-of-candidates")) return { status: 204 };
  const frag = await a.contract.whip?.restart(a.text);
  return frag ? { headers: { "Content-Type": "application/trickle-ice-sdpfrag" }, raw: frag } : refuse(404, "gone");
}

// wav is a tone of 8 kHz, 16 bit, one channel.
function wav(seconds: number): Buffer {
  const rate = 8000;
  const data = Buffer.alloc(seconds * rate * 2);
  for (let i = 0; i < seconds * rate; i++) data.writeInt16LE(Math.round(4000 * Math.sin(i / 5)), i * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
