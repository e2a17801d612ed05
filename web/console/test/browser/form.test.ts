// What the work order form holds, learns and keeps.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, calm, closed, onCall, visit, type Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

const orderOf = (v: Visit) => {
  const sent = v.asked(/\/order/)[0] ?? "";
  return JSON.parse(sent.slice(sent.indexOf("{"))) as Record<string, unknown>;
};

test("an order can hold what nobody has heard, and what is added to it", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await onCall(v, { ...seed.offer("o1"), brief: { reason: "user_request", summary: "来电人要求人工服务。", act: "complain", category: "utility.heating" } });
    await page.keyboard.press("Alt+o");
    for (const [label, text] of [["地址", "和平路18号"], ["区县", "青石区"], ["姓名", "王建国"]] as const) await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByLabel("增加要素").click();
    await page.locator(".ant-select-dropdown:visible").getByText("单位", { exact: true }).click();
    await page.getByRole("textbox", { name: "单位" }).fill("供热公司");
    await calm(v);
    await v.accessible();
    await v.shot("desk-order-blank");
    await page.getByRole("button", { name: "提交工单" }).click();
    await page.getByText("工单 20261126-0042 已提交").waitFor();
    assert.deepEqual(orderOf(v).facts, { address: "和平路18号", district: "青石区", person: "王建国", org: "供热公司" });
  });
});

test("an order learns while people talk, and leaves alone what the agent has written", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    const before = { reason: "user_request", summary: "来电人要求人工服务。", facts: [] };
    await onCall(v, { ...seed.offer("o1"), brief: before });
    await page.keyboard.press("Alt+o");
    const text = page.getByLabel("诉求内容");
    assert.equal(await text.inputValue(), "来电人要求人工服务。");
    await page.getByLabel("时间", { exact: true }).fill("昨晚");
    v.contract.change("c-o1", { brief: { ...seed.brief(), reason: "user_request" } });
    await page.getByText("还有 2 项待采用").waitFor();
    assert.equal(await page.getByLabel("地址", { exact: true }).inputValue(), "和平路18号");
    assert.equal(await page.getByLabel("时间", { exact: true }).inputValue(), "昨晚");
    assert.equal(await text.inputValue(), seed.brief().summary);
    await page.locator(".order-form .whole").getByTitle("公用事业 / 供热供气 / 集中供热").waitFor();
    await text.fill("整栋楼停暖");
    v.contract.change("c-o1", { brief: { ...seed.brief(), summary: "另一件事", category: "utility.gas" } });
    await page.locator(".order-form .whole").getByTitle("公用事业 / 供热供气 / 燃气").waitFor();
    assert.equal(await text.inputValue(), "整栋楼停暖");
  });
});

test("an order that is half written is there after another talk, another page and a reload, until the wrap-up", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await v.ready();
    for (const id of ["m1", "m2"]) v.contract.accept((v.contract.ring(seed.offer(id, "chat")), id));
    await page.locator(".talk-item").nth(1).waitFor();
    const show = () => page.keyboard.press("Alt+o");
    const text = page.getByLabel("诉求内容");
    const half = async () => {
      await text.waitFor({ state: "attached" });
      await show();
      assert.equal(await text.inputValue(), "整栋楼停暖");
      assert.equal(await page.getByLabel("姓名", { exact: true }).inputValue(), "王建国");
      await page.getByText("还有 2 项待采用").waitFor();
      await page.getByText("工单 20261126-0042 已提交").waitFor();
    };
    await show();
    await page.keyboard.press("Alt+y");
    await page.getByLabel("姓名", { exact: true }).fill("王建国");
    await text.fill("整栋楼停暖");
    await page.getByRole("button", { name: "提交工单" }).click();
    await half();
    await page.keyboard.press("Alt+ArrowDown");
    await show();
    assert.equal(await text.inputValue(), seed.brief().summary, "each talk has an order of its own");
    await page.keyboard.press("Alt+ArrowDown");
    await half();
    await page.getByRole("link", { name: "通话记录" }).click();
    await page.getByRole("heading", { name: "通话记录" }).waitFor();
    await page.getByRole("link", { name: "坐席台" }).click();
    await half();
    await page.reload();
    await half();
    v.contract.end("c-m1");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await half();
    await page.keyboard.press("Alt+w");
    await v.until("wrapped", () => v.asked(/wrap_up/).length === 1);
    await page.getByRole("heading", { name: "话后整理" }).waitFor({ state: "detached" });
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage).filter((k) => k.includes("c-m1"))), []);
  });
});
