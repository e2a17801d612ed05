import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Outcome, Talk } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { clock, moment } from "../parts/time";
import { mayAny, useSession } from "../shell/session";
import { useText } from "../text";
import { Orders } from "./Brief";
import { detailOf } from "./DeskProvider";

export function History({ talk }: { talk: Talk }) {
  const t = useText();
  const { user } = useSession();
  const detail = useQuery(detailOf(talk.conversation));
  // Agents open the records of those whom they had.
  const mayOpen = (r: Outcome) => mayAny(user, ["supervisor"]) || !!r.agents?.includes(user.id);
  return (
    <Fetched of={detail} empty={(d) => !d.history.length && !d.orders.length}>
      {(d) => (
        <div className="brief">
          <Orders orders={d.orders} />
          <ul className="orders">
            {d.history.map((r) => (
              <li key={r.conversation}>
                {mayOpen(r) ? <Link to={"/records/" + encodeURIComponent(r.conversation)}>{moment(r.started)}</Link> : moment(r.started)} <span className="tag">{t(`channel.${r.channel}`)}</span>{" "}
                <span className="tag">{t(`outcome.${r.outcome ?? "open"}`)}</span> {r.talked_ms !== undefined && <span className="quiet digits">{clock(r.talked_ms)}</span>}
                <div>{r.summary}</div>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Fetched>
  );
}
