import { Button, Drawer, Form, type FormInstance } from "antd";
import type { ReactNode } from "react";
import { useText } from "../text";

interface Props<T> {
  title: string;
  open: boolean;
  busy: boolean;
  form: FormInstance<T>;
  save: (fields: T) => void;
  close: () => void;
  children: ReactNode;
}

// EditDrawer holds the form of one thing beside the table of all.
export function EditDrawer<T extends object>({ title, open, busy, form, save, close, children }: Props<T>) {
  const t = useText();
  return (
    <Drawer
      title={title}
      open={open}
      onClose={close}
      size={520}
      forceRender
      footer={
        <div className="row-actions">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="primary" loading={busy} onClick={() => form.submit()}>
            {t("save")}
          </Button>
        </div>
      }
    >
      <Form<T> form={form} layout="vertical" requiredMark={false} onFinish={save}>
        {children}
      </Form>
    </Drawer>
  );
}
