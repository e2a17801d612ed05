import type { Brief as Briefing, Past as Order } from "../api/types";
import { Caller } from "../parts/Caller";
import { useCategories } from "../parts/categories";
import { mask } from "../parts/number";
import { moment } from "../parts/time";
import { named, useText } from "../text";
import { Marks } from "./Marks";

export function Brief({ brief, conversation }: { brief: Briefing; conversation: string }) {
  const t = useText();
  const categories = useCategories();
  return (
    <div className="brief">
      <p className="summary">{brief.summary}</p>
      <div className="brief-marks">
        <Marks brief={brief} />
        {brief.category && <span className="tag">{categories.path(brief.category)}</span>}
      </div>
      <p className="quiet">
        {t("brief.reason")}：{named(t, "handover", brief.reason)}
      </p>
      <h3>{t("brief.facts")}</h3>
      {brief.facts?.length ? (
        <dl className="facts">
          {brief.facts.map((fact) => (
            <div key={fact.slot}>
              <dt>{named(t, "slot", fact.slot)}</dt>
              <dd>
                <strong>{mask(fact.value) === fact.value ? fact.value : <Caller number={fact.value} conversation={conversation} />}</strong>{" "}
                <span className={"tag " + (fact.confirmed ? "good" : fact.confidence < 0.7 ? "warn" : "")}>
                  {fact.confirmed ? t("brief.confirmed") : fact.confidence < 0.7 ? t("brief.doubt") : Math.round(fact.confidence * 100) + "%"}
                </span>
                {fact.sentence && <q>{fact.sentence}</q>}
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className="quiet">{t("brief.none")}</p>
      )}
      <Past brief={brief} />
    </div>
  );
}

// Past is what the caller had with us, where there is anything.
export function Past({ brief: { orders = [], before = 0 } }: { brief: Briefing }) {
  const t = useText();
  return (
    <>
      {before > 0 && <p className="quiet">{t("brief.before", { n: before < most ? before : most + "+" })}</p>}
      {orders.length > 0 && (
        <>
          <h3>{t("brief.orders")}</h3>
          <Orders orders={orders} />
        </>
      )}
    </>
  );
}

const most = 20; // conversations that are counted

export function Orders({ orders }: { orders: Order[] }) {
  return (
    <ul className="orders">
      {orders.map((order) => (
        <li key={order.number}>
          <span className="digits">{order.number}</span> {order.status && <span className="tag blue">{order.status}</span>} <span className="quiet">{moment(order.at)}</span>
          <div>{order.text ?? order.category}</div>
        </li>
      ))}
    </ul>
  );
}
