import { Button } from "antd";
import { useNavigate } from "react-router";
import type { Channel } from "../api/types";
import { useText } from "../text";
import { useDial } from "./dial";

// CallAgain calls who was in a conversation that the agent had.
export function CallAgain({ of }: { of: { conversation: string; channel: Channel; caller: string } }) {
  const t = useText();
  const go = useNavigate();
  const [dial, busy] = useDial();
  if (of.channel === "chat" || !of.caller) return null;
  const again = async () => {
    if (await dial({ conversation: of.conversation })) await go("/desk");
  };
  return (
    <Button disabled={busy} onClick={() => void again()}>
      {t(busy ? "dial.rings" : "dial.again")}
    </Button>
  );
}
