// A gateway in memory that keeps the contract of the text channel: conversations, events without gaps, idempotency keys.
// Its dialog is small and fixed; what matters is how it is reached.
import { randomUUID } from "node:crypto";
import type { Event } from "../src/transcript";

export interface Call {
  method: string;
  path: string;
  token?: string;
  key?: string;
  json?: any;
  file?: { name: string; type: string; size: number };
  query?: URLSearchParams;
}

export interface Reply {
  status: number;
  body?: any;
  retryAfter?: number;
}

interface Conversation {
  id: string;
  token: string;
  events: Event[];
  answers: Map<string, Reply>;
  listeners: Set<(e: Event) => void>;
  elder: boolean;
  ended: boolean;
  /** Who writes: the bot, a person, or the bot that asks for a grade. */
  writer: "bot" | "person" | "survey";
}

const problem = (status: number, detail: string): Reply => ({ status, body: { type: "about:blank", title: detail, status, detail } });

/** As the dialog offers them, 5 first. */
const grades = ["非常满意", "满意", "一般", "不满意", "很不满意"];

export class Gateway {
  conversations: Conversation[] = [];
  ratings: any[] = [];
  /** Events in one answer of GET …/events. */
  page = 50;

  handle(call: Call): Reply {
    if (call.method === "POST" && call.path === "/conversations") return this.create(call.json);
    const m = /^\/conversations\/([^/]+)\/(\w+)(?:\/(.+))?$/.exec(call.path);
    const c = m && this.find(m[1]);
    if (!m || !c) return problem(404, "没有这个会话 no such conversation");
    if (call.token !== c.token) return problem(401, "令牌无效 the token is not valid");
    switch (`${call.method} ${m[2]}`) {
      case "POST messages":
        return this.message(c, call);
      case "GET events":
        return this.history(c, Number(call.query?.get("after") || 0));
      case "POST attachments":
        return this.attach(c, call.file);
      case "GET attachments":
        return { status: 200, body: "content" };
      case "POST rating":
        this.ratings.push(call.json);
        return { status: 204 };
      case "POST close":
        this.end(c, "visitor");
        return { status: 204 };
    }
    return problem(405, "method not allowed");
  }

  find(id: string): Conversation | undefined {
    return this.conversations.find((c) => c.id === id);
  }

  latest(): Conversation {
    return this.conversations[this.conversations.length - 1];
  }

  /** Everything is forgotten, as after a restart with another key. */
  forget(): void {
    for (const c of this.conversations) c.token = "forgotten";
  }

  say(c: Conversation, text: string, choices?: string[]): Event {
    return this.append(c, "said", choices ? { text, choices } : { text });
  }

  end(c: Conversation, by: string): void {
    if (!c.ended) this.append(c, "ended", { by, reason: "closed" });
    c.ended = true;
  }

  /** The place in the queue, from 1, and the wait that is expected, 0 where nobody knows. */
  wait(c: Conversation, position: number, wait_ms: number): Event {
    return this.append(c, "waiting", { queue: "", position, wait_ms });
  }

  /** A person takes the conversation; visitors are told the name only. */
  join(c: Conversation, name: string): Event {
    c.writer = "person";
    return this.append(c, "joined", { party: "agent", name, role: "agent" });
  }

  utter(c: Conversation, text: string): Event {
    return this.append(c, "uttered", { party: "agent", role: "agent", text });
  }

  /** The person gives the conversation back to the bot. */
  giveBack(c: Conversation): void {
    c.writer = "bot";
    this.append(c, "left", { party: "agent", role: "agent" });
    this.append(c, "returned", { reason: "agent" });
    this.say(c, "您好，我是智能客服，请问还有什么可以帮您？");
  }

  /** The person has finished, and the bot asks for a grade. */
  survey(c: Conversation): void {
    c.writer = "survey";
    this.append(c, "left", { party: "agent", role: "agent" });
    this.say(c, "请为刚才的人工服务打分，5分是非常满意，1分是很不满意。", grades);
  }

  /** What visitors wrote, over all conversations, in the order it arrived. */
  heard(): string[] {
    return this.conversations.flatMap((c) => c.events.filter((e) => e.kind === "heard").map((e) => e.body.text));
  }

  private create(json: any): Reply {
    if (!json || json.channel !== "text") return problem(422, "channel");
    const c: Conversation = {
      id: randomUUID(),
      token: randomUUID(),
      events: [],
      answers: new Map(),
      listeners: new Set(),
      elder: json.profile?.elder === true,
      ended: false,
      writer: "bot",
    };
    this.conversations.push(c);
    this.append(c, "started", { channel: "chat" });
    this.say(c, "您好，这里是云州 12345 政务服务热线。请说您要咨询或者反映的事情，随时可以转人工。", ["社保卡丢了怎么办", "反映路灯不亮", "查询办理进度"]);
    return { status: 201, body: { id: c.id, token: c.token, expires: new Date(Date.now() + 7.2e6).toISOString(), events: [...c.events] } };
  }

  private message(c: Conversation, call: Call): Reply {
    if (!call.key) return problem(422, "Idempotency-Key");
    const known = c.answers.get(call.key);
    if (known) return known;
    if (c.ended) return problem(409, "会话已结束 the conversation has ended");
    const text = String(call.json?.text ?? "");
    if (!text || [...text].length > 2000) return problem(422, "消息须为 1 到 2000 字");
    if (text.includes("违禁")) return problem(422, "消息里有不能发送的内容");
    const from = c.events.length;
    this.append(c, "heard", { turn: from, text, raw: text });
    if (c.writer === "survey") this.grade(c, 5 - grades.indexOf(text));
    else if (c.writer === "bot") {
      this.append(c, "decided", { turn: from, act: "ask" });
      this.answer(c, text);
    }
    const reply: Reply = { status: 200, body: { events: c.events.slice(from) } };
    c.answers.set(call.key, reply);
    return reply;
  }

  private grade(c: Conversation, grade: number): void {
    this.append(c, "rated", { grade, how: "text" });
    this.say(c, "感谢您的评价，再见。");
    this.end(c, "system");
  }

  private answer(c: Conversation, text: string): void {
    if (text === "人工") {
      this.say(c, "好的，正在为您转接人工。");
      this.append(c, "handed_over", { queue: "person", reason: "asked" });
    } else if (text.includes("再见")) {
      this.say(c, "感谢您的来访，再见。");
      this.end(c, "dialog");
    } else if (text.includes("社保卡")) {
      this.say(
        c,
        "先挂失再补卡。\n1. 挂失：拨打12333，或在“云州办”App口头挂失，立即生效。\n2. 补卡：本人持身份证到任一合作银行网点即时制卡，工本费20元。\n3. 代办：代办人另带本人身份证原件和委托书。\n网点列表：https://zwfw.yunzhou.example/sbk/wangdian。\n以上回答解决您的问题了吗？",
        ["是", "否"],
      );
    } else {
      this.say(c, `已经记下：${text}`);
    }
  }

  private history(c: Conversation, after: number): Reply {
    const events = c.events.filter((e) => e.seq > after).slice(0, this.page);
    return { status: 200, body: { events, last: c.events.length } };
  }

  private attach(c: Conversation, file?: { name: string; type: string; size: number }): Reply {
    if (!file) return problem(422, "file");
    if (file.name.includes("病毒")) return problem(415, "不支持这种文件");
    const body = { id: "a" + c.events.length, ...file };
    this.append(c, "attached", body);
    return { status: 201, body };
  }

  private append(c: Conversation, kind: string, body: any): Event {
    const e: Event = { conversation: c.id, seq: c.events.length + 1, at: new Date().toISOString(), kind, body };
    c.events.push(e);
    for (const listener of [...c.listeners]) listener(e);
    return e;
  }
}
