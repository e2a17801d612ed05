import { Button, Result } from "antd";
import { useText } from "../text";

// Elsewhere stands in a window that another one has taken the place of, where the desk would be: what it knows is old.
export function Elsewhere() {
  const t = useText();
  return (
    <Result
      title={t("link.elsewhere")}
      extra={
        <Button type="primary" onClick={() => location.reload()}>
          {t("reload")}
        </Button>
      }
    />
  );
}
