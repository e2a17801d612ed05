// The page behind a link that asks for a grade. The gateway's answers are those of api/survey.go.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { Fake } from "../fake";
import { browser, closed } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const link = "hv_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
const call = { service: "云州 12345", channel: "phone", began: "2026-11-24T01:00:00Z" };

class Visit {
  /** What was sent with a grade. */
  given: unknown[] = [];
  /** Status of the next answers by method; 0 is none at all. */
  next: { [method: string]: number } = {};
  about: object = call;
  /** The tokens that came. */
  tokens = new Set<string>();
  constructor(
    readonly page: Page,
    readonly fake: Fake,
  ) {}

  async serve(): Promise<void> {
    await this.page.route("**/api/v1/survey*", async (route) => {
      const request = route.request();
      const method = request.method();
      this.tokens.add((await request.headerValue("authorization")) ?? "");
      const status = this.next[method] ?? (method === "GET" ? 200 : 204);
      if (!status) return route.abort();
      if (method === "POST" && status === 204) this.given.push(request.postDataJSON());
      await route.fulfill({ status, contentType: "application/json", body: status === 204 ? "" : JSON.stringify(status === 200 ? this.about : { status }) });
    });
  }

  open = (token = link) => this.page.goto(`${this.fake.url}/survey/${token && "#" + token}`);
  headed = (name: string) => this.page.getByRole("heading", { name, exact: true }).waitFor();

  // accessible runs axe with the rules of WCAG 2.1 A and AA, and looks that nothing is wider than the screen.
  async accessible(): Promise<void> {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      const { violations } = await (window as any).axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
      return violations.map((v: any) => `${v.id}: ${v.nodes[0].html}`);
    });
    assert.deepEqual(found, []);
    assert.equal(await this.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "wider than the screen");
  }

  async shot(name: string): Promise<void> {
    if (process.env.SURVEY_SHOTS) await this.page.screenshot({ path: `${process.env.SURVEY_SHOTS}/${name}.png`, fullPage: true });
  }
}

async function visit(setting: BrowserContextOptions, f: (v: Visit) => Promise<void>): Promise<void> {
  const fake = await new Fake().start();
  const context = await b.newContext({ locale: "zh-CN", timezoneId: "Asia/Shanghai", ...setting });
  try {
    context.setDefaultTimeout(15000);
    const v = new Visit(await context.newPage(), fake);
    const errors: string[] = [];
    v.page.on("pageerror", (e) => errors.push(String(e)));
    v.page.on("console", (m) => m.type() === "error" && !/Failed to load resource/.test(m.text()) && errors.push(m.text()));
    await v.serve();
    await f(v);
    assert.deepEqual(errors, [], "errors in the console");
  } finally {
    await context.close();
    await fake.stop();
  }
}

test("a grade is given on a phone, with a comment", async () => {
  await visit(phone, async (v) => {
    const { page } = v;
    await v.open();
    await page.getByText("2026年11月24日 09:00，您通过电话联系了云州 12345。").waitFor();
    const names = ["非常满意", "满意", "一般", "不满意", "非常不满意"];
    assert.deepEqual(await page.locator(".grade").allTextContents(), names);
    for (const grade of await page.locator(".grade").all()) {
      const box = await grade.boundingBox();
      assert.ok(box && box.width > 300 && box.height >= 48, `a thumb needs more than ${JSON.stringify(box)}`);
    }
    assert.ok(await page.getByRole("button", { name: "提交评价" }).isHidden(), "nothing is sent before a grade is chosen");
    await v.accessible();
    await page.getByText("不满意", { exact: true }).tap();
    await page.getByText("满意", { exact: true }).tap(); // it can be changed
    await page.getByLabel("意见和建议（选填）").fill(" 解答很清楚 ");
    await v.accessible();
    await v.shot("survey");
    await page.getByRole("button", { name: "提交评价" }).tap();
    await v.headed("感谢您的评价");
    assert.deepEqual(v.given, [{ grade: 4, comment: "解答很清楚" }]);
    assert.deepEqual([...v.tokens], ["Bearer " + link]);
    assert.ok(await page.locator("#form").isHidden());
    await v.accessible();
    await v.shot("survey-thanks");
  });
});

test("a grade is given by keyboard, without a comment", async () => {
  await visit({}, async (v) => {
    await v.open();
    await v.page.getByRole("radio", { name: "非常满意", exact: true }).focus();
    await v.page.keyboard.press("ArrowDown");
    await v.page.keyboard.press("ArrowUp");
    await v.page.keyboard.press("Enter");
    await v.headed("感谢您的评价");
    assert.deepEqual(v.given, [{ grade: 5 }]);
    assert.equal(await v.page.evaluate(() => document.activeElement?.id), "title", "a reader is told");
  });
});

test("a link that is no good says why", async () => {
  for (const [status, title] of [[401, "链接无效"], [409, "已经评价过了"], [410, "链接已过期"]] as const) {
    await visit(phone, async (v) => {
      v.next.GET = status;
      await v.open();
      await v.headed(title);
      assert.ok(await v.page.locator("#form").isHidden());
      assert.ok(await v.page.getByRole("button", { name: "重试" }).isHidden(), "trying again does not help");
      await v.accessible();
    });
  }
  await visit(phone, async (v) => {
    await v.open("");
    await v.headed("链接无效");
    assert.equal(v.tokens.size, 0, "nothing is asked without a token");
  });
});

test("what the network or a crowd has kept back is tried again", async () => {
  await visit(phone, async (v) => {
    const { page } = v;
    v.next.GET = 0;
    await v.open();
    await v.headed("暂时无法评价");
    v.next = {};
    await page.getByRole("button", { name: "重试" }).tap();
    await page.getByText("一般", { exact: true }).tap();
    await page.getByLabel("意见和建议（选填）").fill("等得久");
    const alert = page.getByRole("alert");
    for (const [status, text] of [[0, /请检查网络/], [503, /请检查网络/], [429, /请稍等片刻/]] as const) {
      v.next.POST = status;
      await page.getByRole("button", { name: "提交评价" }).tap();
      await alert.filter({ hasText: text }).waitFor();
    }
    v.next = {};
    await page.getByRole("button", { name: "提交评价" }).tap();
    await v.headed("感谢您的评价");
    assert.deepEqual(v.given, [{ grade: 3, comment: "等得久" }], "what was written is kept");
  });
});

test("a grade that came twice, or too late, is said to be so", async () => {
  for (const [status, title] of [[409, "已经评价过了"], [410, "链接已过期"]] as const) {
    await visit(phone, async (v) => {
      await v.open();
      await v.page.getByText("满意", { exact: true }).tap();
      v.next.POST = status;
      await v.page.getByRole("button", { name: "提交评价" }).tap();
      await v.headed(title);
    });
  }
});

test("another link in the same tab is another conversation", async () => {
  await visit(phone, async (v) => {
    await v.open();
    await v.page.getByText("满意", { exact: true }).tap();
    v.about = { channel: "web", began: "2026-11-25T02:30:00Z" };
    await v.open("hv_ZYXWVUTSRQPONMLKJIHGFEDCBA");
    await v.page.getByText("2026年11月25日 10:30，您通过网页通话联系了我们。").waitFor();
    assert.equal(await v.page.locator("input:checked").count(), 0);
    assert.equal(v.tokens.size, 2);
  });
});

test("it speaks English to who does, and changes over", async () => {
  await visit({ ...phone, locale: "en-GB" }, async (v) => {
    await v.open();
    await v.headed("How did we do?");
    await v.page.getByText("you contacted 云州 12345 by phone.").waitFor();
    assert.equal(await v.page.locator("html").getAttribute("lang"), "en");
    await v.accessible();
    await v.page.getByText("Very satisfied", { exact: true }).tap();
    await v.page.getByRole("button", { name: "中文" }).tap();
    assert.ok(await v.page.getByRole("radio", { name: "非常满意", exact: true }).isChecked(), "the choice stays");
    await v.page.getByRole("button", { name: "提交评价" }).tap();
    await v.headed("感谢您的评价");
  });
});
