import { Alert, Button, Form, Input, Modal, QRCode } from "antd";
import { useState } from "react";
import { get, post, Problem } from "../api/client";
import type { User } from "../api/types";
import { explain } from "../parts/problem";
import { useAct } from "../parts/useAct";
import { useSession } from "../shell/session";
import { useText } from "../text";
import "./login.css";

export function TotpDialog({ open, close }: { open: boolean; close: () => void }) {
  const t = useText();
  return (
    <Modal open={open} onCancel={close} title={t("account.totp")} footer={null} width={460} destroyOnHidden>
      <Totp done={close} />
    </Modal>
  );
}

// MustEnrol stands in the way of everything else where the gateway demands a second factor.
export function MustEnrol() {
  const t = useText();
  const { out } = useSession();
  return (
    <div className="login">
      <main>
        <h1>{t("account.totp")}</h1>
        <Alert type="info" showIcon title={t("totp.must")} />
        <Totp />
        <Button type="link" onClick={() => void out()}>
          {t("account.out")}
        </Button>
      </main>
    </div>
  );
}

type Step = { at: "password" } | { at: "scan"; uri: string; secret: string } | { at: "recovery"; codes: string[] };

// Totp turns the second factor on in three steps, or off: the password is asked for once more in both.
function Totp({ done }: { done?: () => void }) {
  const t = useText();
  const { user, refresh } = useSession();
  const [act] = useAct();
  const [step, setStep] = useState<Step>({ at: "password" });
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const attempt = async (f: () => Promise<void>, wrongIs: string) => {
    setBusy(true);
    setWrong("");
    try {
      await f();
    } catch (e) {
      setWrong(e instanceof Problem && e.code === "wrong" ? wrongIs : explain(t, e));
    } finally {
      setBusy(false);
    }
  };
  const again = async () => refresh(await get<User>("/session"));
  const prove = ({ password }: { password: string }) =>
    void attempt(async () => {
      if (!user.totp) return setStep({ at: "scan", ...(await post<{ uri: string; secret: string }>("/session/totp", { password })) });
      await post("/session/totp/disable", { password });
      await again();
      done?.();
    }, t("password.wrong"));
  const confirm = ({ code }: { code: string }) =>
    void attempt(async () => setStep({ at: "recovery", codes: (await post<{ recovery: string[] }>("/session/totp/confirm", { code })).recovery }), t("login.wrong.totp"));
  const need = [{ required: true, message: t("login.required") }];

  if (step.at === "recovery")
    return (
      <>
        <Alert type="success" showIcon title={t("totp.on")} description={t("totp.recovery")} />
        <ul className="recovery">
          {step.codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="row-actions">
          <Button onClick={() => void act(() => navigator.clipboard.writeText(step.codes.join("\n")), t("copy"))}>{t("copy")}</Button>
          <Button type="primary" onClick={() => void act(again).then(() => done?.())}>
            {t("totp.kept")}
          </Button>
        </div>
      </>
    );
  return (
    <>
      {wrong && <Alert type="error" showIcon title={wrong} />}
      {step.at === "scan" ? (
        <Form key="scan" layout="vertical" requiredMark={false} onFinish={confirm}>
          <p>{t("totp.scan")}</p>
          <div className="totp-scan">
            <QRCode value={step.uri} size={168} />
            <code>{step.secret}</code>
          </div>
          <Form.Item name="code" label={t("login.totp")} rules={[...need, { pattern: /^\d{6}$/, message: t("totp.six") }]}>
            <Input autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={6} />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={busy}>
            {t("totp.confirm")}
          </Button>
        </Form>
      ) : (
        <Form key="password" layout="vertical" requiredMark={false} onFinish={prove}>
          <p>{t(user.totp ? "totp.on" : "totp.off")}</p>
          <Form.Item name="password" label={t("password.old")} rules={need}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Button type="primary" danger={user.totp} htmlType="submit" block loading={busy}>
            {t(user.totp ? "totp.disable" : "totp.enable")}
          </Button>
        </Form>
      )}
    </>
  );
}
