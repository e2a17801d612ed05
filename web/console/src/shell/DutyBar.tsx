// The agent's state, voice and connection, always in sight.
import { AudioOutlined, DownOutlined, SoundOutlined } from "../parts/icons";
import { Button, Dropdown } from "antd";
import type { PresenceState } from "../api/types";
import { useDesk } from "../desk/DeskProvider";
import { HeadsetDialog } from "../desk/HeadsetDialog";
import { allowNotices } from "../desk/ring";
import { dropped } from "../desk/state";
import { Since } from "../parts/Since";
import { useAct } from "../parts/useAct";
import { named, useText } from "../text";
import { useState } from "react";

const breaks = ["meal", "rest", "training", "meeting"] as const;

export function DutyBar() {
  const t = useText();
  const { desk, choose, voice, silenced, unsilence } = useDesk();
  const [act, busy] = useAct();
  const [tuning, setTuning] = useState(false);
  const state = desk.presence?.state ?? "offline";
  const here = desk.presence !== undefined && desk.link !== "elsewhere";
  const to = (next: PresenceState, reason?: string) => {
    allowNotices();
    void act(() => choose(next, reason));
  };
  const off = here && dropped(desk);
  const items = [
    { key: "ready", label: t("state.ready"), onClick: () => to("ready") },
    { key: "break", label: t("state.break"), children: breaks.map((r) => ({ key: r, label: t(`break.${r}`), onClick: () => to("break", r) })) },
    { key: "offline", label: t("state.offline"), onClick: () => to("offline") },
  ];
  return (
    <div className="duty">
      {off && (
        <strong role="alert" className="dropped">
          {t("duty.dropped")}
        </strong>
      )}
      {!off && (state === "ready" || state === "busy" || state === "ringing") ? null : (
        <Button type="primary" danger={off} size="small" disabled={!here || state === "wrap_up"} loading={busy} onClick={() => to("ready")}>
          {t(off ? "duty.resume" : "duty.ready")}
        </Button>
      )}
      <Dropdown menu={{ items }} trigger={["click"]} disabled={!here}>
        <Button size="small" className={"presence presence-" + state}>
          <i className="dot" />
          <span className="hidden">{t("state")}</span> {t(`state.${state}`)}
          {desk.presence?.reason && state === "break" ? ` · ${named(t, "break", desk.presence.reason)}` : ""}
          {desk.presence && <Since at={desk.presence.since} />}
          <DownOutlined />
        </Button>
      </Dropdown>
      {desk.agent && (
        <Button size="small" type={voice === "refused" || voice === "missing" || voice === "failed" ? "primary" : "text"} danger={voice === "refused" || voice === "missing" || voice === "failed"} icon={<AudioOutlined />} disabled={!here} onClick={() => setTuning(true)}>
          {desk.agent.device === "phone" ? t("voice.phone", { extension: desk.agent.extension ?? "" }) : t(`voice.${voice}`)}
        </Button>
      )}
      {silenced && (
        <Button size="small" type="primary" icon={<SoundOutlined />} onClick={unsilence}>
          {t("voice.unsilence")}
        </Button>
      )}
      <span className="space" />
      <span role="status" className={"link link-" + desk.link}>
        <i className="dot" />
        {t(`link.${desk.link}`)}
      </span>
      {desk.talks.length > 0 && <span data-talks={desk.talks.length} hidden />}
      <HeadsetDialog open={tuning && here} close={() => setTuning(false)} />
    </div>
  );
}
