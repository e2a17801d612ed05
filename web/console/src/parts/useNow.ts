import { useEffect, useState } from "react";

// useNow gives the time and renders again each second while on.
export function useNow(on = true): number {
  const [now, tick] = useState(Date.now);
  useEffect(() => {
    if (!on) return;
    tick(Date.now());
    const timer = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [on]);
  return now;
}
