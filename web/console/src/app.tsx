import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { bearer, del, get, keepToken, Problem, whenEnded } from "./api/client";
import type { Session, User } from "./api/types";
import { Login } from "./login/Login";
import { MustChange } from "./login/Password";
import { MustEnrol } from "./login/Totp";
import { Broken } from "./shell/Broken";
import { forgetAll } from "./parts/kept";
import { Pages } from "./shell/Pages";
import { SessionContext, type Signed } from "./shell/session";

// App shows the log-in until there is a session, and the pages from then on.
export function App() {
  const queries = useQueryClient();
  const [user, setUser] = useState<User>();
  const [waiting, setWaiting] = useState(bearer() !== "");
  const [ended, setEnded] = useState(false);

  const forget = useCallback(() => {
    keepToken("");
    setUser(undefined);
    queries.clear();
  }, [queries]);

  useEffect(() => {
    whenEnded(() => {
      forget();
      setEnded(true);
    });
    if (!bearer()) return;
    const restore = () =>
      get<User>("/session").then(
        (u) => {
          setUser(u);
          setWaiting(false);
        },
        (e: unknown) => {
          // The gateway may be away for a moment; the session outlives that.
          if (e instanceof Problem && (e.status === 0 || e.status >= 500)) timer = setTimeout(() => void restore(), 2000);
          else setWaiting(false);
        },
      );
    let timer: ReturnType<typeof setTimeout> | undefined;
    void restore();
    return () => clearTimeout(timer);
  }, [forget]);

  const signed = useMemo<Signed | null>(
    () =>
      user
        ? {
            user,
            refresh: setUser,
            out: async () => {
              await del("/session").catch(() => undefined);
              forgetAll();
              forget();
            },
          }
        : null,
    [user, forget],
  );
  const enter = (session: Session) => {
    keepToken(session.token);
    setEnded(false);
    setUser(session.user);
  };

  if (waiting) return null;
  if (!signed) return <Login ended={ended} entered={enter} />;
  return (
    <SessionContext.Provider value={signed}>
      <Broken>{signed.user.must_change ? <MustChange /> : signed.user.must_enrol ? <MustEnrol /> : <Pages />}</Broken>
    </SessionContext.Provider>
  );
}
