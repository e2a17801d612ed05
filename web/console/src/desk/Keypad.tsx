import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useText } from "../text";

const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

// Keypad sends keys one after the other, by click or from the keyboard while it has the focus, and shows those that went.
export function Keypad({ press, close }: { press: (digit: string) => Promise<boolean>; close: () => void }) {
  const t = useText();
  const [sent, setSent] = useState("");
  const before = useRef(Promise.resolve());
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const send = (digit: string) => {
    before.current = before.current.then(async () => {
      if (await press(digit)) setSent((was) => was + digit);
    });
  };
  return (
    <div
      className="keypad"
      ref={box}
      tabIndex={-1}
      role="group"
      aria-label={t("do.keypad")}
      onKeyDown={(e) => {
        if (e.key === "Escape") close();
        else if (digits.includes(e.key)) send(e.key);
        else return;
        e.preventDefault();
      }}
    >
      <output className="digits">{sent || " "}</output>
      {digits.map((digit) => (
        <Button key={digit} onClick={() => send(digit)}>
          {digit}
        </Button>
      ))}
    </div>
  );
}
