import { EyeOutlined } from "./icons";
import { Button, Tooltip } from "antd";
import { useState } from "react";
import { get } from "../api/client";
import { useText } from "../text";
import { mask, masked } from "./number";
import { useComplain } from "./problem";

// Caller is a number, masked until it is asked for. What the API masks itself is fetched, which leaves an audit entry.
// Without the conversation it stays masked. Where the number is from stands under it.
export function Caller({ number, conversation, place }: { number: string; conversation?: string; place?: string }) {
  const t = useText();
  const complain = useComplain();
  const [whole, setWhole] = useState("");
  const hidden = mask(number);
  if (!number) return <span>{t("unknown")}</span>;
  const show = async () => {
    if (!conversation || !masked(number)) return setWhole(number);
    try {
      setWhole((await get<{ caller: string }>(`/records/${encodeURIComponent(conversation)}/caller`)).caller);
    } catch (e) {
      complain(e);
    }
  };
  return (
    <span className="caller">
      <span className="digits">{whole || hidden}</span>
      {!whole && masked(hidden) && (conversation || !masked(number)) && (
        <Tooltip title={t("show.number")}>
          <Button type="text" size="small" icon={<EyeOutlined />} aria-label={t("show.number")} onClick={(e) => (e.stopPropagation(), void show())} />
        </Tooltip>
      )}
      {place && <small className="quiet place">{place}</small>}
    </span>
  );
}
