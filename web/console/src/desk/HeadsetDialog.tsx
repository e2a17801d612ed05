import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal, Progress, Radio, Select } from "antd";
import { useEffect, useState } from "react";
import { put } from "../api/client";
import type { Device } from "../api/types";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { useDesk } from "./DeskProvider";

// HeadsetDialog chooses what an agent talks on, and shows that the microphone hears something.
export function HeadsetDialog({ open, close }: { open: boolean; close: () => void }) {
  const t = useText();
  return (
    <Modal open={open} onCancel={close} title={t("voice.title")} footer={null} width={480} destroyOnHidden>
      <Choice />
    </Modal>
  );
}

function Choice() {
  const t = useText();
  const { desk, voice, headset } = useDesk();
  const [act, busy] = useAct();
  const [device, setDevice] = useState<Device>(desk.agent?.device ?? "browser");
  const [extension, setExtension] = useState(desk.agent?.extension ?? "");
  const inputs = useQuery({ queryKey: ["microphones", voice], queryFn: microphones });
  const trouble = voice === "refused" || voice === "missing" || voice === "failed" ? voice : undefined;
  const save = () => void act(() => put("/desk/me/device", { device, extension: device === "phone" ? extension : undefined }), t("saved"));
  return (
    <Form layout="vertical">
      <Form.Item label={t("voice.device")}>
        <Radio.Group
          value={device}
          onChange={(e) => setDevice(e.target.value as Device)}
          options={(["browser", "phone"] as const).map((value) => ({ value, label: t(`voice.device.${value}`) }))}
        />
      </Form.Item>
      {device === "phone" ? (
        <Form.Item label={t("voice.extension")} htmlFor="extension">
          <Input id="extension" value={extension} onChange={(e) => setExtension(e.target.value.trim())} />
        </Form.Item>
      ) : (
        <>
          {trouble && <Alert type="error" showIcon title={t(`voice.${trouble}`)} description={t(`voice.help.${trouble}`)} />}
          <Form.Item label={t("voice.microphone")} htmlFor="microphone">
            <Select
              id="microphone"
              defaultValue=""
              onChange={(id: string) => void act(() => headset.choose(id))}
              options={[{ value: "", label: t("voice.microphone.default") }, ...(inputs.data ?? [])]}
            />
          </Form.Item>
          <Form.Item label={t("voice.level")} extra={t("voice.level.help")}>
            <Level stream={headset.local} />
          </Form.Item>
          <Button onClick={() => void headset.start()}>{t("voice.again")}</Button>
        </>
      )}
      {(device !== desk.agent?.device || (device === "phone" && extension !== desk.agent.extension)) && (
        <Button type="primary" loading={busy} disabled={device === "phone" && !extension} onClick={save}>
          {t("save")}
        </Button>
      )}
    </Form>
  );
}

async function microphones() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((d) => d.kind === "audioinput" && d.deviceId && d.deviceId !== "default").map((d) => ({ value: d.deviceId, label: d.label || d.deviceId.slice(0, 8) }));
}

// Level shows the loudness of the microphone, −60 dB to 0 dB of full scale.
function Level({ stream }: { stream?: MediaStream }) {
  const t = useText();
  const [percent, setPercent] = useState(0);
  useEffect(() => {
    if (!stream) return;
    const context = new AudioContext();
    const meter = new AnalyserNode(context, { fftSize: 8192 }); // longer than from one reading to the next, so that no sound is missed
    context.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const timer = setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const rms = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
      setPercent(Math.round(Math.max(0, 100 + (20 * Math.log10(rms + 1e-9) * 100) / 60)));
    }, 100);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [stream]);
  return <Progress percent={percent} showInfo={false} aria-label={t("voice.level")} />;
}
