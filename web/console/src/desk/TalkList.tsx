import { Caller } from "../parts/Caller";
import { last } from "../parts/last";
import { phaseName } from "../parts/phase";
import { Since } from "../parts/Since";
import { useText } from "../text";
import type { Talk } from "../api/types";
import { logOf } from "./state";
import { useDesk } from "./DeskProvider";
import { lines } from "./lines";

export function TalkList() {
  const t = useText();
  const { desk } = useDesk();
  return (
    <>
      <h2>
        {t("talks")} <span className="quiet">{desk.talks.length}</span>
      </h2>
      <ul>
        {desk.talks.map((talk) => (
          <TalkItem key={talk.conversation} talk={talk} />
        ))}
      </ul>
      {desk.done.length > 0 && (
        <>
          <h2>{t("talks.done")}</h2>
          <ul>
            {desk.done.map((talk) => (
              <TalkItem key={talk.conversation} talk={talk} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function TalkItem({ talk }: { talk: Talk }) {
  const t = useText();
  const { desk, dispatch } = useDesk();
  const log = logOf(desk, talk.conversation);
  const latest = last(lines(t, log.events).filter((line) => line.by !== "system"));
  const open = desk.open === talk.conversation;
  return (
    <li className={"talk-item" + (open ? " open" : "")}>
      <button type="button" aria-current={open || undefined} onClick={() => dispatch({ type: "open", conversation: talk.conversation })}>
        <span className="row">
          <span className={"tag " + (talk.channel === "chat" ? "" : "blue")}>{t(`channel.${talk.channel}`)}</span>
          <span className={"quiet phase-" + talk.phase}>{phaseName(t, talk)}</span>
          <span className="space" />
          {log.unread > 0 ? (
            <span className="unread" aria-label={t("talks.unread", { n: log.unread })}>
              {log.unread}
            </span>
          ) : (
            talk.phase !== "over" && <Since at={talk.since} />
          )}
        </span>
      </button>
      <Caller number={talk.caller} conversation={talk.conversation} place={talk.place} />
      <span className="last">{latest?.text ?? talk.brief.summary}</span>
    </li>
  );
}
