// What supervisors do with talks of the board.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, calm, closed, supervisor, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("a supervisor whispers, barges in and leaves, and sees which of them is on", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "board");
    const row = v.page.getByRole("row", { name: /138\*\*\*\*5678/ });
    await row.getByText("江苏 南京 · 移动").waitFor();
    const whisper = row.getByRole("button", { name: "耳语" });
    assert.ok(await whisper.isDisabled(), "nobody whispers without a headset");
    v.contract.be({ state: "ready", headset: true });
    const on = (name: string) => row.locator(`button[aria-pressed="true"]`, { hasText: name }).waitFor();
    const verbs = () => v.asked(/t1\/supervise/).map((a) => (JSON.parse(a.slice(a.indexOf("{"))) as { verb: string }).verb);
    await whisper.click();
    await on("耳语");
    assert.deepEqual(verbs(), ["whisper"]);
    await row.getByRole("button", { name: "强插" }).click();
    await on("强插");
    assert.equal(await row.locator(`button[aria-pressed="true"]`).count(), 1);
    assert.deepEqual(verbs(), ["whisper", "barge"]);
    await calm(v);
    await v.accessible();
    await v.shot("board-barge");
    // Who reloads the page is still heard, so they must be able to leave.
    await v.page.reload();
    await row.getByRole("button", { name: "退出监控" }).click();
    await row.getByRole("button", { name: "退出监控" }).waitFor({ state: "detached" });
    assert.deepEqual(verbs(), ["whisper", "barge", "leave"]);
    assert.equal(await row.locator(`button[aria-pressed="true"]`).count(), 0);
    // A conversation that ends is left without a click.
    await row.getByRole("button", { name: "监听" }).click();
    await on("监听");
    v.contract.be({ state: "ready", listening: undefined });
    await row.getByRole("button", { name: "退出监控" }).waitFor({ state: "detached" });
  });
});

test("what is said in a call that is listened to is read on the board, without a sound", async () => {
  await visit(b, {}, async (v) => {
    await v.countNotes();
    await supervisor(v, "board");
    v.contract.be({ state: "ready", headset: true });
    await v.page.getByRole("row", { name: /138\*\*\*\*5678/ }).getByRole("button", { name: "监听" }).click();
    const log = v.page.getByRole("log");
    await log.getByText("整栋楼都没有，我").waitFor();
    await log.locator(".line-agent", { hasText: "张敏" }).waitFor();
    v.contract.tell({ type: "event", conversation: "t1", event: seed.entry("t1", 20, "heard", { turn: 9, text: "你们到底管不管" }) });
    await log.getByText("你们到底管不管").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("board-listen");
    assert.deepEqual(await v.notes(), []);
    v.contract.be({ state: "ready", listening: undefined });
    await log.waitFor({ state: "detached" });
  });
});

test("a chat is taken over without a headset, and is there to be answered", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "board");
    const row = v.page.getByRole("row", { name: /文字 智能接待/ });
    await row.waitFor();
    assert.deepEqual(await row.getByRole("button").allTextContents(), ["接管"]);
    await row.getByRole("button", { name: "接管" }).click();
    await calm(v);
    await v.page.getByRole("dialog").getByRole("button", { name: "确定" }).click();
    await v.page.getByRole("textbox", { name: "回复" }).waitFor();
    assert.match(v.page.url(), /\/console\/desk$/);
  });
});

test("a supervisor on a phone is told to pick it up while it rings", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "board");
    const row = v.page.getByRole("row", { name: /138\*\*\*\*5678/ });
    v.contract.be({ state: "ready", headset: true });
    let pickUp = () => {};
    const pickedUp = new Promise<void>((resolve) => (pickUp = resolve));
    await v.page.route(/t1\/supervise/, async (route) => {
      await pickedUp;
      await route.continue();
    });
    await row.getByRole("button", { name: "监听" }).click();
    v.contract.be({ state: "busy", listening: "t1" });
    await row.getByText("请在话机上接听").waitFor();
    assert.equal(await row.locator(`button[aria-pressed="true"]`).count(), 0);
    assert.ok(await row.getByRole("button", { name: "退出监控" }).isEnabled());
    pickUp();
    await row.locator(`button[aria-pressed="true"]`, { hasText: "监听" }).waitFor();
    await row.getByText("请在话机上接听").waitFor({ state: "detached" });
  });
});

test("what a supervisor is refused is said, and nothing is shown as on", async () => {
  await visit(b, { loud: true }, async (v) => {
    await supervisor(v, "board");
    const row = v.page.getByRole("row", { name: /138\*\*\*\*5678/ });
    v.contract.be({ state: "ready", headset: true });
    v.contract.failing.add("POST /desk/talks/t1/supervise");
    await row.getByRole("button", { name: "强插" }).click();
    await v.page.getByText("出错了").waitFor();
    assert.equal(await row.locator(`button[aria-pressed="true"]`).count(), 0);
  });
});

test("a confidential call is listened to with a reason, which is asked for once", async () => {
  await visit(b, { loud: true }, async (v) => {
    await supervisor(v, "board");
    const row = v.page.getByRole("row", { name: /138\*\*\*\*5678/ });
    v.contract.be({ state: "ready", headset: true });
    v.contract.confidential.add("t1");
    await row.getByRole("button", { name: "监听" }).click();
    const dialog = v.page.getByRole("dialog");
    await calm(v);
    const listen = dialog.getByRole("button", { name: "确定" });
    assert.ok(await listen.isDisabled(), "without a reason");
    await dialog.getByRole("textbox").fill("投诉复核");
    await v.accessible();
    await v.shot("board-reason");
    await listen.click();
    await row.locator(`button[aria-pressed="true"]`, { hasText: "监听" }).waitFor();
    await dialog.waitFor({ state: "detached" });
    await row.getByRole("button", { name: "强插" }).click();
    await row.locator(`button[aria-pressed="true"]`, { hasText: "强插" }).waitFor();
    const said = v.asked(/t1\/supervise/).map((a) => JSON.parse(a.slice(a.indexOf("{"))) as { verb: string; reason?: string });
    assert.deepEqual(said, [{ verb: "listen" }, { verb: "listen", reason: "投诉复核" }, { verb: "barge", reason: "投诉复核" }]);
  });
});
