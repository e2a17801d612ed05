// The bar of a call: how it stands, and what can be done.

import { Call } from "./call";
import { el, setText, show } from "./dom";
import { Texts } from "./texts";

const keys = "123456789*0#";

export interface CallBar {
  node: HTMLElement;
  update: () => void;
}

export function callbar(t: Texts, call: Call): CallBar {
  const status = el("span", { class: "hl-call-status", role: "status" });
  const mute = el("button", { type: "button", class: "hl-secondary", onclick: () => call.mute(!call.muted) });
  const pad = el("div", { class: "hl-keys", role: "group", "aria-label": t.keypad, hidden: true });
  keys.split("").forEach((k) => pad.appendChild(el("button", { type: "button", class: "hl-secondary", onclick: () => call.press(k) }, k)));
  const keypad = el("button", { type: "button", class: "hl-secondary", "aria-expanded": "false", onclick: toggle }, t.keypad);
  const over = el("button", { type: "button", class: "hl-primary hl-hang-up", onclick: () => call.hangUp() }, t.hangUp);
  const node = el("div", { class: "hl-call", hidden: true }, status, mute, keypad, over, pad);
  let ticking = 0;

  function toggle(): void {
    show(pad, !!pad.hidden);
    keypad.setAttribute("aria-expanded", String(!pad.hidden));
  }

  function words(): string {
    if (call.state === "failed") return t.callProblems[call.problem] || t.callProblems.network;
    if (call.state !== "talking") return t.calling;
    if (call.lost) return t.reconnecting;
    const s = Math.floor((Date.now() - call.since) / 1000);
    return `${t.inCall} ${Math.floor(s / 60)}:${("0" + (s % 60)).slice(-2)}`;
  }

  function update(): void {
    const talking = call.state === "talking";
    show(node, call.state !== "idle");
    setText(status, words());
    show(mute, talking);
    show(keypad, talking);
    show(over, call.running);
    if (!talking) show(pad, false);
    setText(mute, call.muted ? t.unmute : t.mute);
    mute.setAttribute("aria-pressed", String(call.muted));
    if (talking && !ticking) ticking = window.setInterval(update, 1000);
    else if (!talking && ticking) {
      clearInterval(ticking);
      ticking = 0;
    }
  }

  return { node, update };
}
