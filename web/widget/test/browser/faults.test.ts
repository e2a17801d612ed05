// Bad networks, bad text and old web views, against the fake gateway only.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { parse } from "acorn";
import type { Browser } from "playwright-core";
import { Fake, web } from "../fake";
import { browser, closed, real, Setting, visit, Visit } from "./page";

const skip = real ? "needs the fake gateway" : false;
let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

async function faulty(setting: Setting, f: (v: Visit, fake: Fake) => Promise<void>): Promise<void> {
  await visit(b, setting, async (v) => {
    await f(v, v.fake as Fake);
    assert.deepEqual(v.faults, [], "errors of the page");
  });
}

test("the built script is small and is read by browsers of 2018", () => {
  const script = readFileSync(join(web, "dist/widget.js"));
  assert.ok(gzipSync(script).length < 30000, `${gzipSync(script).length} bytes`);
  parse(script.toString(), { ecmaVersion: 2017 });
  const css = readFileSync(join(web, "dist/widget.css"), "utf8");
  for (const young of [/[;{]inset:/, /:is\(|:where\(|:has\(/, /aspect-ratio|dvh|\bclamp\(/, /display:flex[^}]*[;{]gap:/]) assert.doesNotMatch(css, young);
});

test("cut streams and repeated events: nothing is lost, nothing doubled", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    fake.twice = true;
    await v.open();
    const want = [];
    for (let i = 0; i < 4; i++) {
      fake.cutStreams();
      fake.gateway.say(fake.gateway.latest(), "推送" + i);
      want.push("推送" + i);
      await v.theirs.filter({ hasText: "推送" + i }).waitFor();
    }
    await v.say("还在");
    assert.deepEqual((await v.texts(v.theirs)).slice(1), [...want, "已经记下：还在"]);
  });
});

test("an answer that gets lost does not double the message", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    fake.swallow = 1;
    await v.say("只一次");
    await v.say("下一条");
    assert.deepEqual([fake.gateway.heard(), await v.texts(v.mine)], [["只一次", "下一条"], ["只一次", "下一条"]]);
  });
});

test("while the gateway thinks it looks like typing", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    fake.delay = 900;
    await v.input.fill("想一想");
    await v.input.press("Enter");
    await v.panel.locator(".hl-typing").waitFor();
    await v.panel.locator(".hl-typing").waitFor({ state: "hidden" });
    await v.theirs.nth(1).waitFor();
  });
});

test("a busy gateway is asked again, a refused message says why", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    fake.refuse.push({ path: "/messages", reply: { status: 429, retryAfter: 1 } });
    await v.say("稍后");
    await v.input.fill("违禁");
    await v.input.press("Enter");
    await v.panel.getByText("未发送：消息里有不能发送的内容").waitFor();
    await v.panel.getByRole("button", { name: "删除" }).click();
    assert.deepEqual(await v.texts(v.mine), ["稍后"]);
  });
});

test("a dead token begins a fresh conversation and says so", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    await v.say("之前");
    // The answer may have come by the stream; what is not confirmed yet would go to the fresh conversation.
    await v.page.waitForFunction(() => !JSON.stringify([{ ...sessionStorage }, { ...localStorage }]).includes("之前"));
    fake.gateway.forget();
    await v.page.reload();
    await v.panel.getByText("之前的会话已过期").waitFor();
    await v.theirs.first().waitFor();
    await v.say("之后");
    assert.deepEqual(await v.texts(v.mine), ["之后"]);
    fake.gateway.forget();
    await v.input.fill("没有丢");
    await v.input.press("Enter");
    await v.panel.locator(".hl-log .hl-mine", { hasText: "没有丢" }).waitFor();
    assert.equal(fake.gateway.conversations.length, 3);
  });
});

test("a gateway that cannot be reached at first", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    for (let i = 0; i < 2; i++) fake.refuse.push({ path: "/conversations", reply: { status: 503, retryAfter: 1 } });
    await v.open();
    assert.equal(await v.banner.textContent(), "");
    await v.say("通了");
  });
});

for (const streams of ["refused", "mute"] as const) {
  test(`streams ${streams} on the way: polling`, { skip }, async () => {
    await faulty({}, async (v, fake) => {
      fake.streams = streams;
      await v.open();
      await v.say("问");
      fake.gateway.say(fake.gateway.latest(), "推送");
      await v.theirs.filter({ hasText: "推送" }).waitFor({ timeout: 15000 });
    });
  });
}

const oldView = () => {
  const w = window as any;
  for (const name of ["EventSource", "AbortController", "ResizeObserver", "visualViewport", "queueMicrotask", "structuredClone"]) delete w[name];
  delete w.Element.prototype.replaceChildren;
  delete w.Element.prototype.toggleAttribute;
  delete w.Array.prototype.flat;
  delete w.Array.prototype.flatMap;
  delete w.Array.prototype.at;
  delete w.Object.fromEntries;
  delete w.String.prototype.replaceAll;
  delete w.String.prototype.matchAll;
  delete w.Crypto.prototype.randomUUID;
  delete w.Document.prototype.adoptedStyleSheets;
  delete w.ShadowRoot.prototype.adoptedStyleSheets;
};

const noShadow = () => {
  delete (window as any).Element.prototype.attachShadow;
};

for (const [name, before] of Object.entries({ "an old web view": oldView, "a browser without shadow trees": noShadow })) {
  test(`${name} can do it too`, { skip }, async () => {
    await faulty({ before, viewport: { width: 360, height: 640 } }, async (v, fake) => {
      await v.open();
      await v.say("旧手机");
      fake.gateway.say(fake.gateway.latest(), "推送");
      await v.theirs.filter({ hasText: "推送" }).waitFor();
      const panel = await v.panel.evaluate((n) => [getComputedStyle(n).position, n.getBoundingClientRect().width]);
      assert.deepEqual(panel, ["fixed", 360]);
      await v.page.reload();
      await v.mine.first().waitFor();
    });
  });
}

test("text is never markup", { skip }, async () => {
  await faulty({ viewport: { width: 360, height: 640 } }, async (v, fake) => {
    await v.open();
    const evil = `<img src=x onerror="window.hit=1"><script>window.hit=1</script> javascript:alert(1) https://ok.example/a?b=<b>`;
    fake.gateway.say(fake.gateway.latest(), evil, [`<i onclick="window.hit=1">是</i>`]);
    await v.theirs.filter({ hasText: "onerror" }).waitFor();
    await v.choices.first().click();
    await v.mine.first().waitFor();
    assert.deepEqual(await v.page.evaluate(() => (window as any).hit), undefined);
    assert.equal(await v.panel.locator("img, script, b, .hl-text i").count(), 0);
    assert.deepEqual(await v.panel.locator("a").evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.getAttribute("rel")])), [["https://ok.example/a?b=", "noopener noreferrer"]]);
  });
});

test("text of any kind stays inside its bubble", { skip }, async () => {
  await faulty({ viewport: { width: 360, height: 640 } }, async (v, fake) => {
    await v.open();
    const c = fake.gateway.latest();
    for (const text of ["a".repeat(2000), "长".repeat(2000), "\u202eفارسی\u202e 倒写", "👍🏽".repeat(300), "https://a.example/" + "x".repeat(800), "z\u0301".repeat(500)]) fake.gateway.say(c, text);
    await v.theirs.nth(6).waitFor();
    const wide = await v.panel.locator(".hl-scroll").evaluate((n) => [n.scrollWidth - n.clientWidth, document.documentElement.scrollWidth - innerWidth]);
    assert.ok(wide[0] <= 0 && wide[1] <= 0, String(wide));
    // What follows an override is written forwards again.
    assert.equal(await v.theirs.nth(3).locator(".hl-text").evaluate((n) => getComputedStyle(n).unicodeBidi), "isolate");
  });
});

test("2,000 characters are the limit, and one sees it coming", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    await v.input.fill("😀".repeat(1900));
    await v.panel.getByText("1900 / 2000 字").waitFor();
    await v.input.fill("😀".repeat(2001));
    await v.input.press("Enter");
    await v.panel.getByText("最多 2000 字，现在 2001 字").waitFor();
    assert.equal((await v.input.inputValue()).length, 4002);
    await v.input.fill("😀".repeat(2000));
    await v.input.press("Enter");
    await v.panel.locator(".hl-log .hl-mine").first().waitFor();
    assert.deepEqual(fake.gateway.heard().map((t) => [...t].length), [2000]);
  });
});

test("files can be dropped and pasted", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    for (const kind of ["drop", "paste"]) {
      await v.input.evaluate((input, kind) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], kind + ".txt", { type: "text/plain" }));
        const init = { bubbles: true, cancelable: true, composed: true };
        if (kind === "paste") return void input.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: data }));
        for (const type of ["dragenter", "dragover", "drop"]) input.dispatchEvent(new DragEvent(type, { ...init, dataTransfer: data }));
      }, kind);
      await v.panel.getByRole("button", { name: `下载 ${kind}.txt` }).waitFor();
    }
    assert.deepEqual(fake.gateway.latest().events.filter((e) => e.kind === "attached").map((e) => [e.body.name, e.body.size]), [["drop.txt", 1], ["paste.txt", 1]]);
    assert.equal(await v.panel.getAttribute("data-drop"), null);
  });
});

test("an upload that is refused says why, and another can be sent", { skip }, async () => {
  await faulty({}, async (v) => {
    await v.open();
    const choose = v.panel.locator("input[type=file]");
    await choose.setInputFiles({ name: "病毒.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await v.panel.getByText("未发送：不支持这种文件").waitFor();
    await choose.setInputFiles({ name: "好.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await v.panel.getByRole("button", { name: "下载 好.txt" }).waitFor();
  });
});

test("a touch keyboard does not cover the input, and zoom keeps it in reach", { skip }, async () => {
  await faulty({ viewport: { width: 360, height: 640 } }, async (v) => {
    await v.open();
    // The keyboard takes 300 px of the visual viewport and none of the layout.
    await v.page.evaluate(() => {
      const view = window.visualViewport as VisualViewport;
      Object.defineProperty(view, "height", { value: 340, configurable: true });
      view.dispatchEvent(new Event("resize"));
    });
    const bottom = await v.panel.getByRole("button", { name: "转人工" }).evaluate((n) => n.getBoundingClientRect().bottom);
    assert.ok(bottom <= 340, `${bottom} px`);
    // 1280 × 720 at 400 %, and at 200 %.
    for (const size of [{ width: 320, height: 256 }, { width: 640, height: 360 }]) {
      await v.page.setViewportSize(size);
      await v.page.evaluate((h) => {
        const view = window.visualViewport as VisualViewport;
        Object.defineProperty(view, "height", { value: h, configurable: true });
        view.dispatchEvent(new Event("resize"));
      }, size.height);
      for (const part of [v.input, v.panel.getByRole("button", { name: "转人工" }), v.panel.getByRole("button", { name: "关闭聊天窗口" })]) {
        const box = await part.boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= size.height + 1 && box.x + box.width <= size.width + 1, JSON.stringify([size, box]));
      }
    }
  });
});

test("unread answers are counted while it is closed", { skip }, async () => {
  await faulty({}, async (v, fake) => {
    await v.open();
    await v.page.keyboard.press("Escape");
    fake.gateway.say(fake.gateway.latest(), "您在吗");
    await v.page.locator(".hl-badge", { hasText: "1" }).waitFor();
    await v.page.getByRole("link", { name: "在线咨询" }).click();
    await v.theirs.filter({ hasText: "您在吗" }).waitFor();
  });
});

test("with reduced motion nothing moves", { skip }, async () => {
  await faulty({ reducedMotion: "reduce" }, async (v, fake) => {
    await v.open();
    fake.delay = 600;
    await v.input.fill("静");
    await v.input.press("Enter");
    const dot = v.panel.locator(".hl-typing i").first();
    await dot.waitFor({ state: "attached" });
    assert.ok((await dot.evaluate((n) => parseFloat(getComputedStyle(n).animationDuration))) < 0.001);
    await v.theirs.nth(1).waitFor();
  });
});
