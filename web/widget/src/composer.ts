// Where the visitor writes: the input, files by button, drop and paste, and the way to a person.

import { el, icon, icons, setText, show } from "./dom";
import { characters } from "./richtext";
import { Texts } from "./texts";
import { accept, objection } from "./uploads";

export const maxMessage = 2000;
const warnFrom = 1800;

export interface ComposerOptions {
  texts: Texts;
  send: (text: string) => void;
  agent: () => void;
  attach: (file: File) => void;
}

export interface Composer {
  node: HTMLElement;
  focus: () => void;
  /** Takes files that were dropped anywhere on the panel. */
  files: (list: FileList | null) => void;
  enable: (writing: boolean) => void;
}

export function composer(o: ComposerOptions): Composer {
  const t = o.texts;
  const problem = el("div", { class: "hl-problem", role: "alert", id: "hl-problem" });
  const counter = el("div", { class: "hl-count", "aria-live": "polite" });
  const input = el("textarea", {
    class: "hl-input",
    rows: "1",
    placeholder: t.placeholder,
    "aria-label": t.inputLabel,
    "aria-describedby": "hl-problem",
    enterkeyhint: "send",
    autocomplete: "off",
    maxlength: "20000",
    dir: "auto",
  });
  const picker = el("input", { type: "file", multiple: true, accept, tabindex: "-1", class: "hl-sr", "aria-hidden": "true" });
  const sendButton = el("button", { type: "submit", class: "hl-send" }, icon(icons.send), el("span", {}, t.send));
  const write = el("form", { class: "hl-write" }, input, sendButton);
  const clip = el("button", { type: "button", class: "hl-tool", onclick: () => picker.click() }, icon(icons.clip), el("span", {}, t.attach));
  const agent = el("button", { type: "button", class: "hl-tool hl-agent", onclick: o.agent }, icon(icons.person), el("span", {}, t.agent));
  const tools = el("div", { class: "hl-tools" }, agent, clip, counter);

  const grow = () => {
    input.style.height = "auto";
    const border = input.offsetHeight - input.clientHeight;
    if (input.scrollHeight) input.style.height = input.scrollHeight + border + "px";
  };
  const count = () => {
    const n = characters(input.value);
    setText(counter, n >= warnFrom ? t.left(n, maxMessage) : "");
    counter.className = n > maxMessage ? "hl-count hl-over" : "hl-count";
    return n;
  };
  const submit = () => {
    const text = input.value.trim();
    const n = characters(text);
    setText(problem, n > maxMessage ? t.tooLong(n, maxMessage) : "");
    if (!text || n > maxMessage) return input.focus();
    input.value = "";
    count();
    grow();
    o.send(text);
    input.focus();
  };
  const files = (list: FileList | null) => {
    const problems: string[] = [];
    for (let i = 0; list && i < list.length; i++) {
      const wrong = objection(t, list[i]);
      if (wrong) problems.push(wrong);
      else o.attach(list[i]);
    }
    setText(problem, problems.join(" "));
  };

  write.addEventListener("submit", (e) => {
    e.preventDefault();
    submit();
  });
  input.addEventListener("input", () => {
    setText(problem, "");
    count();
    grow();
  });
  enterSends(input, submit);
  input.addEventListener("paste", (e) => {
    const pasted = e.clipboardData && e.clipboardData.files;
    if (!pasted || !pasted.length) return;
    e.preventDefault();
    files(pasted);
  });
  picker.addEventListener("change", () => {
    files(picker.files);
    picker.value = "";
  });

  return {
    node: el("div", { class: "hl-foot" }, problem, write, tools, picker),
    focus: () => input.focus(),
    files,
    enable: (writing) => {
      show(write, writing);
      show(clip, writing);
    },
  };
}

// While an input method composes, Enter picks a candidate. Safari ends the composition before it reports that Enter,
// with key code 229.
function enterSends(input: HTMLTextAreaElement, submit: () => void): void {
  let composing = false;
  input.addEventListener("compositionstart", () => (composing = true));
  input.addEventListener("compositionend", () => (composing = false));
  input.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || composing || e.keyCode === 229) return;
    e.preventDefault();
    submit();
  });
}
