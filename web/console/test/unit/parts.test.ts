import assert from "node:assert/strict";
import { test } from "node:test";
import { months, restDays, spans, switched } from "../../src/admin/calendar";
import { parse, toHours, toText } from "../../src/admin/hours";
import { controls } from "../../src/desk/controls";
import { keyOf, keys } from "../../src/desk/keys";
import { lines, pieces } from "../../src/desk/lines";
import { accepted, drafted, open, propose } from "../../src/desk/order";
import type { Fact } from "../../src/api/types";
import { mask } from "../../src/parts/number";
import { clock, moment } from "../../src/parts/time";
import { matches, tree } from "../../src/parts/tree";
import { admin } from "../../src/text/admin";
import { board } from "../../src/text/board";
import { desk } from "../../src/text/desk";
import { records } from "../../src/text/records";
import { shell } from "../../src/text/shell";
import { named, say, type Text, type Word } from "../../src/text";
import { brief, categories, entry, offer, talk, talkEntries } from "../contract/seed";

const t: Text = (word, values) => say("zh-CN", word, values);

test("numbers are masked, and only numbers", () => {
  for (const [number, want] of [
    ["13812345678", "138****5678"],
    ["+8613812345678", "+86138****5678"],
    ["02781234567", "027****4567"],
    ["110", "110"],
    ["138****5678", "138****5678"],
    ["和平路18号", "和平路18号"],
  ] as const)
    assert.equal(mask(number), want, number);
});

test("a category is read by its path, and an unknown one by its code", () => {
  const { path, find } = tree(categories());
  assert.deepEqual(["utility.gas", "utility", "old.code", undefined].map(path), ["公用事业 / 供热供气 / 燃气", "公用事业", "old.code", ""]);
  assert.equal(find("utility.gas")?.urgency, "urgent");
  assert.equal(tree([{ id: "a", name: "甲", parent: "a", leaf: true }]).path("a").split("/").length, 8, "a loop ends");
  const option = { value: "utility.gas", label: path("utility.gas") };
  for (const [typed, want] of [["燃气", true], ["供热 燃", true], ["UTILITY.gas", true], ["", true], ["供热 扬尘", false]] as const) assert.equal(matches(typed, option), want, typed);
});

test("times are written as people read them", () => {
  assert.deepEqual([0, 65_000, 3_723_000, -5].map(clock), ["0:00", "1:05", "1:02:03", "0:00"]);
  const now = new Date(2026, 10, 26, 12);
  assert.equal(moment(new Date(2026, 10, 26, 9, 5).toISOString(), now), "09:05");
  assert.equal(moment(new Date(2026, 0, 2, 9, 5).toISOString(), now), "01-02 09:05");
  assert.equal(moment(new Date(2025, 0, 2, 9, 5).toISOString(), now), "2025-01-02 09:05");
});

test("every text is there in both languages with the same places to fill", () => {
  const seen = new Set<string>();
  for (const part of [shell, desk, board, records, admin])
    for (const [word, [zh, en]] of Object.entries(part) as [string, readonly [string, string]][]) {
      assert.ok(!seen.has(word), `${word} is there twice`);
      seen.add(word);
      assert.ok(zh && en, word);
      const places = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort();
      assert.deepEqual(places(zh), places(en), word);
    }
});

test("what there is no word for is said as it is", () => {
  assert.equal(say("zh-CN", "phase.of_tomorrow" as Word), "phase.of_tomorrow");
  assert.equal(named(t, "phase", "of_tomorrow"), "of_tomorrow");
});

test("the log reads as what was said, without what was not taken", () => {
  const read = lines(t, talkEntries("c"));
  assert.deepEqual(
    read.filter((l) => l.by !== "system").map((l) => [l.by, l.seq]),
    [
      ["bot", 2],
      ["caller", 4],
      ["bot", 6],
      ["caller", 7],
      ["agent", 12],
      ["caller", 13],
    ],
  );
  assert.deepEqual(lines(t, [entry("c", 1, "trace", {}), entry("c", 2, "of_tomorrow", {})]), []);
});

test("facts are marked where they stand, the first and longer one when they overlap", () => {
  const fact = (slot: string, value: string) => ({ slot, value, confidence: 1 });
  assert.deepEqual(pieces("住在和平路18号楼", [fact("number", "18号"), fact("address", "和平路18号"), fact("road", "和平路"), fact("none", "")]), [
    { text: "住在" },
    { text: "和平路18号", slot: "address" },
    { text: "楼" },
  ]);
  assert.deepEqual(pieces("没有", [fact("address", "和平路")]), [{ text: "没有" }]);
});

test("what the agent accepted stays when more is heard", () => {
  const heard = (value: string) => [{ slot: "address", value, confidence: 0.5 }];
  const edits = { address: { value: "和平路18号", accepted: true } };
  assert.deepEqual(accepted(propose(heard("和平路80号"), edits)), { address: "和平路18号" });
  assert.deepEqual(accepted(propose(heard("和平路80号"), {})), {}, "nothing is filed unasked");
});

// As desk/handoff/testdata/table.txt and call/supervise.go have it.
test("in each phase there is what is not refused, and nothing else", () => {
  const first = talk(offer("a"));
  const second = { ...first, parties: [...first.parties, { id: "li", role: "peer" as const, name: "李建国", state: "on" as const }] };
  const alone = ["hold", "mute", "transfer", "return", "emergency", "finish"];
  for (const [phase, mine, ofSecond] of [
    ["talking", alone, alone],
    ["held", alone, alone],
    ["dialling", ["complete", "mute", "drop"], []],
    ["consulting", ["complete", "merge", "mute", "drop", "keypad"], ["finish"]],
    ["conference", ["mute", "keypad", "complete", "drop", "finish"], ["finish"]],
    ["lost", [], []],
    ["survey", [], []],
    ["ringing", [], []],
    ["over", [], []],
  ] as const) {
    assert.deepEqual(controls({ ...first, phase }, "zhang"), mine, phase);
    assert.deepEqual(controls({ ...second, phase }, "li"), ofSecond, phase + " of the second agent");
  }
  assert.ok(controls({ ...first, dialled: true }, "zhang").includes("keypad"), "a number that was called may have a menu");
  assert.ok(!controls({ ...first, dialled: true, phase: "held" }, "zhang").includes("keypad"));
  const phoneHolds = first.parties.map((p) => (p.id === "zhang" ? { ...p, state: "holding" as const } : p));
  assert.deepEqual(controls({ ...first, phase: "held", parties: phoneHolds }, "zhang"), alone.slice(1), "a hold is ended where it was begun");
  const police = { id: "110", role: "service" as const, name: "110", state: "on" as const };
  for (const phase of ["talking", "held"] as const) {
    const joined = controls({ ...first, phase, parties: [...first.parties, police] }, "zhang");
    assert.ok(!joined.includes("emergency") && joined.includes("drop"), phase);
  }
});

test("an order has its fields whether or not they were heard, and none moves", () => {
  const slots = (facts: Fact[], edits = {}, added: string[] = []) => propose(facts, edits, added).map((f) => f.slot);
  assert.deepEqual(slots([]), ["address", "district", "time", "person", "phone"]);
  const heard = (slot: string) => ({ slot, value: "x", confidence: 0.5 });
  assert.deepEqual(slots([heard("org"), heard("phone")], { item: { value: "手机", accepted: true } }, ["plate", "org"]), ["address", "district", "time", "person", "phone", "org", "item", "plate"]);
  const edits = { district: { value: "青石区", accepted: true } };
  assert.deepEqual(accepted(propose([], edits)), { district: "青石区" });
  assert.deepEqual(open(propose([heard("org"), heard("district")], edits)).map((f) => f.slot), ["org"]);
});

test("an order follows what becomes known, but for what the agent has chosen", () => {
  const known = { ...brief(), urgent: "gas", act: "chitchat" };
  assert.deepEqual(drafted(known, {}), { kind: "new", act: undefined, category: "utility.heating", urgency: "critical", text: brief().summary });
  const mine = drafted({ ...known, act: "ask", category: "utility.gas" }, { category: "housing.construction", urgency: null, confidential: true });
  assert.deepEqual(mine, { kind: "new", act: "ask", category: "housing.construction", urgency: undefined, text: brief().summary, confidential: true });
});

test("no combination stands for two things, and input methods are left alone", () => {
  const all = Object.values(keys).flat();
  assert.equal(new Set(all).size, all.length);
  const press = (code: string, more: object = {}) => keyOf({ code, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, isComposing: false, ...more } as KeyboardEvent);
  assert.equal(press("F8"), "accept");
  assert.equal(press("KeyA", { altKey: true }), "accept");
  assert.equal(press("KeyA"), undefined);
  assert.equal(press("KeyA", { altKey: true, ctrlKey: true }), undefined, "AltGr types");
  assert.equal(press("F8", { isComposing: true }), undefined);
});

test("hours are read as typed, and written back", () => {
  assert.deepEqual(parse("08:30-12:00, 14:00–17:30"), [{ from: "08:30", to: "12:00" }, { from: "14:00", to: "17:30" }]);
  assert.deepEqual(parse("22:00-24:00"), [{ from: "22:00", to: "24:00" }]);
  assert.deepEqual(parse(" "), []);
  for (const bad of ["8-5", "24:00-25:00", "08:30", "08:60-09:00"]) assert.equal(parse(bad), undefined, bad);
  const hours = { days: { mon: [{ from: "08:30", to: "12:00" }] }, holiday: [{ from: "09:00", to: "17:00" }], dates: { "2026-05-04": [] } };
  assert.deepEqual(toHours(toText(hours), hours), hours);
  assert.deepEqual(toHours(toText({})), {});
});

test("days switch between rest, worked and ordinary, and join to spans", () => {
  assert.deepEqual(spans(["2026-10-03", "2026-10-01", "2026-10-02", "2026-10-05"]), [{ from: "2026-10-01", to: "2026-10-03" }, { from: "2026-10-05", to: "2026-10-05" }]);
  assert.deepEqual(restDays({ year: 2026, rest: [{ from: "2026-02-27", to: "2026-03-01" }] }), ["2026-02-27", "2026-02-28", "2026-03-01"]);
  const kinds = (day: string, times: number) => {
    let calendar = {};
    for (let i = 0; i < times; i++) calendar = switched(calendar, day);
    return calendar;
  };
  const year = (rest: string[], work: string[]) => ({ years: [{ year: 2026, rest: rest.map((d) => ({ from: d, to: d })), work }] });
  assert.deepEqual(kinds("2026-10-08", 1), year(["2026-10-08"], []));
  assert.deepEqual(kinds("2026-10-08", 2), year([], []));
  assert.deepEqual(kinds("2026-10-10", 2), year([], ["2026-10-10"]));
  assert.deepEqual(kinds("2026-10-10", 3), year([], []));
  const january = months(2026)[0];
  assert.equal(january?.indexOf("2026-01-01"), 3, "a Thursday");
  assert.equal(months(2028)[1]?.filter(Boolean).length, 29);
});
