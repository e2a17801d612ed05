// What is known of a caller who was there before.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, closed, onCall, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("whoever called before does not look new, and only records of one's own are opened", async () => {
  await visit(b, {}, async (v) => {
    await onCall(v);
    const brief = v.page.getByRole("tabpanel");
    await brief.getByText("曾联系 3 次").waitFor();
    await brief.getByText("20261120-0031").waitFor();
    await v.page.getByRole("tab", { name: "历史" }).click();
    const links = v.page.locator("#panel-history a");
    await links.first().waitFor();
    assert.deepEqual(await links.evaluateAll((all) => all.map((a) => a.getAttribute("href"))), ["/console/records/r0", "/console/records/r2"]);
    await v.accessible();
  });
});
