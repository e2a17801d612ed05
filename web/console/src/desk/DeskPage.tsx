import { Popover, Button } from "antd";
import { useEffect } from "react";
import { useText } from "../text";
import { CallBackCard } from "./CallBackCard";
import { CallBar } from "./CallBar";
import { Captions } from "./Captions";
import { ChatInput } from "./ChatInput";
import "./desk.css";
import { useDesk, useOpenTalk } from "./DeskProvider";
import { Dialler } from "./Dialler";
import { Elsewhere } from "./Elsewhere";
import { keys, useKeys, type KeyName } from "./keys";
import { Side } from "./Side";
import { TalkHead } from "./TalkHead";
import { TalkList } from "./TalkList";
import { WrapUp } from "./WrapUp";

export default function DeskPage() {
  const t = useText();
  const { desk, dispatch } = useDesk();
  const talk = useOpenTalk();
  const all = [...desk.talks, ...desk.done];
  useKeys({
    next: () => {
      const next = all[(all.findIndex((a) => a.conversation === desk.open) + 1) % all.length];
      if (next) dispatch({ type: "open", conversation: next.conversation });
    },
  });
  useEffect(() => {
    const look = () => dispatch({ type: "seen", on: !document.hidden });
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      dispatch({ type: "seen", on: false });
    };
  }, [dispatch]);
  if (desk.link === "elsewhere") return <Elsewhere />;
  return (
    <div className="desk">
      <h1 className="hidden">{t("menu.desk")}</h1>
      <aside className="desk-list" aria-label={t("talks")}>
        <CallBackCard />
        <TalkList />
        <Dialler />
        <Popover content={<KeyList />} title={t("keys")} trigger="click" placement="rightBottom">
          <Button type="text" size="small">
            {t("keys")}
          </Button>
        </Popover>
      </aside>
      {talk ? (
        <>
          <section className="desk-talk" key={talk.conversation}>
            <TalkHead talk={talk} />
            <Captions conversation={talk.conversation} parties={talk.parties} facts={talk.brief.facts} />
            {talk.phase === "over" ? <WrapUp talk={talk} /> : talk.channel === "chat" ? <ChatInput talk={talk} /> : <CallBar talk={talk} />}
          </section>
          <Side key={"side " + talk.conversation} talk={talk} />
        </>
      ) : (
        <div className="desk-empty">
          <strong>{t("talks.none")}</strong>
          <span>{t(desk.presence?.callback ? "talks.callback" : desk.presence?.state === "ready" ? "talks.wait" : "talks.unready")}</span>
        </div>
      )}
    </div>
  );
}

function KeyList() {
  const t = useText();
  return (
    <dl className="keys">
      {(Object.keys(keys) as KeyName[]).map((name) => (
        <div key={name}>
          <dt>
            {keys[name].map((combination) => (
              <kbd key={combination}>{combination.replace("ArrowDown", "↓")}</kbd>
            ))}
          </dt>
          <dd>{t(`key.${name}`)}</dd>
        </div>
      ))}
    </dl>
  );
}
