// People in a conversation, against the fake gateway only: the queue, who writes, the way back and the grade.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Gateway } from "../gateway";
import { browser, closed, real, visit, Visit } from "./page";

const skip = real ? "needs the fake gateway" : false;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

type Conversation = ReturnType<Gateway["latest"]>;

/** A visitor who has asked for a person. */
async function asking(f: (v: Visit, g: Gateway, c: Conversation) => Promise<void>): Promise<void> {
  await visit(b, { bypassCSP: true }, async (v) => {
    await v.open();
    await v.panel.getByRole("button", { name: "转人工" }).click();
    await v.panel.getByText("已为您转接人工客服").waitFor();
    const { gateway } = v.fake!;
    await f(v, gateway, gateway.latest());
    assert.deepEqual(v.errors, []);
  });
}

const lines = (v: Visit) => v.texts(v.panel.locator(".hl-line:not(.hl-time)"));
/** What people wrote, each with the name above it, if there is one. */
const people = (v: Visit) => v.panel.locator(".hl-person").evaluateAll((rows) => rows.map((r) => [r.querySelector(".hl-who")?.textContent ?? "", r.querySelector(".hl-text")?.textContent]));

test("who waits sees the place and the expected wait, as they are at present", { skip }, async () => {
  await asking(async (v, g, c) => {
    for (const [position, wait, shown] of [
      [4, 150_000, "排队中，前面还有 3 位，预计等待约 3 分钟"],
      [2, 0, "排队中，前面还有 1 位"],
      [1, 20_000, "排队中，您是下一位，预计等待约 1 分钟"],
    ] as const) {
      g.wait(c, position, wait);
      await v.panel.getByText(shown, { exact: true }).waitFor();
      assert.deepEqual(await lines(v), ["已为您转接人工客服，请稍候。", shown]);
    }
    await v.page.reload();
    await v.panel.getByText("您是下一位").waitFor();
    assert.equal((await lines(v)).length, 2);
    g.join(c, "李梅");
    await v.panel.getByText("人工坐席 李梅 为您服务").waitFor();
    assert.deepEqual(await lines(v), ["已为您转接人工客服，请稍候。", "人工坐席 李梅 为您服务"]);
  });
});

test("what people write has their name, also after a transfer and a reload", { skip }, async () => {
  await asking(async (v, g, c) => {
    g.join(c, "李梅");
    g.utter(c, "您好，请说");
    g.utter(c, "我在听");
    await v.panel.getByText("我在听").waitFor();
    await v.input.fill("路灯不亮");
    await v.input.press("Enter");
    await v.panel.locator(".hl-log .hl-mine", { hasText: "路灯不亮" }).waitFor();
    g.utter(c, "在哪条路");
    g.join(c, "王强");
    g.utter(c, "我来处理");
    await v.panel.getByText("我来处理").waitFor();
    const want = [["人工坐席 李梅", "您好，请说"], ["", "我在听"], ["人工坐席 李梅", "在哪条路"], ["人工坐席 王强", "我来处理"]];
    assert.deepEqual(await people(v), want);
    assert.equal(await v.panel.locator(".hl-person .hl-sr").nth(1).textContent(), "人工坐席 李梅：", "for screen readers every message has it");
    await v.page.reload();
    await v.panel.getByText("我来处理").waitFor();
    assert.deepEqual(await people(v), want);
    await v.page.addScriptTag({ path: axe });
    const found = await v.page.evaluate(async () => (await (window as any).axe.run(document)).violations.map((x: any) => x.id));
    assert.deepEqual(found, []);
  });
});

test("that the bot goes on is said, and it answers again", { skip }, async () => {
  await asking(async (v, g, c) => {
    g.join(c, "李梅");
    g.utter(c, "已经登记，其他问题请问智能客服");
    g.giveBack(c);
    await v.panel.getByText("人工服务已结束，由智能客服继续为您服务").waitFor();
    await v.say("还有一件事");
    const answer = v.theirs.last();
    assert.equal(await answer.textContent(), "已经记下：还有一件事");
    assert.equal(await v.panel.locator(".hl-person").count(), 1);
  });
});

test("the grade after the talk is one click, counts once and is not asked for again", { skip }, async () => {
  await asking(async (v, g, c) => {
    g.join(c, "李梅");
    g.utter(c, "已经办好");
    await v.panel.getByText("已经办好").waitFor();
    assert.equal(await v.choices.count(), 0);
    g.survey(c);
    await v.choices.nth(4).waitFor();
    assert.deepEqual(await v.texts(v.choices), ["非常满意", "满意", "一般", "不满意", "很不满意"]);
    v.fake!.delay = 500; // a visitor who is in a hurry clicks again
    await v.choices.nth(1).dblclick();
    await v.panel.getByText("本次会话已结束").waitFor();
    assert.deepEqual(c.events.filter((e) => e.kind === "rated").map((e) => e.body.grade), [4]);
    assert.deepEqual(g.heard(), ["人工", "满意"]);
    assert.equal(await v.choices.count(), 0);
    await v.panel.getByText("感谢您的评价。", { exact: true }).waitFor();
    assert.equal(await v.panel.getByText("请评价本次服务").isVisible(), false);
    await v.page.reload();
    await v.panel.getByText("感谢您的评价。", { exact: true }).waitFor();
    assert.equal(await v.panel.getByText("请评价本次服务").isVisible(), false);
  });
});
