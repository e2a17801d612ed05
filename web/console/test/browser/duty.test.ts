// On duty with a headset: in one window, and after the gateway has been away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, calm, closed, visit, Visit } from "./page";
import { answer, breaks } from "./peer";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("a second window has ring and headset, and the first one lets go of both for good", async () => {
  await visit(b, { microphone: true, loud: true }, async (v) => {
    const gateway = await v.page.context().newPage();
    v.contract.whip = { offer: (sdp) => answer(gateway, sdp), restart: async () => undefined };
    await v.logIn("zhang");
    await v.page.getByRole("button", { name: "开始接待" }).click();
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    v.contract.ring(seed.offer("o1"));
    await v.page.getByRole("alertdialog").waitFor();

    const second = new Visit(await v.page.context().newPage(), v.contract, v.url);
    await second.logIn("zhang");
    await second.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    await v.page.getByRole("main").getByText("已在另一个窗口打开").waitFor();
    await v.page.getByRole("alertdialog").waitFor({ state: "detached" });
    await v.page.waitForFunction(() => document.title === "12345 工作台");
    for (const name of ["状态 振铃", "耳麦未连接"]) assert.ok(await v.page.getByRole("button", { name }).isDisabled(), name);
    await v.until("the first leg is let go", () => v.asked(/DELETE \/whip\/1/).length === 1);
    await second.page.getByRole("alertdialog").waitFor();
    await second.page.keyboard.press("F8");
    await second.page.getByRole("toolbar").waitFor();
    assert.equal(v.contract.legs, 2);
    await v.accessible();
    await v.shot("elsewhere");
    await v.page.getByRole("main").getByRole("button", { name: "刷新" }).click();
    await v.page.getByRole("toolbar").waitFor();
    await second.page.getByRole("main").getByText("已在另一个窗口打开").waitFor();
  });
});

test("who takes calls only goes on duty once the headset is there", async () => {
  await visit(b, { microphone: true, loud: true }, async (v) => {
    const gateway = await v.page.context().newPage();
    v.contract.whip = { offer: (sdp) => answer(gateway, sdp), restart: async () => undefined };
    v.contract.me.chats = 0;
    await v.logIn("zhang");
    await v.page.getByRole("button", { name: "开始接待" }).click();
    await v.page.getByRole("button", { name: "状态 空闲" }).waitFor();
    const order = () => v.asked(/^POST \/whip|me\/state/).map((a) => a.split(" ")[1]);
    assert.deepEqual(order(), ["/whip", "/desk/me/state"]);

    // A restart of the gateway takes everybody off duty; the headset is mended all the same, so that one click is enough.
    v.contract.restart();
    await breaks(gateway);
    await v.page.getByRole("alert").filter({ hasText: "您已离线" }).waitFor();
    await v.page.waitForFunction(() => document.title.startsWith("⚠ 您已离线"));
    await v.until("the leg is made anew", () => v.contract.legs === 2 && v.contract.presence.headset, 60_000);
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    await v.shot("dropped");
    await v.accessible();
    await v.page.getByRole("button", { name: "恢复接待" }).click();
    await v.page.getByRole("button", { name: "状态 空闲" }).waitFor();
    assert.equal(await v.page.getByText("您已离线").count(), 0);
    await v.page.waitForFunction(() => document.title === "12345 工作台");
    assert.deepEqual(order(), ["/whip", "/desk/me/state", "/whip", "/desk/me/state"]);

    // Who goes off duty by choice is not warned, and lets go of the headset.
    await v.page.getByRole("button", { name: "状态 空闲" }).click();
    await v.page.getByRole("menuitem", { name: "离线" }).waitFor();
    await calm(v);
    await v.page.getByRole("menuitem", { name: "离线" }).click();
    await v.page.getByRole("button", { name: "耳麦未连接" }).waitFor();
    assert.equal(await v.page.getByText("您已离线").count(), 0);
  });
});
