// Takes the pictures of the documentation: PICTURES=../../docs/images node test/run.mjs browser pictures
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, closed, Setting, visit } from "./page";

const folder = process.env.PICTURES;
const skip = folder ? false : "PICTURES names no folder";
let b: Browser;
before(async () => void (folder && (b = await browser())));
after(() => closed(b));

const desktop: Setting = { viewport: { width: 1080, height: 700 } };
const phone: Setting = { viewport: { width: 360, height: 720 }, deviceScaleFactor: 1.5, hasTouch: true, isMobile: true };

for (const [name, setting, elder] of [
  ["widget-desktop", desktop, false],
  ["widget-desktop-elder", desktop, true],
  ["widget-phone", phone, false],
  ["widget-phone-elder", phone, true],
] as [string, Setting, boolean][]) {
  test(name, { skip }, () =>
    visit(b, setting, async (v) => {
      await v.open();
      if (elder) await v.panel.getByRole("button", { name: "长辈模式" }).click();
      await v.say("社保卡丢了怎么办");
      await v.input.evaluate((n) => n.blur());
      const path = join(folder as string, name + ".png");
      await v.page.screenshot({ path, animations: "disabled" });
      assert.ok(statSync(path).size < 150000, `${statSync(path).size} bytes`);
    }),
  );
}
