import { useQuery } from "@tanstack/react-query";
import { Alert, AutoComplete, Button, Checkbox, Form, Input, Select } from "antd";
import { useEffect } from "react";
import { post } from "../api/client";
import type { Talk } from "../api/types";
import { useCategories } from "../parts/categories";
import { CategorySelect } from "../parts/CategorySelect";
import { useAct } from "../parts/useAct";
import { named, useText } from "../text";
import { talkPath } from "./command";
import { detailOf } from "./DeskProvider";
import { Key } from "./Key";
import { accepted, acts, open, sometimes, type Fields, type Order } from "./order";

const kinds = ["new", "urge", "append"] as const;
const urgencies = ["normal", "urgent", "critical"] as const;

// OrderForm is a work order that fills itself in: each fact stands with the sentence it came from until it is accepted, and
// what the agent has not chosen follows what becomes known.
export function OrderForm({ talk, order }: { talk: Talk; order: Order }) {
  const t = useText();
  const [act, busy] = useAct();
  const { facts, fields, filed } = order;
  const left = open(facts).length;
  const file = (fields: Fields) =>
    act(async () => {
      const answer = await post<{ number: string }>(talkPath(talk.conversation) + "/order", { ...fields, confidential: fields.confidential ?? false, facts: accepted(facts) });
      order.file(answer.number);
    });
  const categories = useCategories();
  const [form] = Form.useForm<Fields>();
  useEffect(() => form.setFieldsValue(fields), [form, fields]);
  const fresh = (Form.useWatch("kind", form) ?? "new") === "new";
  const usual = categories.find(Form.useWatch("category", form))?.urgency ?? "normal";
  const { data: detail } = useQuery(detailOf(talk.conversation));
  const need = [{ required: true, message: t("login.required") }];
  return (
    <Form
      form={form}
      className="order-form"
      layout="vertical"
      size="small"
      requiredMark={false}
      onFinish={(v: Fields) => void file(v)}
      onValuesChange={order.choose}
      initialValues={fields}
    >
      {filed && <Alert type="success" showIcon title={t("order.filed", { number: filed })} />}
      <div className="fields">
        <Form.Item name="kind" label={t("order.kind")}>
          <Select options={kinds.map((value) => ({ value, label: t(`order.kind.${value}`) }))} />
        </Form.Item>
        <Form.Item name="act" label={t("order.act")} rules={fresh ? need : []}>
          <Select options={acts.map((value) => ({ value, label: t(`act.${value}`) }))} />
        </Form.Item>
        <Form.Item name="urgency" label={t("order.urgency")}>
          <Select allowClear placeholder={t(`order.urgency.${usual}`)} options={urgencies.map((value) => ({ value, label: t(`order.urgency.${value}`) }))} />
        </Form.Item>
        {fresh ? (
          <Form.Item name="category" label={t("order.category")} rules={need} className="whole">
            <CategorySelect />
          </Form.Item>
        ) : (
          <Form.Item name="ticket" label={t("slot.ticket")} rules={need} className="whole">
            <AutoComplete options={detail?.orders.map((o) => ({ value: o.number, label: `${o.number} ${o.text ?? o.category ?? ""}` }))} maxLength={32} />
          </Form.Item>
        )}
      </div>
      <div className="row">
        <h3>{t("order.facts")}</h3>
        {left > 0 && (
          <span className="quiet">
            {t("order.left", { n: left })} <Key of="fact" />
          </span>
        )}
      </div>
      {facts.map((f) => (
        <div key={f.slot} className={"fact" + (f.accepted ? " accepted" : f.value ? "" : " blank")}>
          <label htmlFor={"fact-" + f.slot}>{named(t, "slot", f.slot)}</label>
          <Input id={"fact-" + f.slot} value={f.value} onChange={(e) => order.write(f.slot, e.target.value)} maxLength={500} />
          {f.accepted && f.value && <span className="tag good">{t("order.accepted")}</span>}
          {!f.accepted && f.value && (
            <Button type="primary" ghost onClick={() => order.accept(f.slot)} aria-label={`${t("order.accept")} ${named(t, "slot", f.slot)}`}>
              {t("order.accept")}
            </Button>
          )}
          {f.fact?.sentence && <q>{f.fact.sentence}</q>}
        </div>
      ))}
      <Select<string>
        className="whole"
        aria-label={t("order.add")}
        placeholder={t("order.add")}
        value={null}
        options={sometimes.filter((slot) => !facts.some((f) => f.slot === slot)).map((value) => ({ value, label: named(t, "slot", value) }))}
        onSelect={(slot: string) => order.add(slot)}
      />
      <Form.Item name="text" label={t("order.text")} rules={need}>
        <Input.TextArea rows={3} className="grow" maxLength={4000} />
      </Form.Item>
      <Form.Item name="confidential" valuePropName="checked">
        <Checkbox>{t("order.confidential")}</Checkbox>
      </Form.Item>
      <Button type="primary" size="middle" htmlType="submit" block loading={busy}>
        {t("order.file")}
      </Button>
    </Form>
  );
}
