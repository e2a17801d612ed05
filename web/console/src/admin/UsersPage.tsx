import { PlusOutlined } from "../parts/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown, Form, Input, Modal, Select, Table } from "antd";
import { useState } from "react";
import { get, patch, post, query } from "../api/client";
import type { Role, User } from "../api/types";
import { Fetched } from "../parts/Fetched";
import { moment } from "../parts/time";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { EditDrawer } from "./EditDrawer";

const roles: Role[] = ["agent", "supervisor", "knowledge", "administrator", "auditor"];

async function everybody(signal: AbortSignal): Promise<{ items: User[] }> {
  const items: User[] = [];
  let after: string | undefined;
  do {
    const page: { items: User[]; next?: string } = await get("/users" + query({ after }), signal);
    items.push(...page.items);
    after = page.next;
  } while (after);
  return { items };
}

interface Fields {
  login: string;
  name: string;
  roles: Role[];
  password?: string;
}

export default function UsersPage() {
  const t = useText();
  const queries = useQueryClient();
  const { modal } = App.useApp();
  const [act, busy] = useAct();
  const [form] = Form.useForm<Fields>();
  const [editing, setEditing] = useState<User | "new">();
  const [resetting, setResetting] = useState<User>();
  const [q, setQ] = useState("");
  const users = useQuery({ queryKey: ["users"], queryFn: ({ signal }) => everybody(signal) });
  const again = () => queries.invalidateQueries({ queryKey: ["users"] });
  const path = (user: User) => `/users/${encodeURIComponent(user.id)}`;
  const edit = (user: User | "new") => {
    form.resetFields();
    if (user !== "new") form.setFieldsValue(user);
    setEditing(user);
  };
  const save = async (fields: Fields) => {
    if (!editing) return;
    const work = () => (editing === "new" ? post("/users", fields) : patch(path(editing), { name: fields.name, roles: fields.roles }));
    if (await act(async () => (await work(), await again()), t("saved"))) setEditing(undefined);
  };
  const change = (user: User, f: () => Promise<unknown>, title: string) =>
    void modal.confirm({ title: `${title}：${user.name}`, onOk: async () => void (await act(async () => (await f(), await again()), t("saved"))) });
  const need = { required: true, message: t("login.required") };
  const password = [need, { min: 10, message: t("password.rule") }];
  const menu = (user: User) => [
    { key: "reset", label: t("users.reset"), onClick: () => setResetting(user) },
    ...(user.locked ? [{ key: "unlock", label: t("users.unlock"), onClick: () => change(user, () => post(path(user) + "/unlock"), t("users.unlock")) }] : []),
    ...(user.totp ? [{ key: "totp", label: t("users.reset_totp"), onClick: () => change(user, () => patch(path(user), { reset_totp: true }), t("users.reset_totp")) }] : []),
    {
      key: "disable",
      danger: !user.disabled,
      label: t(user.disabled ? "users.enable" : "users.disable"),
      onClick: () => change(user, () => patch(path(user), { disabled: !user.disabled }), t(user.disabled ? "users.enable" : "users.disable")),
    },
  ];
  return (
    <div className="page">
      <header className="head">
        <h1>{t("menu.users")}</h1>
        <Input.Search allowClear value={q} onChange={(e) => setQ(e.target.value)} placeholder={t("users.search")} aria-label={t("users.search")} style={{ width: 220 }} />
        <Button type="primary" icon={<PlusOutlined />} onClick={() => edit("new")}>
          {t("users.add")}
        </Button>
      </header>
      <Fetched of={users}>
        {(data) => (
          <Table<User>
            size="middle"
            rowKey="id"
            dataSource={data.items.filter((u) => (u.login + u.name).toLowerCase().includes(q.trim().toLowerCase()))}
            pagination={{ pageSize: 20, hideOnSinglePage: true }}
            columns={[
              { title: t("users.login"), dataIndex: "login" },
              { title: t("users.name"), dataIndex: "name" },
              {
                title: t("users.roles"),
                render: (_, u) => (
                  <span className="row-actions">
                    {u.roles.map((role) => (
                      <span key={role} className="tag blue">
                        {t(`role.${role}`)}
                      </span>
                    ))}
                  </span>
                ),
              },
              {
                title: t("users.status"),
                render: (_, u) => (
                  <>
                    <span className={"tag " + (u.disabled ? "" : u.locked ? "bad" : "good")}>{t(u.disabled ? "users.disabled" : u.locked ? "users.locked" : "users.active")}</span>{" "}
                    {u.must_change && <span className="tag warn">{t("users.must_change")}</span>}
                  </>
                ),
              },
              { title: t("users.totp"), render: (_, u) => t(u.totp ? "yes" : "no") },
              { title: t("users.last"), render: (_, u) => u.last_login && moment(u.last_login) },
              {
                key: "do",
                align: "right",
                render: (_, u) => (
                  <span className="row-actions">
                    <Button size="small" onClick={() => edit(u)}>
                      {t("edit")}
                    </Button>
                    <Dropdown trigger={["click"]} menu={{ items: menu(u) }}>
                      <Button size="small" aria-label={`${t("account")} ${u.name}`}>
                        ⋯
                      </Button>
                    </Dropdown>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Fetched>
      <EditDrawer title={t(editing === "new" ? "users.add" : "edit")} open={editing !== undefined} busy={busy} form={form} save={(v) => void save(v)} close={() => setEditing(undefined)}>
        <Form.Item name="login" label={t("users.login")} extra={editing === "new" && t("users.login.help")} rules={[need, { pattern: /^[a-z0-9][a-z0-9._-]{1,31}$/, message: t("users.login.help") }]}>
          <Input disabled={editing !== "new"} autoComplete="off" />
        </Form.Item>
        <Form.Item name="name" label={t("users.name")} rules={[need]}>
          <Input />
        </Form.Item>
        <Form.Item name="roles" label={t("users.roles")} rules={[need]}>
          <Select mode="multiple" options={roles.map((value) => ({ value, label: t(`role.${value}`) }))} />
        </Form.Item>
        {editing === "new" && (
          <Form.Item name="password" label={t("users.password")} extra={t("users.password.help")} rules={password}>
            <Input.Password autoComplete="new-password" />
          </Form.Item>
        )}
      </EditDrawer>
      <Modal open={resetting !== undefined} onCancel={() => setResetting(undefined)} title={`${t("users.reset")}：${resetting?.name ?? ""}`} footer={null} destroyOnHidden>
        <Form
          layout="vertical"
          requiredMark={false}
          onFinish={(v: { password: string }) => resetting && void act(async () => (await patch(path(resetting), { password: v.password }), await again()), t("saved")).then((ok) => ok && setResetting(undefined))}
        >
          <Form.Item name="password" label={t("users.password")} extra={t("users.password.help")} rules={password}>
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={busy}>
            {t("save")}
          </Button>
        </Form>
      </Modal>
    </div>
  );
}
