import { Input } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useEffect, useRef, useState } from "react";
import type { Talk } from "../api/types";
import { useAct } from "../parts/useAct";
import { useSession } from "../shell/session";
import { useText } from "../text";
import { useDesk } from "./DeskProvider";
import { Key } from "./Key";
import { useKeys } from "./keys";
import { noted } from "./lines";
import { saveNote, write, written } from "./note";
import { logOf } from "./state";

// Note is saved when the field is left, in whatever way.
export function Note({ talk: { conversation, note } }: { talk: Talk }) {
  const t = useText();
  const { desk } = useDesk();
  const { user } = useSession();
  const [act, busy] = useAct();
  const [text, setText] = useState(() => written(conversation)?.text);
  const input = useRef<TextAreaRef>(null);
  useKeys({ note: () => input.current?.focus() });
  useEffect(() => () => void act(() => saveNote(conversation)), [act, conversation]);
  const before = note ?? noted(logOf(desk, conversation).events, user.id) ?? "";
  const fresh = written(conversation)?.saved === false;
  const change = (to: string) => {
    write(conversation, to);
    setText(to);
  };
  return (
    <div className="note">
      <label htmlFor="note">
        {t("note")} <Key of="note" /> <span className="quiet">{fresh ? (busy ? "…" : "•") : (text ?? before) && t("saved")}</span>
      </label>
      <Input.TextArea
        id="note"
        ref={input}
        value={text ?? before}
        onChange={(e) => change(e.target.value)}
        onBlur={() => void act(() => saveNote(conversation))}
        rows={1}
        className="grow"
        placeholder={t("note.placeholder")}
        maxLength={2000}
      />
    </div>
  );
}
