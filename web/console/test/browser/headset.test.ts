// The headset against a real WebRTC peer: another page of the same browser answers the offers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, closed, visit, Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

interface PeerWindow {
  peer?: RTCPeerConnection;
  sdp: string;
}

// answer takes an offer as a gateway does: it sends a tone and gives all candidates at once.
const answer = (page: Page, offer: string): Promise<string> =>
  page.evaluate(async (sdp) => {
    const w = window as unknown as PeerWindow;
    w.peer?.close();
    const peer = new RTCPeerConnection();
    w.peer = peer;
    w.sdp = sdp;
    const sound = new AudioContext();
    const out = sound.createMediaStreamDestination();
    const tone = sound.createOscillator();
    tone.connect(out);
    tone.start();
    peer.addTrack(out.stream.getAudioTracks()[0] as MediaStreamTrack, out.stream);
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription(await peer.createAnswer());
    await new Promise<void>((done) => {
      if (peer.iceGatheringState === "complete") done();
      peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
    });
    return peer.localDescription?.sdp ?? "";
  }, offer);

const received = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const { peer } = window as unknown as PeerWindow;
    let packets = 0;
    (await peer?.getStats())?.forEach((s: { type: string; packetsReceived?: number }) => s.type === "inbound-rtp" && (packets += s.packetsReceived ?? 0));
    return packets;
  });

test("the headset connects, is heard, is mended when the leg breaks, and is let go at log-out", async () => {
  await visit(b, { microphone: true, loud: true }, async (v) => {
    const gateway = await v.page.context().newPage();
    v.contract.whip = { offer: (sdp) => answer(gateway, sdp), restart: async () => undefined };
    await v.logIn("zhang");
    await v.page.getByRole("button", { name: "开始接待" }).click();
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    assert.equal(v.contract.legs, 1);
    await v.page.waitForTimeout(500);
    assert.ok((await received(gateway)) > 10, "sound of the microphone arrives");

    await gateway.evaluate(() => (window as unknown as PeerWindow).peer?.close());
    await v.page.getByRole("button", { name: "耳麦中断" }).waitFor({ timeout: 20_000 });
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor({ timeout: 20_000 });
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
    await v.page.getByRole("button", { name: /^账号/ }).click();
    await v.page.getByText("退出登录").click();
    await v.until("the leg is let go", () => v.asked(/DELETE \/whip\/3/).length === 1);
  });
});

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
    assert.equal(await v.page.evaluate(() => document.title), "12345 工作台");
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
    await gateway.evaluate(() => (window as unknown as PeerWindow).peer?.close());
    await v.page.getByRole("alert").filter({ hasText: "您已离线" }).waitFor();
    await v.page.waitForFunction(() => document.title.startsWith("⚠ 您已离线"));
    await v.until("the leg is made anew", () => v.contract.legs === 2 && v.contract.presence.headset, 20_000);
    await v.page.getByRole("button", { name: "耳麦正常" }).waitFor();
    await v.shot("dropped");
    await v.accessible();
    await v.page.getByRole("button", { name: "恢复接待" }).click();
    await v.page.getByRole("button", { name: "状态 空闲" }).waitFor();
    assert.equal(await v.page.getByText("您已离线").count(), 0);
    assert.equal(await v.page.evaluate(() => document.title), "12345 工作台");
    assert.deepEqual(order(), ["/whip", "/desk/me/state", "/whip", "/desk/me/state"]);

    // Who goes off duty by choice is not warned, and lets go of the headset.
    await v.page.getByRole("button", { name: "状态 空闲" }).click();
    await v.page.getByRole("menuitem", { name: "离线" }).click();
    await v.page.getByRole("button", { name: "耳麦未连接" }).waitFor();
    assert.equal(await v.page.getByText("您已离线").count(), 0);
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
