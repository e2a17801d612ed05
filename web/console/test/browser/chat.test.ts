// Chats that nobody looks at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, closed, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("a message that nobody sees sounds and flashes, and reading makes no sound", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await v.countNotes();
    await v.ready();
    for (const id of ["m1", "m2"]) v.contract.accept((v.contract.ring(seed.offer(id, "chat")), id));
    const items = page.locator(".talk-item");
    await items.nth(1).waitFor();
    const beeps = async () => (await v.notes()).filter((pitch) => pitch === 880).length;
    v.contract.hear("c-m1", "第一句");
    await page.getByRole("log").getByText("第一句").waitFor();
    assert.equal(await beeps(), 0, "on screen");
    v.contract.hear("c-m2", "第二句");
    await items.nth(1).locator(".unread", { hasText: "1" }).waitFor();
    await v.until("a beep", async () => (await beeps()) === 1);
    assert.equal(await page.evaluate(() => document.title), "12345 工作台", "it is there to be seen");

    await page.getByRole("link", { name: "通话记录" }).click();
    await page.waitForFunction(() => document.title === "✉ 1 条未读");
    v.contract.hear("c-m1", "第三句");
    await page.waitForFunction(() => document.title === "✉ 2 条未读");
    assert.equal(await beeps(), 2);
    await page.getByRole("link", { name: "坐席台" }).click();
    await page.getByRole("log").getByText("第三句").waitFor();
    await page.waitForFunction(() => document.title === "12345 工作台");
    await items.nth(1).getByRole("button").first().click();
    await page.getByRole("log").getByText("第二句").waitFor();
    assert.equal(await page.locator(".unread").count(), 0);

    // Another tab of the browser is before this one.
    const hide = (hidden: boolean) =>
      page.evaluate((is) => {
        Object.defineProperty(document, "hidden", { value: is, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    v.contract.hear("c-m2", "第四句");
    await page.waitForFunction(() => document.title === "✉ 1 条未读");
    assert.equal(await beeps(), 3);
    await hide(false);
    await page.waitForFunction(() => document.title === "12345 工作台");
    assert.equal(await page.locator(".unread").count(), 0);
    assert.equal(await beeps(), 3);
  });
});
