import { Button, Form, Input, Popover } from "antd";
import { useState } from "react";
import { useText } from "../text";
import { useDesk } from "./DeskProvider";
import { useDial } from "./dial";

// Dialler calls a number. Which ones may be called the gateway knows.
export function Dialler() {
  const t = useText();
  const { desk } = useDesk();
  const [open, setOpen] = useState(false);
  const [dial, busy] = useDial();
  const go = async ({ number }: { number: string }) => {
    if (await dial({ number: plain(number) })) setOpen(false);
  };
  const form = (
    <Form className="dialler" layout="inline" requiredMark={false} onFinish={(v: { number: string }) => void go(v)}>
      <Form.Item name="number" label={t("callbacks.number")} rules={[{ required: true, message: t("login.required"), transform: plain }]}>
        <Input type="tel" autoFocus maxLength={32} disabled={busy} />
      </Form.Item>
      <Button type="primary" htmlType="submit" disabled={busy}>
        {t(busy ? "dial.rings" : "callbacks.call")}
      </Button>
    </Form>
  );
  return (
    <Popover content={form} title={t("dial")} trigger="click" placement="rightBottom" open={open} onOpenChange={setOpen} destroyOnHidden>
      <Button type="text" size="small" disabled={desk.talks.length > 0}>
        {t("dial")}
      </Button>
    </Popover>
  );
}

// plain leaves of a number what telephones know, however it was written down.
const plain = (number = "") => number.replace(/[^+0-9*#]/g, "");
