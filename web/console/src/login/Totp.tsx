import { Alert, Button, Form, Input, Modal, QRCode } from "antd";
import { useState } from "react";
import { del, post } from "../api/client";
import { useAct } from "../parts/useAct";
import { useSession } from "../shell/session";
import { useText } from "../text";
import "./login.css";

export function TotpDialog({ open, close }: { open: boolean; close: () => void }) {
  const t = useText();
  return (
    <Modal open={open} onCancel={close} title={t("account.totp")} footer={null} width={460} destroyOnHidden>
      <Totp />
    </Modal>
  );
}

function Totp() {
  const t = useText();
  const { user, refresh } = useSession();
  const [act, busy] = useAct();
  const [secret, setSecret] = useState<{ uri: string; secret: string }>();
  const [recovery, setRecovery] = useState<string[]>();

  if (recovery)
    return (
      <>
        <Alert type="success" showIcon title={t("totp.on")} description={t("totp.recovery")} />
        <ul className="recovery">
          {recovery.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Button onClick={() => void act(() => navigator.clipboard.writeText(recovery.join("\n")), t("copy"))}>{t("copy")}</Button>
      </>
    );
  if (secret)
    return (
      <>
        <p>{t("totp.scan")}</p>
        <div className="totp-scan">
          <QRCode value={secret.uri} size={168} />
          <code>{secret.secret}</code>
        </div>
        <Form
          layout="inline"
          onFinish={({ code }: { code: string }) =>
            void act(async () => {
              const answer = await post<{ recovery: string[] }>("/session/totp/confirm", { code });
              setRecovery(answer.recovery);
              refresh({ ...user, totp: true });
            })
          }
        >
          <Form.Item name="code" label={t("login.totp")} rules={[{ required: true, message: t("login.required") }]}>
            <Input autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={6} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={busy}>
            {t("totp.confirm")}
          </Button>
        </Form>
      </>
    );
  return (
    <div className="head">
      <span>{t(user.totp ? "totp.on" : "totp.off")}</span>
      {user.totp ? (
        <Button danger loading={busy} onClick={() => void act(async () => (await del("/session/totp"), refresh({ ...user, totp: false })))}>
          {t("totp.disable")}
        </Button>
      ) : (
        <Button type="primary" loading={busy} onClick={() => void act(async () => setSecret(await post("/session/totp")))}>
          {t("totp.enable")}
        </Button>
      )}
    </div>
  );
}
