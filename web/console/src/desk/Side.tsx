import { useState } from "react";
import type { Talk } from "../api/types";
import { useText } from "../text";
import { Brief } from "./Brief";
import { History } from "./History";
import { Key } from "./Key";
import { useKeys } from "./keys";
import { Knowledge } from "./Knowledge";
import { Note } from "./Note";
import { OrderForm } from "./OrderForm";
import { useOrder } from "./order";

const tabs = ["brief", "knowledge", "order", "history"] as const;
type Tab = (typeof tabs)[number];

// Side is what belongs to a talk. All panels stay, so that what was typed in one is there after a look at another.
export function Side({ talk }: { talk: Talk }) {
  const t = useText();
  const [tab, setTab] = useState<Tab>("brief");
  const order = useOrder(talk);
  useKeys({
    brief: () => setTab("brief"),
    knowledge: () => setTab("knowledge"),
    order: () => setTab("order"),
    fact: () => {
      setTab("order");
      order.acceptNext();
    },
  });
  const move = (e: React.KeyboardEvent) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? tabs.length - 1 : 0;
    const next = tabs[(tabs.indexOf(tab) + step) % tabs.length];
    if (!step || !next) return;
    setTab(next);
    document.getElementById("tab-" + next)?.focus();
  };
  const panel = {
    brief: <Brief brief={talk.brief} conversation={talk.conversation} />,
    knowledge: <Knowledge talk={talk} open={tab === "knowledge"} />,
    order: <OrderForm talk={talk} order={order} />,
    history: <History talk={talk} />,
  };
  return (
    <aside className="desk-side" aria-label={t("side")}>
      <div className="tabs" role="tablist" aria-label={t("side")} onKeyDown={move}>
        {tabs.map((name) => (
          <button key={name} type="button" role="tab" id={"tab-" + name} aria-selected={tab === name} aria-controls={"panel-" + name} tabIndex={tab === name ? 0 : -1} onClick={() => setTab(name)}>
            {t(`side.${name}`)} {name !== "history" && <Key of={name} />}
          </button>
        ))}
      </div>
      {tabs.map((name) => (
        <div key={name} className="tab-panel" role="tabpanel" id={"panel-" + name} aria-labelledby={"tab-" + name} tabIndex={0} hidden={tab !== name}>
          {panel[name]}
        </div>
      ))}
      <Note talk={talk} />
    </aside>
  );
}
