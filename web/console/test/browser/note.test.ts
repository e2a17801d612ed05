// Notes of the agent, and the wrap-up that they go on in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import * as seed from "../contract/seed";
import { browser, calm, closed, onCall, visit, type Visit } from "./page";

let b: Browser;
before(async () => (b = await browser()));
after(() => closed(b));

const noted = (v: Visit) => v.asked(/\/note/).map((a) => (JSON.parse(a.slice(a.indexOf("{"))) as { text: string }).text);
const field = (v: Visit) => v.page.getByLabel("备注");

test("a note is there after a reload and in another talk, can be taken back, and is one line of the log", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await v.ready();
    for (const id of ["m1", "m2"]) v.contract.accept((v.contract.ring(seed.offer(id, "chat")), id));
    await page.locator(".talk-item").nth(1).waitFor();
    await field(v).fill("停暖");
    await field(v).blur();
    await v.until("saved", () => noted(v).length === 1);
    await field(v).fill("停暖三天，约了回电");
    await page.keyboard.press("Alt+ArrowDown"); // nothing but the key leaves the field
    await v.until("saved", () => noted(v).length === 2);
    assert.equal(await field(v).inputValue(), "", "each talk has a note of its own");
    await page.keyboard.press("Alt+ArrowDown");
    await page.getByRole("log").getByText("备注：停暖三天，约了回电").waitFor();
    assert.equal(await page.getByRole("log").getByText("备注：停暖", { exact: true }).count(), 0);
    await page.evaluate(() => Object.keys(sessionStorage).filter((k) => k.includes("note.")).forEach((k) => sessionStorage.removeItem(k)));
    await page.reload();
    await page.getByRole("log").getByText("备注：停暖三天，约了回电").waitFor();
    assert.equal(await field(v).inputValue(), "停暖三天，约了回电", "the gateway has it");
    await field(v).fill("");
    await field(v).blur();
    await page.getByRole("log").getByText(/备注/).waitFor({ state: "detached" });
    assert.deepEqual(noted(v), ["停暖", "停暖三天，约了回电", ""]);
  });
});

test("a note that cannot be saved is kept, and goes before the wrap-up", async () => {
  await visit(b, { loud: true }, async (v) => {
    const { page } = v;
    await onCall(v);
    v.contract.failing.add("POST /desk/talks/c-o1/note");
    await field(v).fill("等物业回电");
    await field(v).blur();
    await page.getByText("出错了").waitFor();
    await page.reload();
    await field(v).waitFor();
    assert.equal(await field(v).inputValue(), "等物业回电");
    v.contract.end("c-o1");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await page.keyboard.press("Alt+w");
    await page.getByText("出错了").waitFor();
    assert.equal(v.asked(/wrap_up/).length, 0, "what is not saved is not left");
    v.contract.failing.clear();
    await page.keyboard.press("Alt+w");
    await page.getByText("暂无会话").waitFor();
    assert.equal(v.contract.notes.get("c-o1"), "等物业回电");
  });
});

test("who types when the caller hangs up goes on typing there; else the summary has the keyboard", async () => {
  await visit(b, {}, async (v) => {
    const { page } = v;
    await onCall(v);
    await page.keyboard.press("Alt+n");
    await page.keyboard.type("约了");
    v.contract.end("c-o1");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await page.keyboard.type("回电");
    assert.equal(await field(v).inputValue(), "约了回电");
    await page.locator(".wrapup").getByTitle("公用事业 / 供热供气 / 集中供热").waitFor();
    await calm(v);
    await v.accessible();
    await v.shot("desk-wrapup-note");
    await page.getByLabel("小结").fill("已登记");
    await page.reload();
    assert.equal(await page.getByLabel("小结").inputValue(), "已登记");
    await page.keyboard.press("Alt+w");
    await page.getByText("暂无会话").waitFor();
    assert.match(v.asked(/wrap_up/)[0] ?? "", /"category":"utility.heating","summary":"已登记"/);
    v.contract.be({ state: "ready" });
    v.contract.accept((v.contract.ring(seed.offer("o2")), "o2"));
    await page.getByRole("toolbar").waitFor();
    v.contract.end("c-o2");
    await page.getByRole("heading", { name: "话后整理" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.matches("textarea, input"));
    await page.keyboard.type("办结");
    assert.match(await page.getByLabel("小结").inputValue(), /办结/);
  });
});
