import type { Talk } from "../api/types";
import { Caller } from "../parts/Caller";
import { phaseName } from "../parts/phase";
import { Since } from "../parts/Since";
import { named, useText } from "../text";
import { Marks } from "./Marks";

export function TalkHead({ talk }: { talk: Talk }) {
  const t = useText();
  const others = talk.parties.filter((p) => p.role === "peer" || p.role === "service" || p.role === "supervisor" || p.state === "holding");
  return (
    <header className="talk-head">
      <strong>
        <Caller number={talk.caller} conversation={talk.conversation} />
      </strong>
      <span className="quiet">{talk.place}</span>
      <Marks brief={talk.brief} wanted={talk} />
      {others.map((p) => (
        <span key={p.id} className="tag warn">
          {p.name} {p.state !== "on" ? t(`phase.${p.state}`) : p.mode ? named(t, "watch", p.mode) : ""}
        </span>
      ))}
      <span className="space" />
      <span role="status" className={"phase phase-" + talk.phase}>
        <i className="dot" />
        {phaseName(t, talk)}
      </span>
      {talk.phase !== "over" && <Since at={talk.since} />}
    </header>
  );
}
