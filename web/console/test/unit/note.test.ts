import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, noted } from "../../src/desk/lines";
import { say, type Text } from "../../src/text";
import { entry } from "../contract/seed";

const t: Text = (word, values) => say("zh-CN", word, values);

test("of notes that replace one another the last is read, and none when it was taken back", () => {
  const log = [
    entry("c", 1, "noted", { party: "zhang", text: "停暖" }),
    entry("c", 2, "noted", { party: "li", text: "已催" }),
    entry("c", 3, "noted", { party: "zhang", text: "停暖三天", replaces: 1 }),
    entry("c", 4, "noted", { party: "li", text: "", replaces: 2 }),
  ];
  assert.deepEqual(lines(t, log).map((line) => line.text), ["备注：停暖三天"]);
  assert.deepEqual([noted(log, "zhang"), noted(log, "li"), noted(log, "wu")], ["停暖三天", "", undefined]);
});
