// Whom agents call: those who are to be called back, those who were in a conversation of theirs, and numbers that they may call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, calm, closed, onCall, visit, type Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

const asks = (v: Visit) => v.asked(/accept|outcome|\/desk\/calls/);
const offered = async (v: Visit) => {
  await v.ready();
  v.contract.ring(seed.callbackOffer("o1", v.contract.callbacks[1]!));
  await v.page.getByRole("alertdialog", { name: "回拨" }).waitFor();
};

test("to accept a callback is to call; what became of it is noted at the desk", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await offered(v);
    await v.accessible();
    await v.shot("callback-offer");
    let answer = () => {};
    v.contract.answered = new Promise((done) => (answer = done));
    await page.keyboard.press("F8");
    const task = page.getByRole("region", { name: "回拨" });
    await task.getByText("139****5604").waitFor();
    await task.getByText("正在呼叫").waitFor();
    await page.getByText("请拨打左侧的回拨任务").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("callback-rings");
    answer();
    await page.getByRole("toolbar").waitFor();
    assert.ok(await task.getByRole("button", { name: "拨打" }).isDisabled(), "one call at a time");
    await page.keyboard.press("Alt+q");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await page.keyboard.press("Alt+w");
    await page.reload();
    await task.getByRole("button", { name: "登记结果" }).click();
    await calm(v);
    assert.ok(await page.getByLabel("已接通").isChecked(), "who has answered was reached");
    await v.accessible();
    await v.shot("callback-outcome");
    await page.getByRole("button", { name: "保存" }).click();
    await task.waitFor({ state: "detached" });
    assert.deepEqual(asks(v), ["POST /desk/offers/o1/accept", 'POST /desk/calls {"callback":"b2"}', 'POST /desk/callbacks/b2/outcome {"outcome":"reached"}']);
  });
});

test("who is not reached can be called again, and no outcome is taken for granted", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await offered(v);
    v.contract.unreached = "没有接通：对方正忙";
    await page.keyboard.press("F8");
    await page.getByText("没有接通：对方正忙").waitFor();
    const task = page.getByRole("region", { name: "回拨" });
    await task.getByRole("button", { name: "登记结果" }).click();
    await page.getByRole("button", { name: "保存" }).click();
    await page.getByText("请填写").waitFor();
    await page.keyboard.press("Escape");
    v.contract.unreached = "";
    await task.getByRole("button", { name: "拨打" }).click();
    await page.getByRole("toolbar").waitFor();
    assert.deepEqual(asks(v), ["POST /desk/offers/o1/accept", 'POST /desk/calls {"callback":"b2"}', 'POST /desk/calls {"callback":"b2"}']);
  });
});

test("a caller who was cut off is called again out of the wrap-up, and out of the record", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await onCall(v);
    v.contract.end("c-o1");
    await page.getByRole("button", { name: "回呼" }).click();
    await page.getByRole("toolbar").waitFor();
    v.contract.end("c-out");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await v.go("records/r0");
    await page.getByRole("button", { name: "回呼" }).click();
    await page.getByRole("toolbar").waitFor();
    assert.deepEqual(v.asked(/calls/), ['POST /desk/calls {"conversation":"c-o1"}', 'POST /desk/calls {"conversation":"r0"}']);
    await v.go("records/r9");
    await page.locator(".replay-head").getByText("转回拨").waitFor();
    assert.equal(await page.getByRole("button", { name: "回呼" }).count(), 0, "nobody calls whom they did not have");
  });
});

test("a number is dialled when the list has it; a refusal says why", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await v.ready();
    await page.getByRole("button", { name: "外呼" }).click();
    await page.getByLabel("号码").fill("138 1234-5678");
    await calm(v);
    await v.accessible();
    await v.shot("dialler");
    await page.keyboard.press("Enter");
    await page.getByText("该号码不在允许外呼的名单中").waitFor();
    await page.getByLabel("号码").fill("02766668888");
    await page.keyboard.press("Enter");
    await page.getByRole("toolbar").waitFor();
    assert.deepEqual(v.asked(/calls/), ['POST /desk/calls {"number":"13812345678"}', 'POST /desk/calls {"number":"02766668888"}']);
  });
});
