import { CaretRightOutlined, DownloadOutlined, PauseOutlined } from "../parts/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Segmented } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useParams } from "react-router";
import { get, Problem, query } from "../api/client";
import type { Mark, Replay } from "../api/types";
import { CallAgain } from "../desk/CallAgain";
import { lines } from "../desk/lines";
import { Caller } from "../parts/Caller";
import { useCategories } from "../parts/categories";
import { Fetched } from "../parts/Fetched";
import { useNames } from "../parts/names";
import { explain } from "../parts/problem";
import { clock, moment, second } from "../parts/time";
import { mayAny, useSession } from "../shell/session";
import { named, useText } from "../text";
import { current, message, usePlayer, type Player } from "./player";
import "./records.css";
import { SurveyLink } from "./SurveyLink";
import { Wave } from "./Wave";

export default function ReplayPage() {
  const t = useText();
  const { conversation = "" } = useParams();
  const { user } = useSession();
  const [reason, setReason] = useState("");
  const replay = useQuery({
    queryKey: ["record", conversation, reason],
    queryFn: ({ signal }) => get<Replay>(`/records/${encodeURIComponent(conversation)}` + query({ reason }), signal),
    staleTime: Infinity,
  });
  // Only that it is confidential keeps a record from a supervisor.
  const secret = replay.error instanceof Problem && replay.error.status === 403 && mayAny(user, ["supervisor"]);
  return (
    <div className="page replay">
      <header className="head">
        <h1>{t("replay.title")}</h1>
        <Link to="/records">{t("replay.back")}</Link>
      </header>
      {secret ? <Reason give={setReason} /> : <Fetched of={replay}>{(data) => <Loaded key={conversation} replay={data} reason={reason} />}</Fetched>}
    </div>
  );
}

function Reason({ give }: { give: (reason: string) => void }) {
  const t = useText();
  return (
    <section className="panel">
      <Form layout="vertical" requiredMark={false} onFinish={(v: { reason: string }) => give(v.reason.trim())}>
        <Form.Item name="reason" label={t("replay.reason")} rules={[{ required: true, whitespace: true, message: t("login.required") }]}>
          <Input maxLength={200} />
        </Form.Item>
        <Button type="primary" htmlType="submit">
          {t("replay.open")}
        </Button>
      </Form>
    </section>
  );
}

function Loaded({ replay, reason }: { replay: Replay; reason: string }) {
  const t = useText();
  const { user } = useSession();
  const { record, grade, notes = [] } = replay;
  const names = useNames();
  const categories = useCategories();
  const { hash } = useLocation();
  const [from] = useState(() => (hash === "#message" ? message(replay.marks) : 0));
  const player = usePlayer(record.conversation, reason, from);
  return (
    <>
      <dl className="panel replay-head">
        <Field name={t("records.caller")}>
          <Caller number={record.caller} conversation={record.conversation} place={record.place} />
        </Field>
        <Field name={t("records.started")}>{moment(record.started)}</Field>
        <Field name={t("records.channel")}>{t(`channel.${record.channel}`)}</Field>
        <Field name={t("records.queue")}>{names.queue(record.queue)}</Field>
        <Field name={t("records.agent")}>{names.agent(record.agent)}</Field>
        <Field name={t("order.category")}>{categories.path(record.category)}</Field>
        <Field name={t("records.outcome")}>{t(`outcome.${record.outcome ?? "open"}`)}</Field>
        <Field name={t("records.waited")}>{record.waited_ms !== undefined && clock(record.waited_ms)}</Field>
        <Field name={t("records.talked")}>{record.talked_ms !== undefined && clock(record.talked_ms)}</Field>
        <Field name={t("records.rating")}>
          {grade ? t("grade.given", { grade: grade.grade, how: named(t, "grade", grade.how) }) : mayAny(user, ["agent", "supervisor"]) && <SurveyLink conversation={record.conversation} />}
        </Field>
        {grade?.comment && <Field name={t("grade.comment")}>{grade.comment}</Field>}
        {record.summary && <Field name={t("records.summary")}>{record.summary}</Field>}
        {notes.map((note) => (
          <Field key={note.agent} name={t("note")}>
            {names.agent(note.agent)}：{note.text}
          </Field>
        ))}
      </dl>
      {record.agents?.includes(user.id) && <CallAgain of={record} />}
      {record.recording ? <Sound replay={replay} player={player} reason={reason} /> : <p className="quiet">{t("replay.none")}</p>}
      <div className="replay-halves">
        <Transcript marks={replay.marks} player={player} replay={replay} />
        <section className="panel">
          <h2>{t("replay.events")}</h2>
          <ol className="happened">
            {lines(t, replay.events)
              .filter((line) => line.by === "system")
              .map((line) => (
                <li key={line.seq}>
                  <time className="digits">{second(line.at)}</time> {line.text}
                </li>
              ))}
          </ol>
        </section>
      </div>
    </>
  );
}

function Field({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children || "–"}</dd>
    </div>
  );
}

const colours = ["#0b57b0", "#1f7a3d", "#9a5200", "#7a3fa0"];

function Sound({ replay, player, reason }: { replay: Replay; player: Player; reason: string }) {
  const t = useText();
  const { user } = useSession();
  const { record, channels, duration_ms: length, marks } = replay;
  const peaks = useQuery({
    queryKey: ["peaks", record.conversation],
    queryFn: ({ signal }) => get<{ channels: number[][] }>(`/records/${encodeURIComponent(record.conversation)}/peaks` + query({ n: 1000, reason }), signal),
    staleTime: Infinity,
  });
  const save = () => {
    const link = document.createElement("a");
    link.href = player.url;
    link.download = record.conversation + ".wav";
    link.click();
  };
  return (
    <section className="panel" aria-label={t("replay.play")}>
      <div className="head">
        {player.url ? (
          <Button type="primary" icon={player.playing ? <PauseOutlined /> : <CaretRightOutlined />} onClick={player.toggle}>
            {t(player.playing ? "replay.pause" : "replay.play")}
          </Button>
        ) : (
          <Button type="primary" loading={player.loading} onClick={() => void player.load()}>
            {t("replay.load")}
          </Button>
        )}
        <span className="digits">
          {clock(player.at)} / {clock(length)}
        </span>
        <Segmented aria-label={t("replay.speed")} value={player.speed} onChange={player.faster} options={[0.75, 1, 1.25, 1.5, 2].map((value) => ({ value, label: value + "×" }))} />
        <span className="space" />
        {player.url && mayAny(user, ["supervisor"]) && (
          <Button icon={<DownloadOutlined />} onClick={save}>
            {t("replay.download")}
          </Button>
        )}
      </div>
      {player.failed !== undefined && <Alert type="error" showIcon title={explain(t, player.failed)} />}
      <Fetched of={peaks}>
        {(data) =>
          channels.map((channel, i) => (
            <Wave
              key={channel.name}
              label={channel.label}
              colour={colours[i % colours.length] as string}
              peaks={data.channels[i] ?? []}
              marks={marks.filter((mark) => mark.by === channel.name)}
              at={player.at}
              length={length}
              seek={player.seek}
            />
          ))
        }
      </Fetched>
    </section>
  );
}

function Transcript({ marks, player, replay }: { marks: Mark[]; player: Player; replay: Replay }) {
  const t = useText();
  const list = useRef<HTMLOListElement>(null);
  const sorted = useMemo(() => [...marks].sort((a, b) => a.at_ms - b.at_ms), [marks]);
  const now = player.at > 0 ? current(sorted, player.at) : -1;
  useEffect(() => {
    const line = list.current?.children[now] as HTMLElement | undefined;
    if (line && list.current) list.current.scrollTo({ top: line.offsetTop - list.current.clientHeight / 2 });
  }, [now]);
  const label = (by: string) => replay.channels.find((c) => c.name === by)?.label ?? named(t, "say", by);
  return (
    <section className="panel">
      <h2>{t("replay.transcript")}</h2>
      <ol className="transcript" ref={list} tabIndex={0} aria-label={t("replay.transcript")}>
        {sorted.map((mark, i) => (
          <li key={mark.event} className={i === now ? "now" : ""} aria-current={i === now || undefined}>
            <button type="button" disabled={!player.url} aria-label={t("replay.jump", { time: clock(mark.at_ms) })} onClick={() => player.seek(mark.at_ms)}>
              {clock(mark.at_ms)}
            </button>
            <strong>{label(mark.by)}</strong>
            <span>{mark.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
