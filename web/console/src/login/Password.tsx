import { Alert, App, Button, Form, Input, Modal } from "antd";
import { get, post, Problem } from "../api/client";
import type { User } from "../api/types";
import { explain } from "../parts/problem";
import { useSession } from "../shell/session";
import { useText } from "../text";
import { useState } from "react";
import "./login.css";

const shortest = 10;

function PasswordForm({ done }: { done: () => void }) {
  const t = useText();
  const { message } = App.useApp();
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const change = async ({ old, fresh }: { old: string; fresh: string }) => {
    setBusy(true);
    setWrong("");
    try {
      await post("/session/password", { old, new: fresh });
      void message.success(t("password.done"));
      done();
    } catch (e) {
      if (e instanceof Problem && e.status === 401) setWrong(t("password.wrong"));
      else setWrong(e instanceof Problem && e.status === 422 ? e.message : explain(t, e));
    } finally {
      setBusy(false);
    }
  };
  const need = { required: true, message: t("login.required") };
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(v: { old: string; fresh: string }) => void change(v)}>
      {wrong && <Alert type="error" showIcon title={wrong} />}
      <Form.Item name="old" label={t("password.old")} rules={[need]}>
        <Input.Password autoFocus autoComplete="current-password" />
      </Form.Item>
      <Form.Item name="fresh" label={t("password.new")} extra={t("password.rule")} rules={[need, { min: shortest, message: t("password.rule") }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t("password.again")}
        dependencies={["fresh"]}
        rules={[
          need,
          (form) => ({ validator: (_, value) => (value === form.getFieldValue("fresh") ? Promise.resolve() : Promise.reject(new Error(t("password.differ")))) }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t("account.password")}
      </Button>
    </Form>
  );
}

export function PasswordDialog({ open, close }: { open: boolean; close: () => void }) {
  const t = useText();
  return (
    <Modal open={open} onCancel={close} title={t("account.password")} footer={null} width={400} destroyOnHidden>
      <PasswordForm done={close} />
    </Modal>
  );
}

// MustChange stands in the way of everything else after the first log-in.
export function MustChange() {
  const t = useText();
  const { user, refresh, out } = useSession();
  const done = () =>
    void get<User>("/session").then(
      (fresh) => refresh(fresh),
      () => refresh({ ...user, must_change: false }),
    );
  return (
    <div className="login">
      <main>
        <h1>{t("account.password")}</h1>
        <Alert type="info" showIcon title={t("password.must")} />
        <PasswordForm done={done} />
        <Button type="link" onClick={() => void out()}>
          {t("account.out")}
        </Button>
      </main>
    </div>
  );
}
