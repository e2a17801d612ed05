import { Input } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useRef, useState } from "react";
import { post } from "../api/client";
import type { Talk } from "../api/types";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { talkPath } from "./command";
import { Key } from "./Key";
import { useKeys } from "./keys";

// Note is saved when the field is left.
export function Note({ talk }: { talk: Talk }) {
  const t = useText();
  const [act, busy] = useAct();
  const [saved, setSaved] = useState(talk.note ?? "");
  const [text, setText] = useState(saved);
  const input = useRef<TextAreaRef>(null);
  useKeys({ note: () => input.current?.focus() });
  const save = async () => {
    if (text !== saved && (await act(() => post(talkPath(talk.conversation) + "/note", { text })))) setSaved(text);
  };
  return (
    <div className="note">
      <label htmlFor="note">
        {t("note")} <Key of="note" /> <span className="quiet">{text === saved ? saved && t("saved") : busy ? "…" : "•"}</span>
      </label>
      <Input.TextArea id="note" ref={input} value={text} onChange={(e) => setText(e.target.value)} onBlur={() => void save()} rows={1} className="grow" placeholder={t("note.placeholder")} maxLength={2000} />
    </div>
  );
}
