// What a call takes in its phases, and what is known of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, closed, onCall, phase, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("a number that was called takes keys, and those that went are shown", async () => {
  await visit(b, { loud: true }, async (v) => {
    await onCall(v);
    v.contract.change("c-o1", { dialled: true });
    const pad = v.page.getByRole("group", { name: "拨号盘" });
    await v.page.getByRole("button", { name: /^拨号盘/ }).click();
    await pad.getByRole("button", { name: "2" }).click();
    await pad.getByRole("status").filter({ hasText: "2" }).waitFor();
    v.contract.failing.add("POST /desk/talks/c-o1/command");
    await pad.getByRole("button", { name: "3" }).click();
    await v.page.getByText("出错了").waitFor();
    assert.equal((await pad.getByRole("status").textContent())?.trim(), "2");
  });
});

test("who is consulted can leave, and nothing else", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v);
    const [caller, me] = v.contract.talks[0]!.parties;
    v.contract.change("c-o1", { phase: "consulting", parties: [caller!, { ...me!, id: "li", name: "李建国" }, { ...me!, role: "peer" }] });
    await phase(v, "咨询中");
    await v.page.locator(".control-finish:only-of-type").waitFor();
    await v.page.keyboard.press("Alt+q");
    await v.page.getByRole("heading", { name: "话后整理" }).waitFor();
  });
});

test("a call that comes back from the bot brings along what was said before", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await onCall(v);
    const earlier = page.getByRole("log").getByText("整栋楼都没有，我");
    await earlier.waitFor();
    await page.keyboard.press("Alt+b");
    await page.getByRole("dialog").getByRole("button", { name: "确定" }).click();
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await page.keyboard.press("Alt+w");
    await page.getByText("暂无会话").waitFor();
    v.contract.failing.add("GET /desk/talks/c-o1");
    v.contract.ring(seed.offer("o1"));
    await page.getByRole("alertdialog").waitFor();
    v.contract.accept("o1");
    await page.getByRole("toolbar").waitFor();
    v.contract.hear("c-o1", "我又来了");
    await page.getByRole("log").getByText("我又来了").waitFor();
    await v.until("it has been given up", () => v.contract.failures >= 3, 10_000);
    assert.equal(await earlier.count(), 0);
    v.contract.failing.clear();
    await earlier.waitFor({ timeout: 20_000 });
    assert.equal(await page.getByRole("log").locator(".line-caller").count(), 4, "nothing is doubled");
  });
});
