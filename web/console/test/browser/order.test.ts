// The work order form of the agent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, calm, closed, onCall, visit, type Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("the order form takes facts one key each, and files only those", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v);
    await v.page.keyboard.press("Alt+o");
    await v.page.getByText("还有 3 项待采用").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("desk-order");
    await v.page.keyboard.press("Alt+y");
    await v.page.keyboard.press("Alt+y");
    await v.page.getByText("还有 1 项待采用").waitFor();
    await v.page.getByLabel("时间").fill("11月23日起");
    await v.page.getByRole("button", { name: "提交工单" }).click();
    await v.page.getByText("工单 20261126-0042 已提交").waitFor();
    const sent = v.asked(/\/order/)[0] ?? "";
    assert.deepEqual(JSON.parse(sent.slice(sent.indexOf("{"))).facts, { address: "和平路18号", district: "青石区", time: "11月23日起" });
  });
});

const orderOf = (v: Visit) => {
  const sent = v.asked(/\/order/)[0] ?? "";
  return JSON.parse(sent.slice(sent.indexOf("{"))) as Record<string, unknown>;
};

test("the category of an order is found by name; what the bot took it to be is there already", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await onCall(v);
    await page.keyboard.press("Alt+o");
    const chosen = page.locator(".order-form .whole");
    await chosen.getByTitle("公用事业 / 供热供气 / 集中供热").waitFor();
    await page.locator(".order-form").getByText("紧急", { exact: true }).waitFor();
    await page.getByLabel("事项分类").click();
    await page.keyboard.type("扬尘");
    const found = page.locator(".ant-select-dropdown:visible .ant-select-item-option");
    await found.filter({ hasText: "集中供热" }).waitFor({ state: "detached" });
    assert.deepEqual(await found.allTextContents(), ["住房城建 / 小区与物业 / 工地管理与扬尘 housing.construction"]);
    await calm(v);
    await v.accessible();
    await v.shot("desk-category");
    await page.keyboard.press("Enter");
    await chosen.getByTitle("住房城建 / 小区与物业 / 工地管理与扬尘").waitFor();
    await page.getByLabel("事项分类").click();
    await page.keyboard.type("utility.gas");
    await page.keyboard.press("Enter");
    await chosen.getByTitle("公用事业 / 供热供气 / 燃气").waitFor();
    await page.getByRole("button", { name: "提交工单" }).click();
    await page.getByText("工单 20261126-0042 已提交").waitFor();
    const { category, urgency } = orderOf(v);
    assert.deepEqual([category, urgency], ["utility.gas", undefined], "the gateway knows how urgent a category is");
  });
});

test("a code that is not in the tree is shown as it is", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v, { ...seed.offer("o1"), brief: { ...seed.brief(), category: "old.code" } });
    await v.page.keyboard.press("Alt+o");
    await v.page.locator(".order-form .whole").getByTitle("old.code").waitFor();
  });
});

test("what the bot took the person to be doing is proposed only where an order can have it", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v, { ...seed.offer("o1"), reason: "no_match", brief: { ...seed.brief(), reason: "no_match", act: "out_of_scope", urgent: "suicide_other" } });
    for (const text of ["不属受理范围", "他人轻生"]) await v.page.locator(".talk-head").getByText(text).waitFor();
    await v.page.getByText("转接原因：没有听懂来电人").waitFor();
    await v.page.keyboard.press("Alt+o");
    await v.page.getByRole("button", { name: "提交工单" }).click();
    await v.page.locator(".order-form").getByText("请填写").waitFor();
    assert.deepEqual(v.asked(/\/order/), [], "the class is the agent's to choose");
  });
});

test("an order is urged by its number", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await onCall(v);
    await page.keyboard.press("Alt+o");
    await page.getByLabel("类型", { exact: true }).click();
    await page.locator(".ant-select-dropdown:visible").getByText("催办").click();
    await page.getByLabel("工单号").click();
    await page.locator(".ant-select-dropdown:visible").getByText("20261120-0031 反映暖气不热").click();
    await calm(v);
    await v.accessible();
    await v.shot("desk-urge");
    await page.getByRole("button", { name: "提交工单" }).click();
    await page.getByText("工单 20261126-0042 已提交").waitFor();
    const { kind, ticket, category } = orderOf(v);
    assert.deepEqual([kind, ticket, category], ["urge", "20261120-0031", undefined]);
  });
});
