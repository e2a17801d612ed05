import { useQuery } from "@tanstack/react-query";
import { Button, Input, Modal } from "antd";
import { useDeferredValue, useState } from "react";
import { get, query } from "../api/client";
import type { Talk, Target, TargetItem } from "../api/types";
import { useAct } from "../parts/useAct";
import { Fetched } from "../parts/Fetched";
import { useText } from "../text";
import { command } from "./command";

export function TransferDialog({ talk, open, close }: { talk: Talk; open: boolean; close: () => void }) {
  const t = useText();
  return (
    <Modal open={open} onCancel={close} title={t("do.transfer")} footer={null} width={520} destroyOnHidden>
      <Choice talk={talk} close={close} />
    </Modal>
  );
}

const kinds: TargetItem["kind"][] = ["agent", "queue", "external", "service"];

// target turns what was chosen into what the desk is asked to ring.
export function target(item: TargetItem): Target {
  switch (item.kind) {
    case "agent":
      return { agent: item.id };
    case "queue":
      return { queue: item.id };
    case "service":
      return { service: item.id };
    case "external":
      return { number: item.number ?? item.id };
  }
}

function Choice({ talk, close }: { talk: Talk; close: () => void }) {
  const t = useText();
  const [act, busy] = useAct();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const q = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: ["targets", q],
    queryFn: ({ signal }) => get<{ items: TargetItem[] }>("/desk/targets" + query({ q }), signal),
    staleTime: 2000,
    refetchInterval: 2000, // who is ready changes while one looks
  });
  const chat = talk.channel === "chat";
  const typed = text.trim();
  // Only what was found for the very text that stands there can be chosen: Enter must not ring somebody who is gone from the list.
  const known = q === typed ? (found.data?.items ?? []) : [];
  const items = kinds.flatMap((kind) => known.filter((item) => item.kind === kind && (!chat || kind === "agent" || kind === "queue")));
  if (!chat && /^\+?\d{3,20}$/.test(typed) && !items.some((item) => item.number === typed)) {
    items.unshift({ kind: "external", id: typed, number: typed, name: t("target.dial", { number: typed }) });
  }
  const go = async (verb: "consult" | "transfer", item?: TargetItem) => {
    if (item && !busy && (await act(() => command(talk.conversation, { verb, target: target(item) })))) close();
  };
  const chosen = items[Math.min(at, items.length - 1)];
  const service = chosen?.kind === "service"; // is joined to the talk
  const key = (e: React.KeyboardEvent) => {
    if (e.nativeEvent.isComposing) return;
    if (e.key === "ArrowDown") setAt(Math.min(at + 1, items.length - 1));
    else if (e.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (e.key === "Enter") void go(chat || (e.ctrlKey && !service) ? "transfer" : "consult", chosen);
    else return;
    e.preventDefault();
  };
  return (
    <>
      <Input
        autoFocus
        value={text}
        onChange={(e) => (setText(e.target.value), setAt(0))}
        onKeyDown={key}
        placeholder={t("target.search")}
        aria-label={t("target.search")}
        role="combobox"
        aria-expanded
        aria-controls="targets"
        aria-activedescendant={chosen && `target-${chosen.kind}-${chosen.id}`}
      />
      {items.length > 0 ? (
          <ul className="targets" id="targets" role="listbox" aria-label={t("do.transfer")}>
            {items.map((item, i) => (
              <li key={item.kind + item.id} id={`target-${item.kind}-${item.id}`} role="option" aria-selected={item === chosen} onClick={() => setAt(i)} onDoubleClick={() => void go(chat ? "transfer" : "consult", item)}>
                <span className="tag">{t(`target.${item.kind}`)}</span>
                <span>{item.name}</span>
                <span className="quiet digits">{item.number}</span>
                <span className="space" />
                {item.state && (
                  <span className={"presence-" + item.state}>
                    <i className="dot" />
                    {t(`state.${item.state}`)}
                  </span>
                )}
              </li>
            ))}
          </ul>
      ) : (
        <Fetched of={found} empty={() => q === typed}>
          {() => null}
        </Fetched>
      )}
      <div className="head">
        <span className="quiet space">{!chat && t("target.hint")}</span>
        {!chat && (
          <Button type="primary" loading={busy} disabled={!chosen} onClick={() => void go("consult", chosen)}>
            {t(service ? "do.emergency.go" : "do.consult")}
          </Button>
        )}
        <Button type={chat ? "primary" : "default"} loading={busy} disabled={!chosen || service} onClick={() => void go("transfer", chosen)}>
          {t("do.blind")}
        </Button>
      </div>
    </>
  );
}
