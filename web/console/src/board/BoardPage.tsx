import { App, Button, Dropdown, Input, Skeleton, Table } from "antd";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { post, Problem, put } from "../api/client";
import type { Board, BoardAgent, BoardQueue, BoardTalk, PresenceState, Watch } from "../api/types";
import { talkPath } from "../desk/command";
import { Captions } from "../desk/Captions";
import { useDesk } from "../desk/DeskProvider";
import { Elsewhere } from "../desk/Elsewhere";
import { WantedTags } from "../desk/Marks";
import { Caller } from "../parts/Caller";
import { phaseName } from "../parts/phase";
import { Since } from "../parts/Since";
import { clock, second } from "../parts/time";
import { useAct } from "../parts/useAct";
import { named, useText } from "../text";
import "./board.css";

export default function BoardPage() {
  const t = useText();
  const { desk, watchBoard } = useDesk();
  useEffect(() => {
    watchBoard(true);
    return () => watchBoard(false);
  }, [watchBoard]);
  const { board } = desk;
  if (desk.link === "elsewhere") return <Elsewhere />;
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.board")}</h1>
        {board && <span className="quiet">{t("board.at", { time: second(board.at) })}</span>}
      </header>
      {board ? <Live board={board} /> : <Skeleton active />}
    </div>
  );
}

const totals = ["waiting", "talking", "calls_today", "answered_today", "abandoned_today", "answered_15s"] as const;
const percent = (share: number) => `${(share * 100).toFixed(1)}%`;

function Live({ board }: { board: Board }) {
  const t = useText();
  return (
    <>
      <dl className="totals">
        {totals.map((name) => {
          const value = board.totals?.[name];
          return (
            value !== undefined && (
              <div key={name} className={name === "waiting" && value > 0 ? "hot" : ""}>
                <dt>{t(`board.total.${name}`)}</dt>
                <dd className="digits">{name === "answered_15s" ? percent(value) : value}</dd>
              </div>
            )
          );
        })}
      </dl>
      <Queues queues={board.queues} />
      <div className="board-halves">
        <Agents agents={board.agents} />
        <Talks board={board} />
      </div>
      <Listened board={board} />
    </>
  );
}

function Queues({ queues }: { queues: BoardQueue[] }) {
  const t = useText();
  return (
    <Table<BoardQueue>
      size="small"
      rowKey="id"
      dataSource={queues}
      pagination={false}
      columns={[
        { title: t("board.queue"), dataIndex: "name" },
        { title: t("board.waiting"), align: "right", render: (_, q) => <strong className={q.waiting ? "hot digits" : "digits"}>{q.waiting}</strong> },
        { title: t("board.longest"), align: "right", render: (_, q) => (q.waiting ? clock(q.longest_ms) : "–") },
        { title: t("board.expected"), align: "right", render: (_, q) => clock(q.expected_wait_ms) },
        { title: t("board.staff"), align: "right", render: (_, q) => `${q.ready} / ${q.busy} / ${q.offline}` },
        { title: t("board.answered_15s"), align: "right", render: (_, q) => (q.calls_today ? percent(q.answered_15s) : "–") },
        { title: t("board.abandoned"), align: "right", dataIndex: "abandoned_today" },
        { title: t("board.calls"), align: "right", dataIndex: "calls_today" },
      ]}
    />
  );
}

const forced: PresenceState[] = ["ready", "break", "offline"];

function Agents({ agents }: { agents: BoardAgent[] }) {
  const t = useText();
  const [act] = useAct();
  const force = (a: BoardAgent, state: PresenceState) =>
    void act(() => put(`/desk/agents/${encodeURIComponent(a.agent.id)}/state`, { state, reason: state === "break" ? "supervisor" : undefined }));
  return (
    <section>
      <h2>
        {t("board.agents")} <span className="quiet">{agents.length}</span>
      </h2>
      <Table<BoardAgent>
        size="small"
        rowKey={(a) => a.agent.id}
        dataSource={agents}
        pagination={{ pageSize: 20, hideOnSinglePage: true, size: "small" }}
        columns={[
          { title: t("board.agent"), render: (_, a) => <>{a.agent.name} <span className="quiet digits">{a.agent.number}</span></> },
          {
            title: t("board.state"),
            render: (_, a) => (
              <span className={"presence-" + a.presence.state}>
                <i className="dot" />
                {t(`state.${a.presence.state}`)}
                {a.presence.reason ? ` · ${named(t, "break", a.presence.reason)}` : ""}
              </span>
            ),
          },
          { title: t("board.since"), align: "right", render: (_, a) => <Since at={a.presence.since} /> },
          { title: t("board.headset"), render: (_, a) => <span className={"tag " + (a.presence.headset ? "good" : "")}>{t(a.presence.headset ? "board.headset.on" : "board.headset.off")}</span> },
          {
            title: t("board.force"),
            render: (_, a) => (
              <Dropdown trigger={["click"]} menu={{ items: forced.map((s) => ({ key: s, label: t(`state.${s}`), onClick: () => force(a, s) })) }}>
                <Button size="small" aria-label={`${t("board.force")} ${a.agent.name}`}>
                  {t("board.force")}
                </Button>
              </Dropdown>
            ),
          },
        ]}
      />
    </section>
  );
}

const modes: Watch[] = ["listen", "whisper", "barge", "take_over"];
// A chat has no sound: it can only be taken over, for which no headset is needed.
const modesOf = (talk: BoardTalk): Watch[] => (talk.channel === "chat" ? ["take_over"] : modes);

function Talks({ board }: { board: Board }) {
  const t = useText();
  const { modal } = App.useApp();
  const { desk } = useDesk();
  const [act, busy] = useAct();
  const to = useNavigate();
  const heard = !!desk.presence?.headset; // the gateway says so a moment after the browser does
  const [mode, setMode] = useState<Watch>();
  const hears = (talk: BoardTalk) => desk.presence?.listening === talk.conversation;
  const rung = busy && !mode && desk.agent?.device === "phone"; // and not in the call yet
  const withWhom = (talk: BoardTalk) =>
    board.agents.find((a) => a.agent.id === talk.with)?.agent.name ?? (talk.with === "bot" ? t("say.bot") : (board.queues.find((q) => q.id === talk.with)?.name ?? talk.with));
  const [why, setWhy] = useState<Record<string, string>>({}); // confidential conversations are supervised
  const go = (conversation: string, verb: Watch, reason?: string) =>
    act(async () => {
      if (desk.presence?.listening !== conversation) setMode(undefined);
      try {
        await post(talkPath(conversation) + "/supervise", { verb, reason });
      } catch (e) {
        if (reason || !(e instanceof Problem && e.status === 403)) throw e;
        explainWhy(conversation, verb);
        return;
      }
      setMode(verb);
      if (verb === "take_over") void to("/desk");
    });
  const explainWhy = (conversation: string, verb: Watch) => {
    let reason = "";
    const typed = (text: string) => {
      reason = text.trim();
      dialog.update({ okButtonProps: { disabled: !reason } });
    };
    const dialog = modal.confirm({
      title: t(`watch.${verb}`),
      content: <Input aria-label={t("watch.reason")} placeholder={t("watch.reason")} maxLength={200} autoFocus onChange={(e) => typed(e.target.value)} />,
      okButtonProps: { disabled: true },
      onOk: async () => {
        setWhy((all) => ({ ...all, [conversation]: reason }));
        await go(conversation, verb, reason);
      },
    });
  };
  const ask = (conversation: string, verb: Watch) =>
    verb === "take_over"
      ? void modal.confirm({ title: t("watch.take_over"), content: t("watch.take_over.sure"), onOk: async () => void (await go(conversation, verb, why[conversation])) })
      : void go(conversation, verb, why[conversation]);
  return (
    <section>
      <h2>
        {t("board.talks")} <span className="quiet">{board.talks.length}</span>
      </h2>
      <Table<BoardTalk>
        size="small"
        rowKey="conversation"
        dataSource={board.talks}
        pagination={{ pageSize: 20, hideOnSinglePage: true, size: "small" }}
        columns={[
          { title: t("board.caller"), render: (_, talk) => <Caller number={talk.caller} conversation={talk.conversation} place={talk.place} /> },
          {
            title: t("board.phase"),
            render: (_, talk) => (
              <>
                <span className="tag">{t(`channel.${talk.channel}`)}</span> <span className={"phase-" + talk.phase}>{phaseName(t, talk)}</span>{" "}
                {talk.mood === "angry" || talk.mood === "worried" ? <span className={"tag " + (talk.mood === "angry" ? "bad" : "warn")}>{named(t, "mood", talk.mood)}</span> : null} <WantedTags wanted={talk} />
              </>
            ),
          },
          { title: t("board.with"), render: (_, talk) => withWhom(talk) },
          { title: t("board.since"), align: "right", render: (_, talk) => <Since at={talk.since} /> },
          {
            title: t("board.watch"),
            render: (_, talk) => (
              <span className="watch" title={heard || talk.channel === "chat" ? undefined : t("watch.headset")}>
                {modesOf(talk).map((verb) => (
                  <Button key={verb} size="small" type={hears(talk) && mode === verb ? "primary" : "default"} aria-pressed={hears(talk) && mode === verb} disabled={busy || !(heard || talk.channel === "chat")} onClick={() => ask(talk.conversation, verb)}>
                    {t(`watch.${verb}`)}
                  </Button>
                ))}
                {hears(talk) && rung && (
                  <span role="status" className="quiet">
                    {t("offer.on_phone")}
                  </span>
                )}
                {hears(talk) && (
                  <Button size="small" danger onClick={() => ask(talk.conversation, "leave")}>
                    {t("watch.leave")}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
    </section>
  );
}

// Listened is what is said in the talk that the supervisor hears, in sight wherever they scroll.
function Listened({ board }: { board: Board }) {
  const t = useText();
  const { desk } = useDesk();
  const talk = board.talks.find((talk) => talk.conversation === desk.presence?.listening);
  if (!talk) return null;
  return (
    <section className="listened">
      <h2>
        {t("watch.heard")} <Caller number={talk.caller} conversation={talk.conversation} place={talk.place} />
      </h2>
      <Captions key={talk.conversation} conversation={talk.conversation} parties={board.agents.map((a) => a.agent)} />
    </section>
  );
}
