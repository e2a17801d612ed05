import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { get } from "../api/client";
import type { Callback } from "../api/types";
import { Caller } from "../parts/Caller";
import { Fetched } from "../parts/Fetched";
import { moment } from "../parts/time";
import { useText } from "../text";
import { useDesk } from "./DeskProvider";
import { useDial } from "./dial";
import { OutcomeDialog } from "./OutcomeDialog";

// CallBackCard is whom the agent has taken to call back, until it is noted what became of that.
export function CallBackCard() {
  const { desk } = useDesk();
  const id = desk.presence?.callback;
  return id ? <Taken key={id} id={id} /> : null;
}

function Taken({ id }: { id: string }) {
  const t = useText();
  const { desk } = useDesk();
  const [dial, busy] = useDial();
  const [closing, setClosing] = useState(false);
  const me = useQuery({ queryKey: ["callback", id], queryFn: ({ signal }) => get<{ callback?: Callback }>("/desk/me", signal), staleTime: Infinity });
  const rings = busy || desk.presence?.state === "ringing";
  return (
    <section className="task" aria-label={t("offer.callback")}>
      <h2>{t("offer.callback")}</h2>
      <Fetched of={me}>
        {({ callback: c }) => (
          <>
            {c && <Caller number={c.number} conversation={c.conversation} place={c.place} />}
            {c && (
              <p className="quiet">
                {t(`reason.${c.reason}`)} {moment(c.since)}
              </p>
            )}
            <Button block size="small" type="primary" disabled={rings || desk.talks.length > 0} onClick={() => void dial({ callback: id })}>
              {t(rings ? "dial.rings" : "callbacks.call")}
            </Button>
            <Button block size="small" disabled={rings} onClick={() => setClosing(true)}>
              {t("callbacks.set")}
            </Button>
          </>
        )}
      </Fetched>
      <OutcomeDialog callback={closing ? id : undefined} close={() => setClosing(false)} />
    </section>
  );
}
