import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Badge, Button, Segmented, Table } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { get, post, query } from "../api/client";
import type { Callback } from "../api/types";
import { call as dial } from "../desk/dial";
import { OutcomeDialog } from "../desk/OutcomeDialog";
import { Caller } from "../parts/Caller";
import { Fetched } from "../parts/Fetched";
import { useNames } from "../parts/names";
import { reasonOf } from "../parts/problem";
import { mask } from "../parts/number";
import { moment } from "../parts/time";
import { useAct } from "../parts/useAct";
import { useNow } from "../parts/useNow";
import { mayAny, useSession } from "../shell/session";
import { useText } from "../text";

const states = ["open", "taken", "done"] as const;

export default function CallbacksPage() {
  const t = useText();
  const { user } = useSession();
  const now = useNow();
  const go = useNavigate();
  const queries = useQueryClient();
  const names = useNames();
  const [act, busy] = useAct();
  const [state, setState] = useState<(typeof states)[number]>("open");
  const [closing, setClosing] = useState<Callback>();
  const [failed, setFailed] = useState("");
  const found = useQuery({ queryKey: ["callbacks", state], queryFn: ({ signal }) => get<{ items: Callback[] }>("/desk/callbacks" + query({ state }), signal), refetchInterval: 10_000 });
  const again = () => queries.invalidateQueries({ queryKey: ["callbacks"] });
  const path = (c: Callback) => `/desk/callbacks/${encodeURIComponent(c.id)}`;
  const take = async (c: Callback) => {
    await post(path(c) + "/take");
    setState("taken");
    await again();
  };
  // call takes who is not taken and dials. Who is not reached stays with the agent, whose outcome it is to note.
  const call = (c: Callback) =>
    void act(async () => {
      setFailed("");
      if (c.state === "open") await take(c);
      try {
        await dial({ callback: c.id });
      } catch (e) {
        return setFailed(t("callbacks.failed", { number: mask(c.number), detail: reasonOf(t, e) }));
      }
      await again();
      await go("/desk");
    });
  const mine = (c: Callback) => c.state === "taken" && c.agent === user.id;
  const opens = (c: Callback) => mayAny(user, ["supervisor"]) || (c.state !== "open" && c.agent === user.id);
  const overdue = (c: Callback) => state !== "done" && c.due !== undefined && Date.parse(c.due) < now;
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.callbacks")}</h1>
        <Segmented aria-label={t("state")} value={state} onChange={setState} options={states.map((value) => ({ value, label: t(`callbacks.${value}`) }))} />
      </header>
      {failed && <Alert type="error" showIcon closable={{ onClose: () => setFailed("") }} title={failed} />}
      <Fetched of={found}>
        {(data) => (
          <Table<Callback>
            size="middle"
            rowKey="id"
            dataSource={data.items}
            pagination={{ pageSize: 20, hideOnSinglePage: true }}
            columns={[
              { title: t("callbacks.number"), render: (_, c) => <Caller number={c.number} place={c.place} /> },
              { title: t("callbacks.reason"), render: (_, c) => <span className={"tag " + (c.reason === "unsatisfied" ? "warn" : "")}>{t(`reason.${c.reason}`)}</span> },
              { title: t("callbacks.queue"), render: (_, c) => names.queue(c.queue) },
              { title: t("callbacks.since"), render: (_, c) => (opens(c) ? <Link to={"/records/" + encodeURIComponent(c.conversation)}>{moment(c.since)}</Link> : moment(c.since)) },
              { title: t("callbacks.left"), width: "24%", render: (_, c) => c.note },
              {
                title: t("callbacks.due"),
                render: (_, c) => c.due && (overdue(c) ? <Badge status="error" text={<span className="hot">{moment(c.due)} {t("callbacks.overdue")}</span>} /> : moment(c.due)),
              },
              { title: t("callbacks.attempts"), align: "right", dataIndex: "attempts" },
              { title: t("callbacks.agent"), hidden: state === "open", render: (_, c) => names.agent(c.agent) },
              { title: t("callbacks.outcome"), hidden: state !== "done", render: (_, c) => <>{c.outcome && t(`reached.${c.outcome}`)} <span className="quiet">{c.remark}</span></> },
              {
                key: "do",
                align: "right",
                render: (_, c) => (
                  <span className="row-actions">
                    {c.message_audio && opens(c) && <Link to={"/records/" + encodeURIComponent(c.conversation) + "#message"}>{t("callbacks.message")}</Link>}
                    {c.number && (c.state === "open" || mine(c)) && (
                      <Button size="small" type="primary" disabled={busy} onClick={() => call(c)}>
                        {t(c.state === "open" ? "callbacks.back" : "callbacks.call")}
                      </Button>
                    )}
                    {c.state === "open" && (
                      <Button size="small" disabled={busy} onClick={() => void act(() => take(c))}>
                        {t("callbacks.take")}
                      </Button>
                    )}
                    {mine(c) && (
                      <Button size="small" onClick={() => setClosing(c)}>
                        {t("callbacks.set")}
                      </Button>
                    )}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Fetched>
      <OutcomeDialog
        callback={closing?.id}
        close={(noted) => {
          setClosing(undefined);
          if (noted) void again();
        }}
      />
    </div>
  );
}
