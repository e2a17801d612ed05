import { useQuery } from "@tanstack/react-query";
import { Button, Empty, Input, type InputRef } from "antd";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { get, query } from "../api/client";
import type { Suggestion, Talk } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { useText } from "../text";
import { useDesk } from "./DeskProvider";
import { fillDraft } from "./draft";
import { logOf } from "./state";

// Knowledge suggests from what is being said until something is searched for.
export function Knowledge({ talk, open }: { talk: Talk; open: boolean }) {
  const t = useText();
  const { desk } = useDesk();
  const [text, setText] = useState("");
  const q = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: ["knowledge", q],
    queryFn: ({ signal }) => get<{ items: Suggestion[] }>("/desk/knowledge" + query({ q, limit: 8 }), signal),
    enabled: q !== "",
    placeholderData: (old) => old,
  });
  const input = useRef<InputRef>(null);
  useEffect(() => {
    if (open) input.current?.focus();
  }, [open]);
  const suggested = logOf(desk, talk.conversation).suggestions;
  const use = talk.channel === "chat" && talk.phase !== "over" ? (s: Suggestion) => fillDraft(talk.conversation, s.answer) : undefined;
  return (
    <div className="knowledge">
      <Input.Search ref={input} allowClear value={text} onChange={(e) => setText(e.target.value)} placeholder={t("knowledge.search")} aria-label={t("knowledge.search")} />
      {q ? (
        <Fetched of={found} empty={(d) => !d.items.length}>
          {(d) => <Entries items={d.items} use={use} />}
        </Fetched>
      ) : (
        <>
          <h3>{t("knowledge.live")}</h3>
          {suggested.length ? <Entries items={suggested} use={use} /> : <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("knowledge.none")} />}
        </>
      )}
    </div>
  );
}

function Entries({ items, use }: { items: Suggestion[]; use?: (s: Suggestion) => void }) {
  const t = useText();
  return (
    <ul className="entries">
      {items.map((s) => (
        <li key={s.entry} className={s.expired ? "expired" : ""}>
          <strong>{s.question}</strong>
          <p>{s.answer}</p>
          <footer>
            <cite>
              {s.source} {s.clause}
            </cite>
            {s.expired ? <span className="tag bad">{t("knowledge.expired")}</span> : s.valid_to && <span className="tag good">{t("knowledge.valid", { date: s.valid_to.slice(0, 10) })}</span>}
            {use && !s.expired && (
              <Button size="small" onClick={() => use(s)}>
                {t("knowledge.use")}
              </Button>
            )}
          </footer>
        </li>
      ))}
    </ul>
  );
}
