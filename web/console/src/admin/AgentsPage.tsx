import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber, Radio, Select, Table } from "antd";
import { useState } from "react";
import { get, put } from "../api/client";
import type { Agent, Device, Queue } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import "./admin.css";
import { EditDrawer } from "./EditDrawer";
import { Skills } from "./Skills";
import { record, rows, type SkillRow } from "./skills";

type Fields = Omit<Agent, "skills"> & { skills: SkillRow[] };

export default function AgentsPage() {
  const t = useText();
  const queries = useQueryClient();
  const [act, busy] = useAct();
  const [form] = Form.useForm<Fields>();
  const device = Form.useWatch("device", form) as Device | undefined;
  const [editing, setEditing] = useState<Agent>();
  const agents = useQuery({ queryKey: ["agents"], queryFn: ({ signal }) => get<{ items: Agent[] }>("/desk/agents", signal) });
  const queues = useQuery({ queryKey: ["queues"], queryFn: ({ signal }) => get<{ items: Queue[] }>("/desk/queues", signal) });
  const queueName = (id: string) => queues.data?.items.find((q) => q.id === id)?.name ?? id;
  const edit = (agent: Agent) => {
    form.resetFields();
    form.setFieldsValue({ ...agent, skills: rows(agent.skills) });
    setEditing(agent);
  };
  const save = async (fields: Fields) => {
    if (!editing) return;
    const agent: Agent = { ...editing, ...fields, skills: record(fields.skills) };
    const work = async () => {
      await put(`/desk/agents/${encodeURIComponent(editing.id)}`, agent);
      await queries.invalidateQueries({ queryKey: ["agents"] });
    };
    if (await act(work, t("saved"))) setEditing(undefined);
  };
  const need = [{ required: true, message: t("login.required") }];
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.agents")}</h1>
      </header>
      <Fetched of={agents}>
        {(data) => (
          <Table<Agent>
            size="middle"
            rowKey="id"
            dataSource={data.items}
            pagination={{ pageSize: 20, hideOnSinglePage: true }}
            columns={[
              { title: t("agents.number"), dataIndex: "number" },
              { title: t("users.name"), dataIndex: "name" },
              { title: t("agents.device"), render: (_, a) => t(`voice.device.${a.device}`) + (a.device === "phone" ? " " + (a.extension ?? "") : "") },
              { title: t("agents.queues"), render: (_, a) => a.queues.map(queueName).join("、") },
              {
                title: t("agents.skills"),
                render: (_, a) =>
                  rows(a.skills).map((s) => (
                    <span key={s.name} className="tag">
                      {s.name} {s.level}
                    </span>
                  )),
              },
              { title: t("agents.languages"), render: (_, a) => a.languages?.join("、") },
              { title: t("agents.chats"), align: "right", dataIndex: "chats" },
              {
                key: "do",
                align: "right",
                render: (_, a) => (
                  <Button size="small" onClick={() => edit(a)}>
                    {t("edit")}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Fetched>
      <EditDrawer title={editing?.name ?? ""} open={editing !== undefined} busy={busy} form={form} save={(v) => void save(v)} close={() => setEditing(undefined)}>
        <Form.Item name="number" label={t("agents.number")}>
          <Input />
        </Form.Item>
        <Form.Item name="queues" label={t("agents.queues")}>
          <Select mode="multiple" options={queues.data?.items.map((q) => ({ value: q.id, label: q.name }))} />
        </Form.Item>
        <Skills />
        <Form.Item name="languages" label={t("agents.languages")} extra={t("agents.languages.help")}>
          <Select mode="tags" tokenSeparators={[",", "，", " "]} />
        </Form.Item>
        <Form.Item name="chats" label={t("agents.chats")} extra={t("agents.chats.help")} rules={need}>
          <InputNumber min={0} max={20} precision={0} />
        </Form.Item>
        <Form.Item name="device" label={t("agents.device")}>
          <Radio.Group options={(["browser", "phone"] as const).map((value) => ({ value, label: t(`voice.device.${value}`) }))} />
        </Form.Item>
        {device === "phone" && (
          <Form.Item name="extension" label={t("agents.extension")} rules={need}>
            <Input />
          </Form.Item>
        )}
      </EditDrawer>
    </div>
  );
}
