// What the browser tests share: one Chromium with a microphone that beeps, a contract server each, and pages that report errors.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type Page } from "playwright-core";
import * as seed from "../contract/seed";
import { Contract } from "../contract/server";

const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.CONSOLE_SHOTS;
const pages = process.env.HOTLINE_WEB ?? "";

export async function browser(): Promise<Browser> {
  assert.ok(pages, "HOTLINE_WEB names the server of the pages: run go test ./web");
  const executablePath = process.env.CHROMIUM || ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
  return chromium.launch({ executablePath, headless: true, args: flags });
}

/** Closes a browser. One that does not end in time is killed by whoever runs the tests. */
export async function closed(b: Browser | undefined): Promise<void> {
  if (b) await Promise.race([b.close(), new Promise((done) => setTimeout(done, 10_000))]);
}

export class Visit {
  readonly errors: string[] = [];
  constructor(
    readonly page: Page,
    readonly contract: Contract,
    readonly url: string,
  ) {
    page.on("console", (m) => m.type() === "error" && this.errors.push(`${m.text()} ${m.location().url}`));
    page.on("pageerror", (e) => this.errors.push(String(e)));
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.url + "/console/" + path);
  }

  async logIn(login: string, path = ""): Promise<void> {
    const { page } = this;
    await this.go(path);
    await page.getByLabel("账号").fill(login);
    await page.getByLabel("密码", { exact: true }).fill("correct horse");
    await page.keyboard.press("Enter");
  }

  // ready logs an agent in and makes them ready. A microphone they have not, which the tests of the headset are about; who is on
  // a telephone takes no calls here.
  async ready(): Promise<void> {
    await this.page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    });
    await this.logIn("zhang");
    await this.page.getByRole("button", { name: "开始接待" }).click();
    await this.page.getByRole("button", { name: "状态 空闲" }).waitFor();
  }

  async shot(name: string): Promise<void> {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: `${shots}/${name}.png` });
  }

  // accessible runs axe with the rules of WCAG 2.1 A and AA.
  async accessible(): Promise<void> {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run: (o: unknown) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } };
      const { violations } = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
      return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} — ${n.failureSummary.slice(0, 200)}`));
    });
    assert.deepEqual(found, []);
  }

  asked(what: RegExp): string[] {
    return this.contract.asked.filter((a) => what.test(a));
  }

  // countNotes has every note that pages play from here on counted, and notes tells their pitches.
  async countNotes(): Promise<void> {
    await this.page.addInitScript(() => {
      const played: number[] = [];
      window.OscillatorNode = class extends window.OscillatorNode {
        constructor(context: BaseAudioContext, options?: OscillatorOptions) {
          super(context, options);
          played.push(options?.frequency ?? 0);
        }
      };
      Object.assign(window, { played });
    });
  }

  notes = (): Promise<number[]> => this.page.evaluate(() => (window as unknown as { played: number[] }).played);

  // until waits for a condition outside of the page.
  async until(what: string, f: () => boolean | Promise<boolean>, within = 20_000): Promise<void> {
    for (let i = 0; i < within / 25; i++) {
      if (await f()) return;
      await this.page.waitForTimeout(25);
    }
    assert.fail(`${what}; asked: ${this.contract.asked.slice(-8).join(" | ")}`);
  }
}

export interface Setting {
  width?: number;
  height?: number;
  microphone?: boolean;
  loud?: boolean; // errors on the page's console are part of the test
}

export async function visit(b: Browser, setting: Setting, f: (v: Visit) => Promise<void>): Promise<void> {
  const contract = new Contract(pages);
  const url = await contract.listen();
  const context = await b.newContext({
    viewport: { width: setting.width ?? 1366, height: setting.height ?? 768 },
    locale: "zh-CN",
    reducedMotion: "reduce", // a click on what still moves may be lost
    permissions: setting.microphone ? ["microphone"] : [],
  });
  const v = new Visit(await context.newPage(), contract, url);
  v.page.setDefaultTimeout(20_000); // tests of others may run beside
  try {
    await f(v);
    if (!setting.loud) assert.deepEqual(v.errors, [], "errors on the page");
  } catch (e) {
    await v.shot("failed-" + Date.now());
    throw e;
  } finally {
    await context.close();
    await contract.close();
  }
}

export async function supervisor(v: Visit, path: string): Promise<void> {
  v.contract.me.device = "phone";
  v.contract.accounts[1]!.code = undefined;
  await v.logIn("li", path);
}

// calm waits until what moves on the page stands still.
export const calm = (v: Visit): Promise<void> => v.page.waitForTimeout(350);

// phase waits until the talk on screen is in a phase.
export const phase = (v: Visit, text: string): Promise<void> => v.page.locator(".talk-head .phase", { hasText: text }).waitFor();

// onCall has an agent ready and in a call, whose phone is picked up.
export async function onCall(v: Visit, offer = seed.offer("o1")): Promise<void> {
  await v.ready();
  v.contract.ring(offer);
  await v.page.getByRole("alertdialog").waitFor();
  v.contract.accept(offer.id);
  await v.page.getByRole("toolbar").waitFor();
}
