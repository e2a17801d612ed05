// What a visitor does, against the fake gateway or, with HOTLINE_URL, a real one.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, closed, real, Setting, visit, Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const narrow = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
const ask = "社保卡丢了怎么办";

async function quiet(setting: Setting, f: (v: Visit) => Promise<void>): Promise<void> {
  await visit(b, setting, async (v) => {
    await f(v);
    assert.deepEqual(v.errors, [], "errors in the console");
  });
}

test("a visitor asks and is answered", async () => {
  await quiet({}, async (v) => {
    await v.open();
    await v.say(ask);
    assert.deepEqual(await v.texts(v.mine), [ask]);
    assert.equal(await v.input.inputValue(), "");
  });
});

test("a quick reply is sent by a click and then gone", async (t) => {
  await quiet({}, async (v) => {
    await v.open();
    if (!(await v.choices.count())) await v.say(ask);
    if (real && !(await v.choices.count())) return t.skip("the gateway offers no choices after " + ask);
    const label = (await v.choices.first().textContent()) || "";
    const answers = await v.theirs.count();
    await v.choices.first().click();
    await v.theirs.nth(answers).waitFor();
    assert.equal((await v.texts(v.mine)).pop(), label);
  });
});

test("a reload resumes where it was", async () => {
  await quiet({}, async (v) => {
    await v.open();
    await v.say(ask);
    const before = await v.texts(v.panel.locator(".hl-bubble"));
    await v.page.reload();
    await v.panel.waitFor();
    await v.panel.locator(".hl-bubble").nth(before.length - 1).waitFor();
    assert.deepEqual(await v.texts(v.panel.locator(".hl-bubble")), before);
  });
});

test("messages written offline are kept over a reload of the network and sent in order", async () => {
  await visit(b, {}, async (v) => {
    await v.open();
    await v.page.context().setOffline(true);
    await v.banner.filter({ hasText: "网络已断开" }).waitFor();
    for (const text of ["第一条", "第二条", "第三条"]) {
      await v.input.fill(text);
      await v.input.press("Enter");
    }
    assert.deepEqual(await v.texts(v.panel.locator(".hl-pending .hl-state")), ["等待发送", "等待发送", "等待发送"]);
    await v.page.context().setOffline(false);
    await v.panel.locator(".hl-log .hl-mine").nth(2).waitFor();
    assert.deepEqual(await v.texts(v.mine), ["第一条", "第二条", "第三条"]);
    assert.equal(await v.banner.textContent(), "");
    assert.deepEqual(v.faults, []);
  });
});

test("everything can be done with the keyboard, and focus comes back", async () => {
  await quiet({ tag: 'data-title="云州 12345"' }, async (v) => {
    const { page } = v;
    await page.goto(v.url);
    await page.locator("#before").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await v.theirs.first().waitFor();
    assert.equal(await focused(v), "hl-input", "the input has the focus");
    await page.keyboard.type("键盘");
    await page.keyboard.press("Enter");
    await v.theirs.nth(1).waitFor();
    for (const key of ["Tab", "Shift+Tab"]) {
      const seen = new Set<string>();
      for (let i = 0; i < 15; i++) {
        await page.keyboard.press(key);
        const name = await focused(v);
        assert.match(name, /^hl-/, "focus left the panel");
        seen.add(name.split(" ").pop() as string);
      }
      for (const part of ["hl-elder-button", "hl-close", "hl-scroll", "hl-input", "hl-send", "hl-agent", "hl-tool"]) assert.ok(seen.has(part), `${key} does not reach ${part}`);
    }
    await page.keyboard.press("Escape");
    assert.equal(await v.panel.isVisible(), false);
    assert.equal(await focused(v), "hl-launch");
  });
});

const focused = (v: Visit) =>
  v.page.evaluate(() => {
    let a = document.activeElement;
    while (a && a.shadowRoot && a.shadowRoot.activeElement) a = a.shadowRoot.activeElement;
    return a ? a.getAttribute("class") || a.tagName : "";
  });

test("Enter that picks a candidate of an input method does not send", async () => {
  await quiet({}, async (v) => {
    await v.open();
    await v.input.focus();
    const cdp = await v.page.context().newCDPSession(v.page);
    await cdp.send("Input.imeSetComposition", { text: "shebaoka", selectionStart: 8, selectionEnd: 8 });
    await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 });
    await v.page.keyboard.press("Enter");
    // Safari: the composition has ended, the key code says that the Enter belongs to it.
    await v.input.evaluate((n) => {
      n.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
      n.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true } as KeyboardEventInit));
    });
    assert.equal(await v.mine.count(), 0);
    await cdp.send("Input.insertText", { text: "社保卡" });
    await v.page.keyboard.press("Enter");
    await v.mine.first().waitFor();
    assert.deepEqual(await v.texts(v.mine), ["社保卡"]);
  });
});

test("Shift and Enter begin a line", async () => {
  await quiet({}, async (v) => {
    await v.open();
    await v.input.focus();
    await v.page.keyboard.type("一");
    await v.page.keyboard.press("Shift+Enter");
    await v.page.keyboard.type("二");
    assert.deepEqual([await v.input.inputValue(), await v.mine.count()], ["一\n二", 0]);
  });
});

for (const [name, setting] of Object.entries({ desktop: {}, phone: narrow })) {
  test(`长辈模式 on a ${name}: large type and targets, remembered`, async () => {
    await quiet(setting, async (v) => {
      await v.open();
      const button = v.panel.getByRole("button", { name: "长辈模式" });
      assert.equal(await button.getAttribute("aria-pressed"), "false");
      await button.click();
      await v.say("长辈");
      const small = await v.panel.evaluate((panel) => {
        const out: string[] = [];
        for (const n of Array.from(panel.querySelectorAll<HTMLElement>("*"))) {
          if (!n.getClientRects().length || n.closest(".hl-sr")) continue;
          const own = Array.from(n.childNodes).some((c) => c.nodeType === 3 && c.textContent);
          if ((own || n.tagName === "TEXTAREA") && parseFloat(getComputedStyle(n).fontSize) < 22) out.push(n.className + " " + getComputedStyle(n).fontSize);
          const box = n.getBoundingClientRect();
          if (/^(BUTTON|TEXTAREA)$/.test(n.tagName) && (box.height < 48 || box.width < 48)) out.push(`${n.className} ${box.width}×${box.height}`);
          if (box.width > 1 && (box.left < 0 || box.right > innerWidth + 0.5)) out.push(`${n.className} sticks out`);
        }
        return out;
      });
      assert.deepEqual(small, []);
      await v.page.reload();
      await v.panel.waitFor();
      assert.equal(await button.getAttribute("aria-pressed"), "true");
    });
  });
}

test("a person is one click away, whatever the state", async () => {
  await quiet({}, async (v) => {
    await v.open();
    const agent = v.panel.getByRole("button", { name: "转人工" });
    await v.panel.getByRole("button", { name: "结束本次会话" }).click();
    assert.ok(await agent.isVisible());
    await v.panel.getByRole("button", { name: "结束会话" }).click();
    await v.panel.getByText("请评价本次服务").waitFor();
    const answers = await v.theirs.count();
    await agent.click();
    // The greeting of another conversation, then the answer.
    await v.theirs.nth(answers + 1).waitFor();
    assert.deepEqual(await v.texts(v.mine), ["人工"]);
  });
});

test("at the end a visitor rates and may begin again", async () => {
  await quiet({}, async (v) => {
    await v.open();
    await v.panel.getByRole("button", { name: "结束本次会话" }).click();
    await v.panel.getByRole("button", { name: "结束会话" }).click();
    await v.panel.getByRole("button", { name: "提交评价" }).click();
    await v.panel.getByText("请先选择满意程度").waitFor();
    await v.page.keyboard.press("Space");
    await v.page.keyboard.press("ArrowRight");
    await v.panel.getByRole("textbox", { name: /意见/ }).fill("很快");
    await v.panel.getByRole("button", { name: "提交评价" }).click();
    await v.panel.getByText("感谢您的评价").waitFor();
    if (v.fake) assert.deepEqual(v.fake.gateway.ratings, [{ score: 2, comment: "很快" }]);
    const answers = await v.theirs.count();
    await v.panel.getByRole("button", { name: "重新咨询" }).click();
    await v.theirs.nth(answers).waitFor();
    await v.say("又来了");
  });
});

test("a file is sent by the button, a wrong one is refused in words", async () => {
  await quiet({}, async (v) => {
    await v.open();
    const choose = v.panel.locator("input[type=file]");
    await choose.setInputFiles({ name: "程序.exe", mimeType: "application/octet-stream", buffer: Buffer.from("x") });
    await v.panel.getByText("不支持“程序.exe”").waitFor();
    await choose.evaluate((input: HTMLInputElement) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(10 * 1024 * 1024 + 1)], "大.txt", { type: "text/plain" }));
      input.files = data.files;
      input.dispatchEvent(new Event("change"));
    });
    await v.panel.getByText("超过 10 MB").waitFor();
    await choose.setInputFiles({ name: "说明.txt", mimeType: "text/plain", buffer: Buffer.from("路灯不亮的位置") });
    const file = v.panel.getByRole("button", { name: "下载 说明.txt" });
    await file.waitFor();
    const [download] = await Promise.all([v.page.waitForEvent("download"), file.click()]);
    assert.equal(download.suggestedFilename(), "说明.txt");
  });
});

async function violations(v: Visit): Promise<string[]> {
  return v.page.evaluate(async () => {
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await (window as any).axe.run(document, { runOnly });
    return found.violations.map((x: any) => `${x.id}: ${x.nodes.map((n: any) => n.target.join(" ") + " " + n.failureSummary).join("; ")}`);
  });
}

test("axe finds nothing on a desktop, from the first word to the rating", async (t) => {
  await visit(b, { bypassCSP: true }, async (v) => {
    const end = v.panel.getByRole("button", { name: "结束本次会话" });
    const steps: [string, () => Promise<unknown>][] = [
      ["asked", () => v.say(ask)],
      ["too long", () => v.input.fill("长".repeat(2001)).then(() => v.input.press("Enter"))],
      ["asked whether to end", () => v.input.fill("").then(() => end.click())],
      ["ended", () => v.panel.getByRole("button", { name: "结束会话" }).click().then(() => v.panel.getByText("请评价").waitFor())],
      ["closed", () => v.page.keyboard.press("Escape")],
    ];
    await v.open();
    await v.page.addScriptTag({ path: axe });
    for (const [name, step] of steps) {
      await step();
      await t.test(name, async () => assert.deepEqual(await violations(v), []));
    }
  });
});

test("axe finds nothing on a phone in English, in a loud colour and in large type", async (t) => {
  await visit(b, { ...narrow, tag: 'data-locale="en" data-colour="#ffcc00"' }, async (v) => {
    await v.open();
    await v.say(ask);
    await v.page.addScriptTag({ path: axe });
    await t.test("standard", async () => assert.deepEqual(await violations(v), []));
    await v.panel.getByRole("button", { name: "Large type" }).click();
    await t.test("large type", async () => assert.deepEqual(await violations(v), []));
  });
});
