import { MinusCircleOutlined, PlusOutlined } from "../parts/icons";
import { Button, Form, Input, InputNumber } from "antd";
import { useText } from "../text";

// Skills is the list of skills with levels in a form, under the name "skills".
export function Skills({ help }: { help?: string }) {
  const t = useText();
  const need = [{ required: true, message: t("login.required") }];
  return (
    <Form.Item label={t("agents.skills")} extra={help}>
      <Form.List name="skills">
        {(fields, { add, remove }) => (
          <>
            {fields.map((field) => (
              <div key={field.key} className="skill-row">
                <Form.Item name={[field.name, "name"]} rules={need} noStyle>
                  <Input placeholder={t("agents.skill")} aria-label={t("agents.skill")} />
                </Form.Item>
                <Form.Item name={[field.name, "level"]} rules={need} noStyle>
                  <InputNumber min={1} max={9} precision={0} aria-label={t("agents.level")} />
                </Form.Item>
                <Button type="text" icon={<MinusCircleOutlined />} aria-label={t("remove")} onClick={() => remove(field.name)} />
              </div>
            ))}
            <Button size="small" icon={<PlusOutlined />} onClick={() => add({ level: 5 })}>
              {t("agents.skill.add")}
            </Button>
          </>
        )}
      </Form.List>
    </Form.Item>
  );
}
