// What the gateway sends as a code has a name of its own in both languages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lines } from "../../src/desk/lines";
import { named, say, type Text } from "../../src/text";
import { entry } from "../contract/seed";

const codes = {
  // of dialog/engine, the flows and houses of the packs, and desk/handoff
  handover: ["user_request", "no_match", "no_input", "flow", "loop", "abuse", "emergency", "crisis", "anti_fraud", "filing_failed", "lookup_failed", "not_found", "no_ticket", "no_answer", "transfer"],
  // flow.Acts
  act: ["ask", "complain", "report", "suggest", "praise", "followup", "emergency", "agent", "chitchat", "abuse", "out_of_scope"],
  // flow.Emergencies and flow.SuicideOfOther
  urgent: ["suicide", "fire", "gas", "trapped", "collapse", "drowning", "electricity", "crime", "medical", "accident", "poisoning", "lost", "fraud", "other", "suicide_other"],
};

for (const locale of ["zh-CN", "en"] as const) {
  const t: Text = (word, values) => say(locale, word, values);
  test(`codes are told by name in ${locale}`, () => {
    for (const [group, values] of Object.entries(codes)) for (const value of values) assert.notEqual(named(t, group, value), value, `${group}.${value}`);
    assert.equal(named(t, "handover", "of_a_pack"), "of_a_pack");
  });
}

test("the log tells by name why people were asked for", () => {
  const t: Text = (word, values) => say("zh-CN", word, values);
  assert.deepEqual(
    lines(t, [entry("c", 1, "handed_over", { queue: "general", reason: "no_match" })]).map((line) => line.text),
    ["转人工：没有听懂来电人"],
  );
});
