// The board of supervisors, and calls to be made.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, calm, closed, supervisor, visit, type Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

test("the board shows queues, agents and talks, and supervises", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "board");
    const row = v.page.getByRole("row", { name: /138\*\*\*\*5678/ });
    await row.waitFor();
    await v.page.getByRole("row", { name: /139\*\*\*\*4321.* 电话 排队中 社保医保/ }).waitFor();
    await v.page.getByRole("row", { name: /文字 智能接待 智能客服/ }).waitFor();
    assert.ok(await row.getByRole("button", { name: "监听" }).isDisabled(), "nobody listens without a headset");
    v.contract.be({ state: "offline", headset: true });
    await row.getByRole("button", { name: "监听" }).click();
    await v.until("listens", () => v.asked(/t1\/supervise \{"verb":"listen"\}/).length === 1);
    await row.getByRole("button", { name: "退出监控" }).waitFor();
    await row.getByRole("button", { name: "接管" }).click();
    await v.page.getByText("原坐席退出会话").waitFor();
    await calm(v);
    await v.page.getByRole("dialog").getByRole("button", { name: "取消" }).click();
    await v.page.getByRole("button", { name: "设置状态 吴芳" }).click();
    await v.page.getByRole("menuitem", { name: "离线" }).click();
    await v.until("forced", () => v.asked(/agents\/wu\/state \{"state":"offline"\}/).length === 1);
    await calm(v);
    await v.accessible();
    await v.shot("board");
  });
});

test("callbacks are taken, called and closed", async () => {
  await visit(b, {}, async (v) => {
    await supervisor(v, "callbacks");
    const first = v.page.getByRole("row", { name: /138\*\*\*\*5603/ });
    await first.getByText("已超时").waitFor();
    await first.getByText("江苏 南京 · 移动").waitFor();
    await first.getByText("综合受理").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("callbacks");
    await v.page.getByRole("row", { name: /138\*\*\*\*5603/ }).getByRole("button", { name: "领取" }).click();
    await first.getByRole("button", { name: "拨打" }).waitFor();
    assert.equal(v.asked(/\/desk\/calls/).length, 0, "who only takes does not dial");
    await first.getByRole("button", { name: "登记结果" }).click();
    await v.page.getByLabel("无人接听").check();
    await v.page.getByRole("button", { name: "保存" }).click();
    await v.until("closed", () => v.asked(/b1\/outcome \{"outcome":"no_answer"\}/).length === 1);
  });
});

test("what was left is read before it is called back, and heard by who has taken it", async () => {
  await visit(b, {}, async (v) => {
    await v.ready();
    await v.page.getByRole("link", { name: "回拨" }).click();
    const row = v.page.getByRole("row", { name: /027\*\*\*\*4567/ });
    await row.getByText("小区路灯坏了三天").waitFor();
    assert.equal(await row.getByRole("link").count(), 0, "the record is not yet theirs to open");
    await row.getByRole("button", { name: "领取" }).click();
    await row.getByText("小区路灯坏了三天").waitFor();
    await row.getByRole("link", { name: "听留言" }).click();
    await v.page.getByRole("heading", { name: "会话回放" }).waitFor();
    await v.page.getByText("0:41 / 1:00").waitFor();
    await v.page.getByRole("button", { name: /载入录音/ }).click();
    await v.page.getByRole("button", { name: "播放", exact: true }).click();
    await v.page.getByText(/0:4[2-9] \/ 1:00/).waitFor();
    await v.page.goBack();
    await v.page.getByRole("radiogroup").getByText("已完成").click();
    await v.page.getByText("已解释政策").waitFor();
  });
});

const asks = (v: Visit) => v.asked(/callbacks|\/desk\/calls/);

test("one click takes a callback and dials it", async () => {
  await visit(b, {}, async (v) => {
    await v.ready();
    await v.page.getByRole("link", { name: "回拨" }).click();
    await v.page.getByRole("row", { name: /138\*\*\*\*5603/ }).getByRole("button", { name: "回拨" }).click();
    await v.page.getByRole("toolbar").waitFor();
    assert.deepEqual(asks(v), ["POST /desk/callbacks/b1/take", 'POST /desk/calls {"callback":"b1"}']);
  });
});

test("a callback that is not reached stays with the agent, who is told why", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await v.ready();
    await page.getByRole("link", { name: "回拨" }).click();
    const row = page.getByRole("row", { name: /138\*\*\*\*5603/ });
    const show = row.getByRole("button", { name: "显示完整号码" });
    await row.waitFor();
    assert.equal(await show.count(), 0, "an agent is not shown the number of who they have not taken");
    v.contract.unreached = "没有接通：对方正忙";
    await row.getByRole("button", { name: "回拨" }).click();
    const alert = page.getByRole("alert").filter({ hasText: "没有拨通 138****5603：没有接通：对方正忙" });
    await alert.waitFor();
    await row.getByText("张敏").waitFor();
    await row.getByRole("button", { name: "登记结果" }).waitFor();
    await show.waitFor();
    assert.equal(v.contract.callbacks[0]?.agent, "zhang");
    await calm(v);
    await v.accessible();
    await v.shot("callbacks-failed");
    v.contract.unreached = "";
    await row.getByRole("button", { name: "拨打" }).click();
    await page.getByRole("toolbar").waitFor();
    assert.deepEqual(asks(v), ["POST /desk/callbacks/b1/take", 'POST /desk/calls {"callback":"b1"}', 'POST /desk/calls {"callback":"b1"}']);
  });
});

test("a callback that a colleague has taken is not dialled", async () => {
  await visit(b, { loud: true }, async (v) => {
    await v.ready();
    await v.page.getByRole("link", { name: "回拨" }).click();
    const button = v.page.getByRole("row", { name: /138\*\*\*\*5603/ }).getByRole("button", { name: "回拨" });
    await button.waitFor();
    Object.assign(v.contract.callbacks[0]!, { state: "taken", agent: "wu" });
    await button.click();
    await v.page.getByText("当前状态下不能这样操作").waitFor();
    assert.deepEqual(asks(v), ["POST /desk/callbacks/b1/take"]);
  });
});
