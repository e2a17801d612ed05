import { Form, Input, InputNumber, Select, Switch } from "antd";
import type { Queue } from "../api/types";
import { useText } from "../text";
import { dayNames, parse } from "./hours";
import { Skills } from "./Skills";

// Bounds as in desk/queue.go; empty is the default that the help names.
const numbers = [
  ["ring_timeout_s", 5, 120],
  ["wrap_up_s", 0, 1800],
  ["max_wait_s", 30, 86_400],
  ["max_length", 1, 100_000],
  ["announce_s", 10, 600],
  ["sticky_s", 0, 600],
  ["head_start_s", 0, 3600],
  ["patience_s", 0, 3600],
  ["overflow_after_s", 0, 86_400],
] as const;

export function QueueFields({ queues }: { queues: Queue[] }) {
  const t = useText();
  return (
    <>
      <Form.Item name="name" label={t("queues.name")} rules={[{ required: true, message: t("login.required") }]}>
        <Input />
      </Form.Item>
      <Skills help={t("queues.skills.help")} />
      <Form.Item name="strict" label={t("queues.strict")} extra={t("queues.strict.help")} valuePropName="checked">
        <Switch />
      </Form.Item>
      <Form.Item name="overflow" label={t("queues.overflow")} extra={t("queues.overflow.help")}>
        <Select allowClear options={queues.map((q) => ({ value: q.id, label: q.name }))} />
      </Form.Item>
      <h3>{t("group.wait")}</h3>
      <div className="queue-fields">
        {numbers.map(([name, min, max]) => (
          <Form.Item key={name} name={name} label={t(`queues.${name}`)} extra={t(`queues.${name}.help`)}>
            {/* 0 stands for the default, also below the least value. */}
            <InputNumber min={0} max={max} precision={0} step={min >= 10 ? 10 : 1} />
          </Form.Item>
        ))}
      </div>
      <Form.Item
        name="retry"
        label={t("queues.retry_s")}
        extra={t("queues.retry_s.help")}
        rules={[{ validator: (_, v?: string[]) => (!v || (v.length <= 10 && v.every((s) => Number(s) >= 60 && Number(s) <= 604_800)) ? Promise.resolve() : Promise.reject(new Error(t("queues.retry_s.help")))) }]}
      >
        <Select mode="tags" tokenSeparators={[",", "，", " "]} open={false} suffixIcon={null} />
      </Form.Item>
      <h3>{t("group.hours")}</h3>
      <p className="quiet">{t("queues.hours.help")}</p>
      {dayNames.map((name) => (
        <div key={name} className="hours-row">
          <label htmlFor={`hours_${name}`}>{t(`day.${name}`)}</label>
          <Form.Item name={["hours", name]} rules={[{ validator: (_, v?: string) => (parse(v ?? "") ? Promise.resolve() : Promise.reject(new Error(t("queues.hours.wrong")))) }]}>
            <Input placeholder="08:30-12:00, 14:00-17:30" />
          </Form.Item>
        </div>
      ))}
    </>
  );
}
