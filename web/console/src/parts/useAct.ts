import { App } from "antd";
import { useCallback, useState } from "react";
import { useComplain } from "./problem";

// useAct runs one action at a time, tells when it is under way, and shows what went wrong. It gives whether it went well.
export function useAct(): [act: (f: () => Promise<unknown>, done?: string) => Promise<boolean>, busy: boolean] {
  const complain = useComplain();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const act = useCallback(
    async (f: () => Promise<unknown>, done?: string) => {
      setBusy(true);
      try {
        await f();
        if (done) void message.success(done);
        return true;
      } catch (e) {
        complain(e);
        return false;
      } finally {
        setBusy(false);
      }
    },
    [complain, message],
  );
  return [act, busy];
}
