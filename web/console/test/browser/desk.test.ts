// The agent's common path, by keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, closed, onCall, phase, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("an offer pops up with what is known, on any page, and F8 takes it", async () => {
  await visit(b, {}, async (v) => {
    await v.ready();
    await v.shot("desk-empty");
    await v.page.getByRole("link", { name: "通话记录" }).click();
    await v.page.getByRole("heading", { name: "通话记录" }).waitFor();
    v.contract.ring({ ...seed.offer("o1", "web"), again: true, language: "yue", skills: { 供热: 2 } });
    const offer = v.page.getByRole("alertdialog");
    for (const text of ["138****5678", "青石区", "综合受理", "已等待 0:38", "来电人要求人工", "小区停暖三天", "老年人", "焦急", "曾联系 3 次", "20261120-0031", "反映暖气不热", "上次由您接待", "粤语", "供热 2"])
      assert.match((await offer.textContent()) ?? "", new RegExp(text.replace(/\*/g, "\\*")));
    assert.match(await v.page.evaluate(() => document.title), /来电|工作台/);
    await v.accessible();
    await v.shot("offer");
    await v.page.keyboard.press("F8");
    await v.page.getByRole("toolbar").waitFor();
    assert.deepEqual(v.asked(/accept/), ["POST /desk/offers/o1/accept"]);
    assert.equal(await v.page.getByRole("alertdialog").count(), 0);
    await v.page.waitForFunction(() => document.title === "12345 工作台");
  });
});

test("an offer can be declined, and goes when somebody else takes it", async () => {
  await visit(b, {}, async (v) => {
    await v.ready();
    v.contract.ring(seed.offer("o1"));
    await v.page.getByRole("alertdialog").waitFor();
    await v.page.keyboard.press("Alt+x");
    await v.until("declined", () => v.asked(/o1\/decline/).length === 1);
    v.contract.ring(seed.offer("o2"));
    await v.page.getByRole("alertdialog").waitFor();
    v.contract.tell({ type: "offer_gone", offer: "o2", reason: "taken" });
    await v.page.getByRole("alertdialog").waitFor({ state: "detached" });
  });
});

test("captions of both sides come live, with facts marked", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v);
    const log = v.page.getByRole("log");
    await log.getByText("整栋楼都没有，我").waitFor();
    assert.equal(await log.getByText("嗯").count(), 0, "what was rejected is not shown");
    assert.equal(await log.locator(".line-caller").count(), 3, "a turn that was replaced is not shown");
    assert.deepEqual(await log.locator("mark").first().locator("small").allTextContents(), ["区县"]);
    v.contract.hear("c-o1", "什么时候能修好");
    await log.locator(".line-caller", { hasText: "什么时候能修好" }).waitFor();
    v.contract.tell({ type: "suggestions", conversation: "c-o1", items: seed.suggestions() });
    await v.page.waitForTimeout(300);
    await v.accessible();
    await v.shot("desk-call");
    await v.page.keyboard.press("Alt+k");
    await v.page.getByText("第二十三条").waitFor();
    await v.page.getByText("已过期，勿直接答复").waitFor();
    await v.page.waitForTimeout(300);
    await v.accessible();
    await v.shot("desk-knowledge");
  });
});

test("hold, mute, keypad, police and hang-up go by keys", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v);
    const { page } = v;
    await page.keyboard.press("F9");
    await phase(v, "保持");
    await page.keyboard.press("Alt+h");
    await phase(v, "通话中");
    await page.keyboard.press("Alt+m");
    await page.getByRole("button", { name: "取消静音" }).waitFor();
    const pad = page.getByRole("group", { name: "拨号盘" });
    await page.keyboard.press("Alt+p");
    assert.equal(await pad.count(), 0, "a caller takes no keys");
    await page.keyboard.press("Alt+j");
    await page.getByRole("dialog", { name: /接入 110/ }).waitFor();
    await page.waitForTimeout(300);
    await v.shot("desk-110");
    await page.keyboard.press("Enter");
    await page.getByText("110 振铃").waitFor();
    await phase(v, "通话中");
    await page.getByRole("button", { name: "报警" }).waitFor({ state: "detached" });
    await page.keyboard.press("Alt+u");
    await page.getByRole("button", { name: "报警" }).waitFor();
    v.contract.command("c-o1", { verb: "consult", target: { agent: "li" } });
    await phase(v, "咨询中");
    assert.equal(await page.getByRole("toolbar").getByRole("button", { name: /^挂断(?!第三方)/ }).count(), 0, "that is for the time after");
    await page.keyboard.press("Alt+p");
    await pad.waitFor();
    await page.keyboard.type("12#");
    await pad.getByRole("status").filter({ hasText: "12#" }).waitFor();
    await v.shot("desk-keypad");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Alt+g");
    await phase(v, "三方通话");
    await page.keyboard.press("Alt+p");
    await pad.waitFor();
    await page.keyboard.press("Alt+u");
    await phase(v, "通话中");
    await pad.waitFor({ state: "detached" });
    assert.deepEqual(
      v.asked(/command/).map((a) => (JSON.parse(a.slice(a.indexOf("{"))) as { verb: string }).verb),
      ["hold", "resume", "mute", "consult", "drop", "press", "press", "press", "merge", "drop"],
    );
    assert.match(v.asked(/consult/)[0] ?? "", /"target":\{"service":"110"\}/);
    await page.keyboard.press("Alt+q");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await v.accessible();
    await v.shot("desk-wrapup");
    await page.getByLabel("小结").fill("已登记催办");
    await page.keyboard.press("Alt+w");
    await page.getByText("暂无会话").waitFor();
    assert.match(v.asked(/wrap_up/)[0] ?? "", /"conversation":"c-o1".*已登记催办/);
  });
});

test("a transfer finds a colleague by name and consults with Enter", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v);
    await v.page.keyboard.press("Alt+t");
    const search = v.page.getByRole("combobox", { name: /姓名/ });
    await search.fill("吴");
    await v.page.getByRole("option", { name: /吴芳/ }).waitFor();
    await v.page.getByRole("option", { name: /李建国/ }).waitFor({ state: "detached" });
    await search.fill("");
    await v.page.getByRole("option", { name: /李建国/ }).waitFor();
    await v.page.waitForTimeout(300);
    await v.shot("desk-transfer");
    await v.accessible();
    await search.fill("02712345678");
    await v.page.getByRole("option", { name: /拨打 02712345678/ }).waitFor();
    await v.page.keyboard.press("Enter");
    await phase(v, "咨询中");
    assert.match(v.asked(/consult/)[0] ?? "", /"target":\{"number":"02712345678"\}/);
    await v.shot("desk-consult");
    await v.page.keyboard.press("Alt+g");
    await phase(v, "三方通话");
    await v.page.keyboard.press("Alt+c");
    await v.page.getByRole("heading", { name: "话后整理" }).waitFor();
  });
});

test("a reload in mid-call finds the call, and a broken line mends itself", async () => {
  await visit(b, { loud: true }, async (v) => {
    await onCall(v);
    await v.page.reload();
    await phase(v, "通话中");
    await v.page.getByRole("log").getByText("整栋楼都没有，我").waitFor();
    v.contract.talks[0]!.phase = "held"; // which the page is told when it is back
    v.contract.away = true;
    v.contract.cut();
    await v.page.getByText("连接中断").waitFor();
    v.contract.away = false;
    await phase(v, "保持");
    await v.page.getByText("已连接").waitFor();
    assert.equal(await v.page.getByRole("log").locator(".line-caller").count(), 3, "nothing is doubled");
  });
});

test("what is refused is said and nothing is lost", async () => {
  await visit(b, { loud: true }, async (v) => {
    await onCall(v);
    v.contract.failing.add("POST /desk/talks/c-o1/command");
    await v.page.keyboard.press("F9");
    await v.page.getByText("出错了").waitFor();
    await phase(v, "通话中");
    v.contract.failing.clear();
    v.contract.talks[0]!.phase = "lost"; // and the page does not know yet
    await v.page.keyboard.press("F9");
    await v.page.getByText("现在不能这样操作").waitFor();
  });
});

test("several chats at once: unread counts, canned answers by /, and one message once", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await v.ready();
    for (const id of ["m1", "m2"]) {
      v.contract.ring(seed.offer(id, "chat"));
      await page.getByRole("alertdialog").waitFor();
      await page.keyboard.press("Alt+a");
      await page.getByRole("alertdialog").waitFor({ state: "detached" });
    }
    const items = page.locator(".talk-item");
    await items.nth(1).waitFor();
    await phase(v, "对话中");
    v.contract.hear("c-m2", "在吗");
    await items.nth(1).locator(".unread", { hasText: "1" }).waitFor();
    const input = page.getByRole("textbox", { name: "回复" });
    await input.fill("/sh");
    await page.getByRole("option", { name: /稍候/ }).waitFor();
    await v.shot("desk-chat");
    await v.accessible();
    await input.press("Enter");
    assert.equal(await input.inputValue(), "请您稍等，我正在为您查询。");
    v.contract.failing.add("POST /desk/talks/c-m1/command");
    await input.press("Enter");
    await page.getByText("出错了").waitFor();
    v.contract.failing.clear();
    await input.press("Enter");
    await page.getByRole("log").locator(".line-agent", { hasText: "请您稍等" }).waitFor();
    const keys = v.asked(/"say"/).map((a) => /"key":"(\w+)"/.exec(a)?.[1]);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1], "the second try has the key of the first");
    await page.keyboard.press("Alt+ArrowDown");
    await page.getByRole("log").getByText("在吗").waitFor();
    assert.equal(await page.locator(".unread").count(), 0);
  });
});

test("a draft survives a reload, and a number is shown on demand", async () => {
  await visit(b, {}, async (v) => {
    await v.ready();
    v.contract.accept((v.contract.ring(seed.offer("m1", "chat")), "m1"));
    const input = v.page.getByRole("textbox", { name: "回复" });
    await input.fill("写了一半");
    await v.page.reload();
    await input.waitFor();
    assert.equal(await input.inputValue(), "写了一半");
    await v.page.getByRole("link", { name: "通话记录" }).click();
    const row = v.page.getByRole("row", { name: /138\*\*\*\*5600/ });
    await row.getByRole("button", { name: "显示完整号码" }).click();
    await v.page.getByText("13812345600").waitFor();
  });
});
