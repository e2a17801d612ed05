// What the browser tests share: one Chromium, pages that report errors, and the parts of the widget by name.
import { existsSync } from "node:fs";
import { Browser, BrowserContextOptions, chromium, Locator, Page } from "playwright-core";
import { Fake } from "../fake";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function browser(...more: string[]): Promise<Browser> {
  const executablePath = process.env.CHROMIUM || ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
  return chromium.launch({ executablePath, headless: true, args: [...flags, ...more] });
}

/** Closes a browser. One that does not end in time is killed by whoever runs the tests. */
export async function closed(b: Browser | undefined): Promise<void> {
  if (b) await Promise.race([b.close(), new Promise((done) => setTimeout(done, 10_000))]);
}

/** The real gateway that HOTLINE_URL names, or null. */
export const real = process.env.HOTLINE_URL ? process.env.HOTLINE_URL.replace(/\/+$/, "") : null;

export class Visit {
  readonly errors: string[] = [];
  constructor(
    readonly page: Page,
    readonly fake: Fake | null,
    readonly url: string,
  ) {
    page.on("console", (m) => m.type() === "error" && this.errors.push(m.text()));
    page.on("pageerror", (e) => this.errors.push(String(e)));
  }

  get panel(): Locator {
    return this.page.getByRole("dialog");
  }
  get launch(): Locator {
    return this.page.locator(".hl-launch");
  }
  get input(): Locator {
    return this.panel.getByRole("textbox", { name: /消息|Message/ });
  }
  get mine(): Locator {
    return this.panel.locator(".hl-mine .hl-text");
  }
  get theirs(): Locator {
    return this.panel.locator(".hl-theirs .hl-bubble");
  }
  get choices(): Locator {
    return this.panel.locator(".hl-choice");
  }
  get banner(): Locator {
    return this.panel.locator(".hl-banner");
  }

  async open(): Promise<void> {
    await this.page.goto(this.url);
    await this.launch.click();
    await this.theirs.first().waitFor();
  }

  /** Writes a message and waits until the gateway has confirmed it and answered. */
  async say(text: string): Promise<void> {
    const answers = await this.theirs.count();
    await this.input.fill(text);
    await this.input.press("Enter");
    await this.panel.locator(".hl-log .hl-mine .hl-text", { hasText: text }).last().waitFor();
    await this.theirs.nth(answers).waitFor();
  }

  texts(of: Locator): Promise<string[]> {
    return of.allTextContents();
  }

  /** Errors of the page itself, without those of a network that a test has cut. */
  get faults(): string[] {
    return this.errors.filter((e) => !/Failed to load resource|net::ERR_/.test(e));
  }
}

export interface Setting extends BrowserContextOptions {
  /** Runs in the page before anything else. */
  before?: () => void;
  /** Attributes of the script tag on a bare page, instead of the demo page. */
  tag?: string;
}

/** Opens a page with the widget, runs a test on it and closes everything. */
export async function visit(b: Browser, setting: Setting, f: (v: Visit) => Promise<void>): Promise<void> {
  const { before, tag, ...context } = setting;
  const fake = real ? null : await new Fake().start();
  const base = real || (fake as Fake).url;
  const c = await b.newContext({ viewport: { width: 1280, height: 900 }, locale: "zh-CN", ...context });
  try {
    c.setDefaultTimeout(20000);
    if (before) await c.addInitScript(before);
    const page = await c.newPage();
    let url = base + "/demo/";
    if (tag !== undefined) {
      url = base + "/bare";
      await page.route(url, (r) => r.fulfill({ contentType: "text/html; charset=utf-8", body: bare(tag) }));
    }
    await f(new Visit(page, fake, url));
  } finally {
    await c.close();
    if (fake) await fake.stop();
  }
}

const bare = (tag: string) =>
  `<!DOCTYPE html><html lang="zh-CN"><meta name="viewport" content="width=device-width"><title>页面</title><link rel="icon" href="data:,"><main><h1>页面</h1><button id="before">按钮</button></main><script src="/widget.js" data-hotline ${tag} defer></script></html>`;
