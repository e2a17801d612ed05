import { Button, Form, Input, Modal, Radio } from "antd";
import { maxOutcomeNote } from "../api/types";
import { useAct } from "../parts/useAct";
import { useText } from "../text";
import { settle, wasReached } from "./dial";

const outcomes = ["reached", "no_answer", "wrong_number", "refused"] as const;

// OutcomeDialog asks what became of somebody to be called back. Who has answered was reached, unless the agent knows better.
export function OutcomeDialog({ callback, close }: { callback?: string; close: (noted: boolean) => void }) {
  const t = useText();
  const [act, busy] = useAct();
  return (
    <Modal open={callback !== undefined} onCancel={() => close(false)} title={t("callbacks.set")} footer={null} destroyOnHidden>
      {callback && (
        <Form
          layout="vertical"
          initialValues={{ outcome: wasReached(callback) ? "reached" : undefined }}
          onFinish={(v: { outcome: string; note?: string }) => void act(() => settle(callback, v), t("saved")).then((ok) => ok && close(true))}
        >
          <Form.Item name="outcome" label={t("callbacks.outcome")} rules={[{ required: true, message: t("login.required") }]}>
            <Radio.Group options={outcomes.map((value) => ({ value, label: t(`reached.${value}`) }))} />
          </Form.Item>
          <Form.Item name="note" label={t("callbacks.note")}>
            <Input.TextArea maxLength={maxOutcomeNote} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={busy}>
            {t("save")}
          </Button>
        </Form>
      )}
    </Modal>
  );
}
