// The softphone: every control has a key, and only what is possible in the phase is there.
import { AudioMutedOutlined, AudioOutlined, CheckOutlined, DisconnectOutlined, NumberOutlined, PauseOutlined, PhoneOutlined, PlayCircleOutlined, RobotOutlined, SwapOutlined, UsergroupAddOutlined, WarningOutlined } from "../parts/icons";
import { App, Button, Input } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import type { Command, Talk } from "../api/types";
import { useSession } from "../shell/session";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { command } from "./command";
import { controls, type Control } from "./controls";
import { Key } from "./Key";
import { Keypad } from "./Keypad";
import { keys, useKeys } from "./keys";
import { TransferDialog } from "./TransferDialog";

const icons: Record<Control, ReactNode> = {
  hold: <PauseOutlined />,
  mute: <AudioMutedOutlined />,
  keypad: <NumberOutlined />,
  transfer: <SwapOutlined />,
  complete: <CheckOutlined />,
  merge: <UsergroupAddOutlined />,
  drop: <DisconnectOutlined />,
  return: <RobotOutlined />,
  emergency: <WarningOutlined />,
  finish: <PhoneOutlined rotate={135} />,
};

const police = "110";

export function CallBar({ talk }: { talk: Talk }) {
  const t = useText();
  const { user } = useSession();
  const { modal } = App.useApp();
  const [act, busy] = useAct();
  const [open, setOpen] = useState<"keypad" | "transfer">();
  const held = talk.phase === "held";
  const send = (c: Command) => act(() => command(talk.conversation, c));
  const can = controls(talk, user.id);

  const askPolice = () =>
    void modal.confirm({
      title: t("do.emergency.sure", { service: police }),
      okText: t("do.emergency.go"),
      okButtonProps: { danger: true, autoFocus: true },
      autoFocusButton: "ok",
      onOk: async () => void (await send({ verb: "consult", target: { service: police } })),
    });
  const giveBack = () => {
    let text = "";
    void modal.confirm({
      title: t("do.return"),
      content: <Input.TextArea aria-label={t("do.return.note")} placeholder={t("do.return.note")} onChange={(e) => (text = e.target.value)} />,
      autoFocusButton: "ok",
      onOk: async () => void (await send({ verb: "return", text })),
    });
  };
  const does: Record<Control, () => void> = {
    hold: () => void send({ verb: held ? "resume" : "hold" }),
    mute: () => void send({ verb: talk.muted ? "unmute" : "mute" }),
    keypad: () => setOpen((was) => (was === "keypad" ? undefined : "keypad")),
    transfer: () => setOpen("transfer"),
    complete: () => void send({ verb: "complete" }),
    merge: () => void send({ verb: "merge" }),
    drop: () => void send({ verb: "drop" }),
    return: giveBack,
    emergency: askPolice,
    finish: () => void send({ verb: "finish" }),
  };
  const pad = can.includes("keypad");
  useEffect(() => {
    if (!pad) setOpen((was) => (was === "keypad" ? undefined : was));
  }, [pad]);
  useKeys(Object.fromEntries(can.map((control) => [control, does[control]])));

  const label = (control: Control) => {
    if (control === "hold" && held) return t("do.resume");
    if (control === "mute" && talk.muted) return t("do.unmute");
    return control === "emergency" ? `${t("do.emergency")} ${police}` : t(`do.${control}`);
  };
  const icon = (control: Control) => (control === "hold" && held ? <PlayCircleOutlined /> : control === "mute" && talk.muted ? <AudioOutlined /> : icons[control]);
  return (
    <div className="callbar" role="toolbar" aria-busy={busy}>
      {can.map((control) => (
        <Button
          key={control}
          className={"control control-" + control}
          type={(control === "hold" && held) || (control === "mute" && talk.muted) || control === "complete" ? "primary" : "default"}
          danger={control === "finish" || control === "emergency"}
          aria-keyshortcuts={keys[control].join(" ")}
          onClick={does[control]}
        >
          {icon(control)}
          <span>{label(control)}</span>
          <Key of={control} />
        </Button>
      ))}
      {open === "keypad" && <Keypad press={(digits) => send({ verb: "press", keys: digits })} close={() => setOpen(undefined)} />}
      <TransferDialog talk={talk} open={open === "transfer"} close={() => setOpen(undefined)} />
    </div>
  );
}
