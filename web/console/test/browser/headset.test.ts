// The headset against a real WebRTC peer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, closed, visit } from "./page";
import { answer, breaks, received } from "./peer";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("the headset connects, is heard, is mended when the leg breaks, and is let go at log-out", async () => {
  await visit(b, { microphone: true, loud: true }, async (v) => {
    const gateway = await v.page.context().newPage();
    let offers = 0;
    let seen = () => {};
    const broken = new Promise<void>((done) => (seen = done));
    const offer = async (sdp: string) => {
      if (++offers === 2) await broken; // it would be mended before anybody has seen it
      return answer(gateway, sdp);
    };
    v.contract.whip = { offer, restart: async () => undefined };
    await v.logIn("zhang");
    await v.page.getByRole("button", { name: "开始接待" }).click();
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    assert.equal(v.contract.legs, 1);
    await v.until("sound of the microphone arrives", async () => (await received(gateway)) > 10);

    await breaks(gateway);
    await v.page.getByRole("button", { name: "耳麦中断" }).waitFor({ timeout: 45_000 });
    seen();
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor({ timeout: 45_000 });
    assert.equal(v.contract.legs, 2);

    await v.page.reload();
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    assert.equal(v.contract.legs, 3, "made again after a reload");
    await v.page.getByRole("button", { name: "耳麦正常" }).click();
    const bar = v.page.getByRole("progressbar", { name: "输入音量" });
    await v.page.waitForFunction(() => Number(document.querySelector('[role="progressbar"]')?.getAttribute("aria-valuenow")) > 10);
    await bar.waitFor();
    await v.shot("headset");
    await v.page.keyboard.press("Escape");
    await v.page.getByRole("dialog").waitFor({ state: "hidden" }); // it gives the focus back, which would close the menu
    await v.page.getByRole("button", { name: /^账号/ }).click();
    await v.page.getByText("退出登录").click();
    await v.until("the leg is let go", () => v.asked(/DELETE \/whip\/3/).length === 1);
  });
});

test("a refused microphone is explained, and a phone can be taken instead", async () => {
  await visit(b, { loud: true }, async (v) => {
    v.contract.whip = { offer: async () => "", restart: async () => undefined };
    await v.page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    });
    await v.logIn("zhang");
    await v.page.getByRole("button", { name: "开始接待" }).click();
    await v.page.getByRole("button", { name: "麦克风被拒绝" }).click();
    await v.page.getByText("请点击地址栏左侧").waitFor();
    await v.page.waitForTimeout(300);
    await v.shot("headset-refused");
    await v.accessible();
    await v.page.getByLabel("SIP 话机").check();
    await v.page.getByLabel("分机号").fill("801");
    await v.page.getByRole("button", { name: "保存" }).click();
    await v.page.getByRole("button", { name: "话机 801" }).waitFor();
    assert.deepEqual(v.asked(/me\/device/), ['PUT /desk/me/device {"device":"phone","extension":"801"}']);
  });
});
