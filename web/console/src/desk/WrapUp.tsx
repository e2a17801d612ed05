import { Button, Form, Input, Radio } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useEffect, useRef } from "react";
import { post } from "../api/client";
import type { Talk } from "../api/types";
import { CategorySelect } from "../parts/CategorySelect";
import { keep, kept } from "../parts/kept";
import { Left } from "../parts/Since";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { CallAgain } from "./CallAgain";
import { useDesk } from "./DeskProvider";
import { Key } from "./Key";
import { useKeys } from "./keys";
import { forgetNote, saveNote } from "./note";
import { forgetOrder } from "./order";

interface Fields {
  category?: string;
  summary?: string;
  resolved?: boolean;
}

export function WrapUp({ talk }: { talk: Talk }) {
  const t = useText();
  const { desk, dispatch } = useDesk();
  const [act, busy] = useAct();
  const [form] = Form.useForm<Fields>();
  const { conversation, brief } = talk;
  const draft = "wrap." + conversation;
  const until = desk.presence?.wrap_up === conversation ? desk.presence.wrap_up_until : undefined;
  const done = async () => {
    if (busy) return;
    const fields = form.getFieldsValue();
    const end = async () => {
      await saveNote(conversation);
      await post("/desk/wrap_up", { conversation, ...fields });
    };
    if (!(await act(end))) return;
    forgetNote(conversation);
    forgetOrder(conversation);
    keep(draft, undefined);
    dispatch({ type: "wrapped", conversation });
  };
  useKeys({ wrap: () => void done() });
  // The caller may hang up while the agent types elsewhere; the keyboard stays there.
  const summary = useRef<TextAreaRef>(null);
  useEffect(() => {
    if (document.activeElement === document.body) summary.current?.focus();
  }, []);
  return (
    <Form
      form={form}
      className="wrapup"
      layout="vertical"
      onFinish={() => void done()}
      onValuesChange={(_, all: Fields) => keep(draft, all)}
      initialValues={{ category: brief.category, summary: brief.summary, ...kept<Fields>(draft) }}
    >
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
        <Form.Item name="category" label={t("order.category")} className="wide">
          <CategorySelect allowClear />
        </Form.Item>
        <Form.Item name="resolved" label={t("wrap.resolved")}>
          <Radio.Group optionType="button" options={[true, false].map((value) => ({ value, label: t(value ? "yes" : "no") }))} />
        </Form.Item>
      </div>
      <Form.Item name="summary" label={t("wrap.summary")}>
        <Input.TextArea ref={summary} rows={2} className="grow" maxLength={2000} />
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
