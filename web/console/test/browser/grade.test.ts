// The grade of a conversation on its page, and the link by which it is asked for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, closed, visit, type Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

async function supervisor(v: Visit, path: string): Promise<void> {
  v.contract.me.device = "phone";
  v.contract.accounts[1]!.code = undefined;
  await v.logIn("li", path);
}

test("a record tells its grade, or has a link by which it is asked for", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await supervisor(v, "records/r0");
    await page.getByText("5 分（链接）").waitFor();
    await page.getByText("解答很清楚").waitFor();
    assert.equal(await page.getByRole("button", { name: "复制评价链接" }).count(), 0, "it is graded once");
    await v.go("records/r1");
    const copy = page.getByRole("button", { name: "复制评价链接" });
    await copy.click();
    await page.getByText("评价链接已复制").waitFor();
    const link = "https://12345.example/survey/#hv_r1";
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
    assert.equal(await page.getByLabel("评价链接", { exact: true }).inputValue(), link);
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await copy.click();
    await page.waitForFunction(async (want) => (await navigator.clipboard.readText()) === want, link);
    assert.equal(v.asked(/POST \/conversations\/r1\/survey/).length, 1, "another link would end the one that was sent");
    await page.waitForTimeout(350); // until it has faded in
    await v.accessible();
    await v.shot("replay-link");
  });
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await supervisor(v, "records/r1");
    v.contract.failing.add("POST /conversations/r1/survey");
    await page.getByRole("button", { name: "复制评价链接" }).click();
    await page.locator(".ant-message-error").waitFor();
    v.contract.failing.clear();
    await page.getByRole("button", { name: "复制评价链接" }).click();
    await page.getByLabel("评价链接", { exact: true }).waitFor(); // to be copied by hand
    assert.equal(await page.getByText("评价链接已复制").count(), 0);
  });
});
