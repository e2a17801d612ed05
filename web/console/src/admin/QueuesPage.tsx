import { PlusOutlined } from "../parts/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Table } from "antd";
import { useState } from "react";
import { del, get, put } from "../api/client";
import type { Queue } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import "./admin.css";
import { EditDrawer } from "./EditDrawer";
import { toHours, toText, type HoursText } from "./hours";
import { QueueFields } from "./QueueFields";
import { record, rows, type SkillRow } from "./skills";

export type QueueForm = Omit<Queue, "skills" | "hours" | "retry_s"> & { skills: SkillRow[]; hours: HoursText; retry: string[] };

export default function QueuesPage() {
  const t = useText();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const [act, busy] = useAct();
  const [form] = Form.useForm<QueueForm>();
  const [editing, setEditing] = useState<Queue | "new">();
  const queues = useQuery({ queryKey: ["queues"], queryFn: ({ signal }) => get<{ items: Queue[] }>("/desk/queues", signal) });
  const again = () => queries.invalidateQueries({ queryKey: ["queues"] });
  const edit = (queue: Queue | "new") => {
    form.resetFields();
    if (queue === "new") form.setFieldsValue({ hours: toText() });
    else form.setFieldsValue({ ...queue, skills: rows(queue.skills), hours: toText(queue.hours), retry: queue.retry_s?.map(String) });
    setEditing(queue);
  };
  const save = async ({ skills, hours, retry, ...fields }: QueueForm) => {
    const old = editing === "new" || !editing ? undefined : editing;
    const queue: Queue = { ...old, ...fields, skills: record(skills), hours: toHours(hours, old?.hours), retry_s: retry?.length ? retry.map(Number) : undefined };
    if (await act(async () => (await put(`/desk/queues/${encodeURIComponent(queue.id)}`, queue), await again()), t("saved"))) setEditing(undefined);
  };
  const remove = (q: Queue) =>
    void modal.confirm({
      title: t("remove.sure", { name: q.name }),
      okButtonProps: { danger: true },
      okText: t("remove"),
      onOk: async () => void (await act(async () => (await del(`/desk/queues/${encodeURIComponent(q.id)}`), await again()))),
    });
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.queues")}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => edit("new")}>
          {t("queues.add")}
        </Button>
      </header>
      <Fetched of={queues}>
        {(data) => (
          <Table<Queue>
            size="middle"
            rowKey="id"
            dataSource={data.items}
            pagination={false}
            columns={[
              { title: t("queues.id"), dataIndex: "id" },
              { title: t("queues.name"), dataIndex: "name" },
              {
                title: t("queues.hours"),
                render: (_, q) => {
                  const days = q.hours?.days;
                  return days ? Object.entries(days).map(([day, spans]) => `${t(`day.${day as "mon"}`)} ${spans.map((s) => `${s.from}-${s.to}`).join(" ")}`).slice(0, 1) + (Object.keys(days).length > 1 ? " …" : "") : t("queues.hours.always");
                },
              },
              { title: t("queues.ring_timeout_s"), align: "right", render: (_, q) => q.ring_timeout_s || 20 },
              { title: t("queues.wrap_up_s"), align: "right", render: (_, q) => q.wrap_up_s || 0 },
              { title: t("queues.max_wait_s"), align: "right", render: (_, q) => q.max_wait_s || 1800 },
              { title: t("queues.overflow"), render: (_, q) => data.items.find((o) => o.id === q.overflow)?.name },
              {
                key: "do",
                align: "right",
                render: (_, q) => (
                  <span className="row-actions">
                    <Button size="small" onClick={() => edit(q)}>
                      {t("edit")}
                    </Button>
                    <Button size="small" danger onClick={() => remove(q)}>
                      {t("remove")}
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Fetched>
      <EditDrawer title={editing === "new" ? t("queues.add") : (editing?.name ?? "")} open={editing !== undefined} busy={busy} form={form} save={(v) => void save(v)} close={() => setEditing(undefined)}>
        <Form.Item name="id" label={t("queues.id")} extra={t("queues.id.help")} rules={[{ required: true, pattern: /^[a-z0-9_-]{1,64}$/, message: t("queues.id.help") }]}>
          <Input disabled={editing !== "new"} />
        </Form.Item>
        <QueueFields queues={queues.data?.items ?? []} />
      </EditDrawer>
    </div>
  );
}
