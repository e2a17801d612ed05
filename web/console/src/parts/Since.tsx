import { clock } from "./time";
import { useNow } from "./useNow";

// Since counts up from a time.
export function Since({ at }: { at: string }) {
  const now = useNow();
  return <time className="digits">{clock(now - Date.parse(at))}</time>;
}

// Left counts down to a time.
export function Left({ to }: { to: string }) {
  const now = useNow();
  return <time className="digits">{clock(Date.parse(to) - now)}</time>;
}
