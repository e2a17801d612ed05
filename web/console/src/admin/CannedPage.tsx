import { PlusOutlined } from "../parts/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Table } from "antd";
import { useState } from "react";
import { del, get, put } from "../api/client";
import type { Canned } from "../api/types";
import { freshKey } from "../desk/command";
import { Fetched } from "../parts/Fetched";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { EditDrawer } from "./EditDrawer";

export default function CannedPage() {
  const t = useText();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const [act, busy] = useAct();
  const [form] = Form.useForm<Canned>();
  const [editing, setEditing] = useState<string>();
  const canned = useQuery({ queryKey: ["canned"], queryFn: ({ signal }) => get<{ items: Canned[] }>("/desk/canned", signal) });
  const again = () => queries.invalidateQueries({ queryKey: ["canned"] });
  const path = (id: string) => `/desk/canned/${encodeURIComponent(id)}`;
  const edit = (c?: Canned) => {
    form.resetFields();
    if (c) form.setFieldsValue(c);
    setEditing(c?.id ?? freshKey());
  };
  const save = async (fields: Canned) => {
    if (editing && (await act(async () => (await put(path(editing), { ...fields, id: editing }), await again()), t("saved")))) setEditing(undefined);
  };
  const remove = (c: Canned) =>
    void modal.confirm({ title: t("remove.sure", { name: c.title }), okText: t("remove"), okButtonProps: { danger: true }, onOk: async () => void (await act(async () => (await del(path(c.id)), await again()))) });
  const need = [{ required: true, message: t("login.required") }];
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.canned")}</h1>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => edit()}>
          {t("canned.add")}
        </Button>
      </header>
      <Fetched of={canned}>
        {(data) => (
          <Table<Canned>
            size="middle"
            rowKey="id"
            dataSource={data.items}
            pagination={{ pageSize: 20, hideOnSinglePage: true }}
            columns={[
              { title: t("canned.title"), dataIndex: "title", width: 180 },
              { title: t("canned.keys"), width: 120, render: (_, c) => c.keys && <kbd>/{c.keys}</kbd> },
              { title: t("canned.text"), dataIndex: "text" },
              {
                key: "do",
                align: "right",
                width: 160,
                render: (_, c) => (
                  <span className="row-actions">
                    <Button size="small" onClick={() => edit(c)}>
                      {t("edit")}
                    </Button>
                    <Button size="small" danger onClick={() => remove(c)}>
                      {t("remove")}
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Fetched>
      <EditDrawer title={t("menu.canned")} open={editing !== undefined} busy={busy} form={form} save={(v) => void save(v)} close={() => setEditing(undefined)}>
        <Form.Item name="title" label={t("canned.title")} rules={need}>
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item name="keys" label={t("canned.keys")} extra={t("canned.keys.help")} rules={[{ pattern: /^[a-z0-9]{0,12}$/, message: "a-z 0-9" }]}>
          <Input />
        </Form.Item>
        <Form.Item name="text" label={t("canned.text")} rules={need}>
          <Input.TextArea rows={4} className="grow" maxLength={2000} />
        </Form.Item>
      </EditDrawer>
    </div>
  );
}
