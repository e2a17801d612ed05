import { useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useRef, useState } from "react";
import { get } from "../api/client";
import type { Canned, Talk } from "../api/types";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { command, freshKey } from "./command";
import { useKeys } from "./keys";
import { Key } from "./Key";
import { TransferDialog } from "./TransferDialog";
import { useDraft } from "./draft";

// match finds canned answers by what was typed after "/": the keys first, then title and text.
export function match(items: Canned[], typed: string): Canned[] {
  const q = typed.toLowerCase();
  const rank = (c: Canned) => ((c.keys ?? "").toLowerCase().startsWith(q) ? 0 : c.title.toLowerCase().includes(q) ? 1 : c.text.toLowerCase().includes(q) ? 2 : 3);
  return items
    .map((c) => ({ c, rank: rank(c) }))
    .filter((r) => r.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 8)
    .map((r) => r.c);
}

export function ChatInput({ talk }: { talk: Talk }) {
  const t = useText();
  const [act, busy] = useAct();
  const [text, setText] = useDraft(talk.conversation);
  const [at, setAt] = useState(0);
  const [moving, setMoving] = useState(false);
  const input = useRef<TextAreaRef>(null);
  // The key of a message that may not have arrived is kept until it has.
  const key = useRef(freshKey());
  const canned = useQuery({ queryKey: ["canned"], queryFn: () => get<{ items: Canned[] }>("/desk/canned"), staleTime: 300_000 });
  const offered = text.startsWith("/") ? match(canned.data?.items ?? [], text.slice(1)) : [];
  const finish = () => void act(() => command(talk.conversation, { verb: "finish" }));
  const giveBack = () => void act(() => command(talk.conversation, { verb: "return" }));
  useKeys({ reply: () => input.current?.focus(), transfer: () => setMoving(true), return: giveBack, finish });

  const send = async () => {
    const said = text.trim();
    if (!said || busy) return;
    if (await act(() => command(talk.conversation, { verb: "say", text: said, key: key.current }))) {
      key.current = freshKey();
      setText("");
    }
    input.current?.focus();
  };
  const pick = (c?: Canned) => {
    if (!c) return;
    setText(c.text);
    setAt(0);
    input.current?.focus();
  };
  const down = (e: React.KeyboardEvent) => {
    if (e.nativeEvent.isComposing || e.keyCode === 229) return;
    if (offered.length && (e.key === "ArrowDown" || e.key === "ArrowUp")) setAt((at + (e.key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length);
    else if (offered.length && (e.key === "Enter" || e.key === "Tab")) pick(offered[at]);
    else if (offered.length && e.key === "Escape") setText("");
    else if (e.key === "Enter" && !e.shiftKey) void send();
    else return;
    e.preventDefault();
  };
  return (
    <div className="chatbox">
      {offered.length > 0 && (
        <ul className="canned" role="listbox" aria-label={t("chat.canned")} id="canned">
          {offered.map((c, i) => (
            <li key={c.id} role="option" aria-selected={i === at} onClick={() => pick(c)}>
              <strong>{c.title}</strong> {c.keys && <kbd>/{c.keys}</kbd>}
              <span>{c.text}</span>
            </li>
          ))}
        </ul>
      )}
      <Input.TextArea
        ref={input}
        autoFocus
        value={text}
        onChange={(e) => (setText(e.target.value), setAt(0))}
        onKeyDown={down}
        rows={2} className="grow"
        maxLength={2000}
        aria-label={t("chat.say")}
        placeholder={t("chat.placeholder")}
      />
      <div className="chat-actions">
        <Button onClick={() => setMoving(true)}>
          {t("do.transfer")} <Key of="transfer" />
        </Button>
        <Button onClick={giveBack}>
          {t("do.return")} <Key of="return" />
        </Button>
        <Button danger onClick={finish}>
          {t("do.finish.chat")} <Key of="finish" />
        </Button>
        <span className="space" />
        <Button type="primary" loading={busy} disabled={!text.trim()} onClick={() => void send()}>
          {t("chat.send")}
        </Button>
      </div>
      <TransferDialog talk={talk} open={moving} close={() => setMoving(false)} />
    </div>
  );
}
