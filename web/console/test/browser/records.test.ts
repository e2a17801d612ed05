// Records and their replay.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, calm, closed, supervisor, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("records are searched, more are loaded, and a replay jumps to a turn", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "records");
    const { page } = v;
    await page.getByRole("row", { name: /138\*\*\*\*5600/ }).waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("records");
    assert.equal(await page.getByRole("button", { name: "回放" }).count(), 50);
    await page.getByRole("button", { name: "加载更多" }).click();
    await page.getByRole("row", { name: /138\*\*\*\*5659/ }).waitFor();
    await page.getByRole("row", { name: /138\*\*\*\*5600/ }).getByRole("button", { name: "回放" }).click();
    await page.getByRole("button", { name: "载入录音" }).click();
    await page.getByRole("button", { name: "播放", exact: true }).waitFor();
    await page.getByRole("button", { name: "从 0:33 播放" }).click();
    await page.locator(".transcript li.now", { hasText: "麻烦你们快一点" }).or(page.locator(".transcript li.now", { hasText: "工号8001" })).waitFor();
    await page.getByRole("slider").first().press("ArrowLeft");
    await page.locator('[role="slider"][aria-valuetext="0:28"]').first().waitFor();
    await page.getByText("2×").click();
    await page.getByRole("button", { name: "播放", exact: true }).click();
    await page.getByRole("button", { name: "暂停" }).waitFor();
    await page.locator(".transcript li.now", { hasText: "8001" }).waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("replay");
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "下载录音" }).click();
    assert.equal((await saved).suggestedFilename(), "r0.wav");
  });
});

test("only those with the right may download a recording", async () => {
  await visit(b, {}, async (v) => {
    v.contract.me.device = "phone";
    await v.logIn("zhang", "records/r0");
    await v.page.getByRole("button", { name: "载入录音" }).click();
    await v.page.getByRole("button", { name: "播放", exact: true }).waitFor();
    assert.equal(await v.page.getByRole("button", { name: "下载录音" }).count(), 0);
  });
});

test("records are looked for by the names of queue, agent and category", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await supervisor(v, "records");
    const row = page.getByRole("row", { name: /138\*\*\*\*5600/ });
    for (const text of ["江苏 南京 · 移动", "综合受理", "张敏", "集中供热"]) await row.getByText(text).waitFor();
    await page.getByRole("row", { name: /138\*\*\*\*5603/ }).getByText("old.code").waitFor();
    const choose = async (label: string, typed: string, name: string) => {
      await page.getByLabel(label, { exact: true }).click();
      await page.keyboard.type(typed);
      await page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter({ hasText: name }).click();
    };
    await choose("队列", "社保", "社保医保");
    await choose("坐席", "张", "张敏 8001");
    await choose("事项分类", "供气", "utility/heat");
    await calm(v);
    await v.accessible();
    await v.shot("records-filter");
    const request = page.waitForRequest((r) => r.url().includes("/records?"));
    await page.getByRole("button", { name: "查询" }).click();
    const asked = new URL((await request).url()).searchParams;
    assert.deepEqual(["queue", "agent", "category"].map((name) => asked.get(name)), ["social", "zhang", "utility/heat"]);
    await row.waitFor({ state: "detached" });
    await page.getByRole("row", { name: /138\*\*\*\*5620/ }).getByText("社保医保").waitFor();
    await page.getByRole("row", { name: /138\*\*\*\*5620/ }).getByRole("button", { name: "回放" }).click();
    const head = page.locator(".replay-head");
    for (const text of ["江苏 南京 · 移动", "社保医保", "张敏", "公用事业 / 供热供气 / 集中供热"]) await head.getByText(text).waitFor();
    assert.equal(await head.getByText("138****5620").count(), 1, "the place does not unmask the number");
  });
});

test("a confidential record is opened with a reason, which goes with all that is asked of it", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    const asked: string[] = [];
    page.on("request", (r) => r.url().includes("/records/r56") && asked.push(decodeURIComponent(new URL(r.url()).search)));
    await supervisor(v, "records/r56");
    await page.getByLabel("保密会话，请填写查阅理由").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("replay-reason");
    await page.getByLabel("保密会话，请填写查阅理由").fill("投诉复核");
    await page.getByRole("button", { name: "查阅" }).click();
    await page.getByRole("button", { name: "载入录音" }).click();
    await page.getByRole("button", { name: "播放", exact: true }).waitFor();
    const api = asked.filter((query) => query.includes("reason"));
    assert.deepEqual(api.sort(), ["?n=1000&reason=投诉复核", "?reason=投诉复核", "?reason=投诉复核"]);
  });
});
