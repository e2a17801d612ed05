import { Tabs } from "antd";
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

export function Side({ talk }: { talk: Talk }) {
  const t = useText();
  const [tab, setTab] = useState("brief");
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
  return (
    <aside className="desk-side" aria-label={t("side")}>
      <Tabs
        size="small"
        activeKey={tab}
        onChange={setTab}
        items={[
          { key: "brief", label: <>{t("side.brief")} <Key of="brief" /></>, children: <Brief brief={talk.brief} /> },
          { key: "knowledge", label: <>{t("side.knowledge")} <Key of="knowledge" /></>, children: <Knowledge talk={talk} /> },
          { key: "order", label: <>{t("side.order")} <Key of="order" /></>, children: <OrderForm talk={talk} order={order} />, forceRender: true },
          { key: "history", label: t("side.history"), children: <History talk={talk} /> },
        ]}
      />
      <Note talk={talk} />
    </aside>
  );
}
