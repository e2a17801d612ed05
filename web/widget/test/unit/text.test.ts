import assert from "node:assert/strict";
import { test } from "node:test";
import { contrastWithWhite, parse, readable } from "../../src/colour";
import { options } from "../../src/options";
import { address, blocks, characters, plainName, runs, size } from "../../src/richtext";
import { reason, texts } from "../../src/texts";
import { objection, shortName } from "../../src/uploads";
import { random } from "../clock";

const links = (text: string) => runs(text).filter((r) => r.href).map((r) => [r.text, r.href]);

test("links", async (t) => {
  const cases: [string, string, string[][]][] = [
    ["an address ends at Chinese punctuation", "见https://a.gov.cn/x/y?b=1。谢谢", [["https://a.gov.cn/x/y?b=1", "https://a.gov.cn/x/y?b=1"]]],
    ["a full stop after an address is not part of it", "See http://a.cn/b.", [["http://a.cn/b", "http://a.cn/b"]]],
    ["brackets around an address are not part of it", "(https://a.cn/b(1))", [["https://a.cn/b(1)", "https://a.cn/b(1)"]]],
    ["a script is never a link", "javascript:alert(1) data:text/html,x vbscript:x", []],
    ["an address that hides its host behind a user name is text", "https://gov.cn@evil.example/", []],
    ["an address without a host is text", "https:// http:///x", []],
    ["a land line is a link", "请致电0871-12345678办理", [["0871-12345678", "tel:0871-12345678"]]],
    ["a short number that one is asked to call is a link", "拨打12333，或热线：12345", [["12333", "tel:12333"], ["12345", "tel:12345"]]],
    ["other numbers are text", "工本费12345元，编号 261124500012，2026-11-24，转110人", []],
    ["a number inside a longer one is text", "A0871-12345678 拨打123456789", []],
    ["one in English", "Please call 12345 now", [["12345", "tel:12345"]]],
  ];
  for (const [name, text, want] of cases) await t.test(name, () => assert.deepEqual(links(text), want));
});

test("runs hold the whole text, whatever it is", () => {
  const next = random(1);
  const bits = ["https://", "http://a.b", "拨打", "12345", "-", ")", "(", "[", "]", ".", "，", "\u202e", "😀", "\ud800", "@", "0871-1234567", "\n", "javascript:"];
  for (let n = 0; n < 3000; n++) {
    const text = Array.from({ length: 1 + Math.floor(next() * 12) }, () => bits[Math.floor(next() * bits.length)]).join("");
    assert.equal(runs(text).map((r) => r.text).join(""), text);
    for (const r of runs(text)) {
      if (!r.href) continue;
      const { protocol, hostname, username } = new URL(r.href);
      assert.ok(protocol === "tel:" || (/^https?:$/.test(protocol) && hostname && !username), r.href);
    }
  }
});

test("blocks", async (t) => {
  const shape = (text: string) => blocks(text).map((b) => [b.kind, b.lines.map((l) => l.map((r) => r.text).join("")), b.start]);
  const cases: [string, string, unknown][] = [
    ["line breaks stay inside a paragraph", "一\n二", [["text", ["一\n二"], undefined]]],
    ["bullets of either kind are one list", "材料：\n• 身份证\n- 户口簿\n好", [["text", ["材料："], undefined], ["bullets", ["身份证", "户口簿"], undefined], ["text", ["好"], undefined]]],
    ["numbers count on", "1. 挂失\r\n2、补卡", [["numbers", ["挂失", "补卡"], 1]]],
    ["a number that does not count on begins another list", "1. 甲\n3. 乙", [["numbers", ["甲"], 1], ["numbers", ["乙"], 3]]],
    ["a decimal number is not a list", "1.5 元\n2.0", [["text", ["1.5 元\n2.0"], undefined]]],
    ["nothing gives nothing", "\n\n", []],
  ];
  for (const [name, text, want] of cases) await t.test(name, () => assert.deepEqual(shape(text), want));
});

test("a long message is cut in time that grows with its length", () => {
  const began = Date.now();
  for (const bit of ["https://a.", "((((", "1-", "拨打 ", "- x\n", "1. x\n", "https://a.cn))))"]) runs(bit.repeat(20000)).concat(blocks(bit.repeat(20000)).map(() => ({ text: "" })));
  assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
});

test("text", async (t) => {
  await t.test("characters are code points", () => assert.deepEqual(["", "中a", "😀👍🏽"].map(characters), [0, 2, 3]));
  await t.test("a file name cannot be written backwards", () => assert.equal(plainName("a\u202egpj.exe\u0000"), "agpj.exe"));
  await t.test("a file without a name has one", () => assert.equal(plainName("\u200b "), "file"));
  await t.test("a long name keeps its ending", () => assert.match(shortName("很".repeat(60) + ".pdf"), /^很{20}….*\.pdf$/));
  await t.test("sizes", () => assert.deepEqual([840, 12345, 3565158].map(size), ["840 B", "12 KB", "3.4 MB"]));
  await t.test("addresses are made absolute", () => assert.equal(address("HTTPS://A.cn"), "https://a.cn/"));
});

test("files are refused in words", async (t) => {
  const zh = texts("zh-CN");
  const cases: [string, { name: string; size: number; type: string }, RegExp | ""][] = [
    ["a picture passes", { name: "a.jpg", size: 10, type: "image/jpeg" }, ""],
    ["a file without a type passes by its ending", { name: "a.WAV", size: 10, type: "" }, ""],
    ["a program does not", { name: "a.exe", size: 10, type: "application/x-msdownload" }, /不支持/],
    ["a program in disguise does not", { name: "a.jpg", size: 10, type: "text/html" }, /不支持/],
    ["10 MiB pass", { name: "a.pdf", size: 10485760, type: "application/pdf" }, ""],
    ["a byte more does not", { name: "a.pdf", size: 10485761, type: "application/pdf" }, /超过 10 MB/],
    ["nothing is nothing", { name: "a.txt", size: 0, type: "text/plain" }, /空文件/],
  ];
  for (const [name, file, want] of cases) {
    await t.test(name, () => (want ? assert.match(objection(zh, file), want) : assert.equal(objection(zh, file), "")));
  }
});

test("colours", async (t) => {
  await t.test("white on black is 21", () => assert.equal(contrastWithWhite([0, 0, 0]), 21));
  await t.test("three digits are six", () => assert.deepEqual(parse("#1aF"), [17, 170, 255]));
  await t.test("a readable colour stays", () => assert.equal(readable("#1554a8", 4.5, "#000"), "#1554a8"));
  await t.test("nonsense gives the fallback", () => assert.equal(readable("red;}", 4.5, "#1554a8"), "#1554a8"));
  for (const c of ["#ffffff", "#ff0", "#0f0", "#999999", "#1554a8", "#e60012"]) {
    await t.test(`${c} becomes readable`, () => {
      for (const want of [4.5, 7]) assert.ok(contrastWithWhite(parse(readable(c, want, "#000")) as [number, number, number]) >= want);
    });
  }
});

test("options", async (t) => {
  const read = (attributes: { [name: string]: string }, src = "https://gw.cn/widget.js?v=1") => options((n) => attributes[n] ?? null, src, "https://page.cn/a/b.html");
  await t.test("the script's own origin is the gateway", () => assert.equal(read({}).api, "https://gw.cn/api/v1"));
  await t.test("the style sheet lies beside the script", () => assert.equal(read({}).css, "https://gw.cn/widget.css"));
  await t.test("a base may be relative to the page", () => assert.equal(read({ "data-api": "/hotline/api/v1/" }).api, "https://page.cn/hotline/api/v1"));
  await t.test("a base that is a script is left out", () => assert.equal(read({ "data-api": "javascript:x" }).api, "https://gw.cn/api/v1"));
  await t.test("nonsense gives defaults", () => {
    const o = read({ "data-position": "top", "data-colour": "url(x)", "data-locale": "xx", "data-elder": "false" });
    assert.deepEqual([o.position, o.colour, o.locale, o.elder], ["right", "#1554a8", "zh-CN", false]);
  });
  await t.test("what is given is taken", () => {
    const o = read({ "data-position": "left", "data-colour": "#abc", "data-locale": "en-GB", "data-elder": "", "data-title": " 云州 12345 " });
    assert.deepEqual([o.position, o.colour, o.locale, o.elder, o.title], ["left", "#abc", "en", true, "云州 12345"]);
  });
});

test("reasons", async (t) => {
  const zh = texts("zh-CN");
  await t.test("a detail written for people is shown", () => assert.equal(reason(zh, 422, { detail: "消息须为 1 到 2000 字" }), "消息须为 1 到 2000 字"));
  await t.test("of a detail in two languages one is shown", () => {
    const body = { detail: "会话已结束，请用 PDF 重发 the conversation has ended" };
    assert.deepEqual([zh, texts("en")].map((x) => reason(x, 409, body)), ["会话已结束，请用 PDF 重发", "the conversation has ended"]);
  });
  await t.test("a library's detail is not", () => assert.equal(reason(zh, 422, { detail: "validation failed" }), "消息内容不能发送，请修改"));
  await t.test("no detail", () => assert.equal(reason(zh, 418, null), "发送失败"));
  await t.test("both languages have the same texts", () => assert.deepEqual(Object.keys(texts("en")), Object.keys(zh)));
});
