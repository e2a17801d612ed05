// The end of a conversation: a question whether to end it, the rating, and the way to begin again.

import { el, setText, show } from "./dom";
import { Texts } from "./texts";

export interface RatingOptions {
  texts: Texts;
  rate: (score: number, comment: string) => Promise<boolean>;
  fresh: () => void;
}

export interface Rating {
  node: HTMLElement;
  update: (rated: boolean, conversation: string) => void;
}

export function rating(o: RatingOptions): Rating {
  const t = o.texts;
  const problem = el("div", { class: "hl-problem", role: "alert" });
  const comment = el("textarea", { class: "hl-input", rows: "2", maxlength: "500", placeholder: t.comment, "aria-label": t.comment, dir: "auto" });
  const radios = t.scores.map((_, i) => el("input", { type: "radio", name: "hl-score", value: String(i + 1) }));
  const choices = radios.map((radio, i) => el("label", { class: "hl-score" }, radio, el("span", {}, t.scores[i])));
  const submit = el("button", { type: "submit", class: "hl-primary" }, t.submit);
  const form = el("form", { class: "hl-rate" }, el("fieldset", {}, el("legend", {}, t.rate), ...choices), comment, problem, submit);
  const thanks = el("p", { class: "hl-thanks", role: "status" });
  const fresh = el("button", { type: "button", class: "hl-secondary", onclick: o.fresh }, t.fresh);
  let shown = "";
  const scored = () => show(comment, radios.some((r) => r.checked));

  form.addEventListener("change", scored);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const chosen = radios.filter((r) => r.checked)[0];
    setText(problem, chosen ? "" : t.chooseScore);
    if (!chosen) return radios[0].focus();
    submit.disabled = true;
    o.rate(Number(chosen.value), comment.value.trim()).then((done) => {
      submit.disabled = false;
      setText(problem, done ? "" : t.rateFailed);
      if (done) fresh.focus();
    });
  });
  return {
    node: el("div", { class: "hl-end" }, form, thanks, fresh),
    update: (rated, conversation) => {
      if (conversation !== shown) form.reset();
      scored();
      shown = conversation;
      show(form, !rated);
      setText(thanks, rated ? t.rated : "");
    },
  };
}

/** Asks before the conversation is ended. */
export function confirmation(t: Texts, yes: () => void, no: () => void): HTMLElement {
  return el(
    "div",
    { class: "hl-confirm", role: "group", "aria-label": t.askEnd },
    el("p", {}, t.askEnd),
    el("button", { type: "button", class: "hl-primary", onclick: yes }, t.endYes),
    el("button", { type: "button", class: "hl-secondary", onclick: no }, t.endNo),
  );
}
