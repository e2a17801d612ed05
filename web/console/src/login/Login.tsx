import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { post, Problem } from "../api/client";
import type { Session } from "../api/types";
import { explain } from "../parts/problem";
import { clock } from "../parts/time";
import { useLanguage } from "../text";
import "./login.css";

interface Fields {
  login: string;
  password: string;
  totp?: string;
}

export function Login({ ended, entered }: { ended: boolean; entered: (session: Session) => void }) {
  const { t, locale, switchTo } = useLanguage();
  const [second, setSecond] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [form] = Form.useForm<Fields>();

  const go = async (fields: Fields) => {
    setBusy(true);
    setWrong("");
    try {
      entered(await post<Session>("/session", second ? fields : { login: fields.login, password: fields.password }));
    } catch (e) {
      if (e instanceof Problem && e.code === "totp_required") setSecond(true);
      else if (e instanceof Problem && e.status === 429) setWrong(t("login.locked", { time: clock(e.retryAfter * 1000) }));
      else if (e instanceof Problem && e.status === 401) setWrong(t(second ? "login.wrong.totp" : "login.wrong"));
      else setWrong(explain(t, e));
    } finally {
      setBusy(false);
    }
  };
  const need = [{ required: true, message: t("login.required") }];

  return (
    <div className="login">
      <main>
        <header>
          <img src="/console/emblem.svg" alt="" width="44" height="44" />
          <h1>{t("product")}</h1>
        </header>
        {wrong ? <Alert type="error" showIcon title={wrong} /> : ended && <Alert type="warning" showIcon title={t("login.ended")} />}
        <Form form={form} layout="vertical" size="large" requiredMark={false} onFinish={(fields) => void go(fields)}>
          <Form.Item name="login" label={t("login.login")} rules={need} hidden={second}>
            <Input autoFocus autoComplete="username" autoCapitalize="off" spellCheck={false} />
          </Form.Item>
          <Form.Item name="password" label={t("login.password")} rules={need} hidden={second}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          {second && (
            <Form.Item name="totp" label={t("login.totp")} extra={t("login.totp.help")} rules={need}>
              <Input autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={32} />
            </Form.Item>
          )}
          <Button type="primary" htmlType="submit" block loading={busy}>
            {t("login.go")}
          </Button>
          {second && (
            <Button type="link" block onClick={() => (setSecond(false), setWrong(""), form.setFieldValue("totp", ""))}>
              {t("login.back")}
            </Button>
          )}
        </Form>
        <footer>
          <span>{t("login.notice")}</span>
          <Button type="link" size="small" lang={locale === "en" ? "zh-CN" : "en"} onClick={() => switchTo(locale === "en" ? "zh-CN" : "en")}>
            {t("language")}
          </Button>
        </footer>
      </main>
    </div>
  );
}
