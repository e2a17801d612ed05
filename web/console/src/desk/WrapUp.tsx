import { Button, Form, Input, Radio } from "antd";
import { post } from "../api/client";
import type { Talk } from "../api/types";
import { Left } from "../parts/Since";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { CallAgain } from "./CallAgain";
import { useDesk } from "./DeskProvider";
import { Key } from "./Key";
import { useKeys } from "./keys";

export function WrapUp({ talk }: { talk: Talk }) {
  const t = useText();
  const { desk, dispatch } = useDesk();
  const [act, busy] = useAct();
  const [form] = Form.useForm<{ category?: string; summary?: string; resolved?: boolean }>();
  const until = desk.presence?.wrap_up === talk.conversation ? desk.presence.wrap_up_until : undefined;
  const done = async () => {
    if (busy) return;
    const fields = form.getFieldsValue();
    if (await act(() => post("/desk/wrap_up", { conversation: talk.conversation, ...fields }))) dispatch({ type: "wrapped", conversation: talk.conversation });
  };
  useKeys({ wrap: () => void done() });
  return (
    <Form form={form} className="wrapup" layout="vertical" onFinish={() => void done()} initialValues={{ category: talk.brief.category, summary: talk.brief.summary }}>
      <div className="row">
        <h2>{t("wrap")}</h2>
        <span className="space" />
        {until && (
          <span>
            {t("wrap.left")} <Left to={until} />
          </span>
        )}
      </div>
      <div className="fields">
        <Form.Item name="category" label={t("order.category")}>
          <Input />
        </Form.Item>
        <Form.Item name="resolved" label={t("wrap.resolved")}>
          <Radio.Group optionType="button" options={[true, false].map((value) => ({ value, label: t(value ? "yes" : "no") }))} />
        </Form.Item>
      </div>
      <Form.Item name="summary" label={t("wrap.summary")}>
        <Input.TextArea autoFocus rows={2} className="grow" maxLength={2000} />
      </Form.Item>
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("wrap.go")} <Key of="wrap" />
        </Button>
        <CallAgain of={talk} />
      </div>
    </Form>
  );
}
