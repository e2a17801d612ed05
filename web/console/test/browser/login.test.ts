import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { browser, closed, visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

// The browser itself reports each 401 as an error.
const loud = { loud: true };

test("a wrong password is told, the right one opens the desk", async () => {
  await visit(b, loud, async (v) => {
    v.contract.me.device = "phone";
    await v.go("");
    await v.page.getByLabel("账号").fill("zhang");
    await v.page.getByLabel("密码", { exact: true }).fill("wrong");
    await v.page.keyboard.press("Enter");
    await v.page.getByText("账号或密码不正确").waitFor();
    await v.accessible();
    await v.shot("login");
    await v.page.getByLabel("密码", { exact: true }).fill("correct horse");
    await v.page.keyboard.press("Enter");
    await v.page.getByRole("link", { name: "坐席台" }).waitFor();
  });
});

test("a locked account is told for how long", async () => {
  await visit(b, loud, async (v) => {
    await v.logIn("chen");
    await v.page.getByText("请在 15:00 后再试").waitFor();
  });
});

test("two-step verification asks for the code and takes another after a wrong one", async () => {
  await visit(b, loud, async (v) => {
    v.contract.me.device = "phone";
    await v.logIn("li");
    const code = v.page.getByLabel("动态验证码");
    await code.fill("000000");
    await v.shot("login-totp");
    await v.page.keyboard.press("Enter");
    await v.page.getByText("验证码不正确").waitFor();
    await code.fill("123456");
    await v.page.keyboard.press("Enter");
    await v.page.getByRole("link", { name: "监控台" }).waitFor();
  });
});

test("the first log-in has to change the password", async () => {
  await visit(b, loud, async (v) => {
    await v.logIn("new");
    await v.page.getByText("首次登录请先修改密码").waitFor();
    await v.page.getByLabel("当前密码").fill("no");
    await v.page.getByLabel("新密码").fill("battery staple");
    await v.page.getByLabel("再输一次").fill("battery staple");
    await v.page.keyboard.press("Enter");
    await v.page.getByText("当前密码不正确").waitFor();
    await v.page.getByLabel("当前密码").fill("correct horse");
    await v.page.keyboard.press("Enter");
    await v.page.getByRole("link", { name: "坐席台" }).waitFor();
  });
});

test("a session that has ended leads back to the log-in", async () => {
  await visit(b, loud, async (v) => {
    await v.logIn("root");
    await v.page.getByRole("heading", { name: "用户" }).waitFor();
    v.contract.sessions.clear();
    await v.page.getByRole("link", { name: "队列" }).click();
    await v.page.getByText("登录已失效").waitFor();
  });
});

test("a reload stays logged in, log-out does not", async () => {
  await visit(b, {}, async (v) => {
    await v.logIn("shen", "audit");
    await v.page.getByRole("heading", { name: "审计" }).waitFor();
    await v.page.reload();
    await v.page.getByRole("heading", { name: "审计" }).waitFor();
    await v.page.getByRole("button", { name: "账号 沈计" }).click();
    await v.page.getByText("退出登录").click();
    await v.page.getByLabel("账号").waitFor();
    assert.equal(v.contract.sessions.size, 0);
  });
});

test("two-step verification is turned on with the code of the authenticator", async () => {
  await visit(b, loud, async (v) => {
    await v.logIn("shen");
    await v.page.getByRole("button", { name: "账号 沈计" }).click();
    await v.page.getByText("两步验证").click();
    await v.page.getByLabel("当前密码").fill("nonsense");
    await v.page.getByRole("button", { name: "启用" }).click();
    await v.page.getByText("当前密码不正确").waitFor();
    await v.page.getByLabel("当前密码").fill("correct horse");
    await v.page.getByRole("button", { name: "启用" }).click();
    await v.page.getByLabel("动态验证码").fill("111111");
    await v.page.getByRole("button", { name: "验证并启用" }).click();
    await v.page.getByText("验证码不正确").waitFor();
    await v.page.getByLabel("动态验证码").fill("123456");
    await v.page.getByRole("button", { name: "验证并启用" }).click();
    await v.page.getByText("aaaa-bbbb").waitFor();
    await v.page.getByRole("button", { name: "我已保存" }).click();
    await v.page.getByText("aaaa-bbbb").waitFor({ state: "hidden" });
    assert.equal(v.contract.accounts.find((u) => u.id === "shen")?.totp, true);
  });
});

test("where a second factor is demanded, nothing else comes first", async () => {
  await visit(b, loud, async (v) => {
    v.contract.accounts.find((u) => u.id === "shen")!.must_enrol = true;
    await v.logIn("shen", "audit");
    await v.page.getByText("要求启用两步验证").waitFor();
    assert.equal(await v.page.getByRole("navigation").count(), 0);
    await v.page.getByLabel("当前密码").fill("correct horse");
    await v.page.getByRole("button", { name: "启用" }).click();
    await v.page.getByLabel("动态验证码").fill("123456");
    await v.shot("must-enrol");
    await v.page.getByRole("button", { name: "验证并启用" }).click();
    await v.page.getByRole("button", { name: "我已保存" }).click();
    await v.page.getByRole("heading", { name: "审计" }).waitFor();
  });
});
