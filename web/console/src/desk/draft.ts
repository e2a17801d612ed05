import { useEffect, useState } from "react";

const event = "hotline-draft";
const place = (conversation: string) => "hotline.draft." + conversation;

// useDraft is the unsent reply of a conversation; it survives a reload, and other parts of the page may fill it in.
export function useDraft(conversation: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(place(conversation)) ?? "");
  useEffect(() => {
    const filled = (e: Event) => {
      const { to, text } = (e as CustomEvent<{ to: string; text: string }>).detail;
      if (to === conversation) setText(text);
    };
    addEventListener(event, filled);
    return () => removeEventListener(event, filled);
  }, [conversation]);
  const write = (next: string) => {
    setText(next);
    if (next) sessionStorage.setItem(place(conversation), next);
    else sessionStorage.removeItem(place(conversation));
  };
  return [text, write];
}

export function fillDraft(to: string, text: string): void {
  sessionStorage.setItem(place(to), text);
  dispatchEvent(new CustomEvent(event, { detail: { to, text } }));
}
