// Every other page: what it shows, what it sends, and that axe finds nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, calm, closed, supervisor, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("each indicator stands beside its definition, and the report is exported", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "reports");
    const first = v.page.locator(".indicator").first();
    assert.match((await first.textContent()) ?? "", /93\.4%.*351 \/ 376.*不超过 15 秒.*另有 3 项按口径不计.*GB\/T 33358/);
    assert.match((await v.page.locator(".indicator", { hasText: "24 小时回拨率" }).textContent()) ?? "", /–.*没有回拨任务/, "of nothing there is no share");
    await v.page.locator(".day-chart canvas").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("reports");
    const saved = v.page.waitForEvent("download");
    await v.page.getByRole("button", { name: "导出 XLSX" }).click();
    assert.match((await saved).suggestedFilename(), /^hotline-\d{8}-\d{8}\.xlsx$/);
  });
});

test("users are added, locked ones opened, roles changed", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await v.logIn("root");
    await page.getByRole("row", { name: /chen/ }).getByText("已锁定").waitFor();
    await v.accessible();
    await v.shot("users");
    await page.getByRole("button", { name: "账号 陈锁" }).click();
    await page.getByRole("menuitem", { name: "解锁" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "确定" }).click();
    await v.until("unlocked", () => v.asked(/users\/chen\/unlock/).length === 1);
    await page.getByRole("button", { name: "新增用户" }).click();
    const drawer = page.getByRole("dialog", { name: "新增用户" });
    await drawer.getByLabel("账号").fill("zhao");
    await drawer.getByLabel("姓名").fill("赵一");
    await drawer.getByLabel("角色").click();
    await page.getByTitle("坐席", { exact: true }).last().click();
    await drawer.getByLabel("初始密码").fill("a long password");
    await calm(v);
    await v.shot("users-new");
    await drawer.getByRole("button", { name: "保存" }).click();
    await page.getByRole("row", { name: /赵一/ }).waitFor();
    assert.deepEqual(v.asked(/POST \/users \{/), ['POST /users {"login":"zhao","name":"赵一","roles":["agent"],"password":"a long password"}']);
  });
});

test("agents and queues are edited; hours are checked", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await v.logIn("root", "agents");
    await page.getByRole("row", { name: /张敏/ }).getByRole("button", { name: "编辑" }).click();
    await calm(v);
    await v.accessible();
    await v.shot("agents");
    await page.getByLabel("同时文字会话数").fill("6");
    await page.getByRole("button", { name: "保存" }).click();
    await v.until("agent", () => v.asked(/PUT \/desk\/agents\/zhang .*"chats":6/).length === 1);
    await page.getByRole("link", { name: "队列" }).click();
    await page.getByRole("row", { name: /^social/ }).getByRole("button", { name: "编辑" }).click();
    await calm(v);
    await v.shot("queues");
    await page.getByLabel("周三").fill("8 点到 5 点");
    await page.getByRole("button", { name: "保存" }).click();
    await page.getByText("请按 08:30-12:00").waitFor();
    await page.getByLabel("周三").fill("09:00-12:00，13:00-24:00");
    await page.getByRole("button", { name: "保存" }).click();
    await v.until("queue", () => v.asked(/PUT \/desk\/queues\/social/).length === 1);
    const sent = JSON.parse((v.asked(/PUT \/desk\/queues/)[0] ?? "").replace(/^\S+ \S+ /, ""));
    assert.deepEqual(sent.hours.days.wed, [{ from: "09:00", to: "12:00" }, { from: "13:00", to: "24:00" }]);
    assert.deepEqual(sent.hours.days.mon, [{ from: "08:30", to: "12:00" }, { from: "14:00", to: "17:30" }]);
    assert.deepEqual(sent.skills, { social: 5 });
  });
});

test("the calendar switches days, canned answers are added", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    const year = new Date().getFullYear();
    await v.logIn("root", "calendar");
    await page.getByRole("button", { name: `${year}-10- 10 班` }).waitFor();
    await v.accessible();
    await v.shot("calendar");
    await page.getByRole("button", { name: `${year}-10- 8` }).click();
    await page.getByRole("button", { name: "保存" }).click();
    await v.until("calendar", () => v.asked(/PUT \/desk\/calendar/).length === 1);
    assert.match(v.asked(/PUT \/desk\/calendar/)[0] ?? "", new RegExp(`"from":"${year}-10-01","to":"${year}-10-08"`));
  });
  await visit(b, {}, async (v) => {
    await supervisor(v, "canned");
    await v.page.getByRole("button", { name: "新增常用语" }).click();
    const drawer = v.page.getByRole("dialog");
    await drawer.getByLabel("标题").fill("夜间");
    await drawer.getByLabel("快捷字母").fill("yj");
    await drawer.getByLabel("内容").fill("夜间由值班人员答复。");
    await calm(v);
    await v.shot("canned");
    await drawer.getByRole("button", { name: "保存" }).click();
    await v.page.getByRole("cell", { name: "夜间由值班人员答复。" }).waitFor();
  });
});

test("the auditor sees who did what, and no more pages than theirs", async () => {
  await visit(b, {}, async (v) => {
    await v.logIn("shen", "audit");
    await v.page.getByText("record.number").first().waitFor();
    assert.deepEqual(await v.page.getByRole("navigation").getByRole("link").allTextContents(), ["审计"]);
    await v.accessible();
    await v.shot("audit");
    await v.go("users");
    await v.page.getByRole("heading", { name: "审计" }).waitFor();
  });
});

test("English, and a page whose data cannot be had", async () => {
  await visit(b, { loud: true, width: 1920, height: 1080 }, async (v) => {
    v.contract.failing.add("GET /reports");
    await supervisor(v, "reports");
    await v.page.getByRole("button", { name: "重试" }).waitFor();
    v.contract.failing.clear();
    await v.page.getByRole("button", { name: "重试" }).click();
    await v.page.locator(".indicator").first().waitFor();
    await v.page.getByRole("button", { name: "English" }).click();
    await v.page.getByRole("heading", { name: "Calls and answers by day" }).waitFor();
    assert.equal(await v.page.evaluate(() => document.documentElement.lang), "en");
    await calm(v);
    await v.shot("reports-en-1920");
  });
});

test("everything fits at 150 % zoom", async () => {
  await visit(b, { width: 1280, height: 720 }, async (v) => {
    await supervisor(v, "board");
    await v.page.getByRole("row", { name: /138\*\*\*\*5678/ }).waitFor();
    for (const path of ["board", "records", "reports", "callbacks", "desk"]) {
      await v.page.setViewportSize({ width: Math.round(1366 / 1.5), height: Math.round(768 / 1.5) });
      await v.page.locator(`.rail a[href$="/${path}"]`).click();
      await calm(v);
      const over = await v.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${path} is ${over} px too wide`);
    }
  });
});
