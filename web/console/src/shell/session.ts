import { createContext, useContext } from "react";
import type { Role, User } from "../api/types";

export interface Signed {
  user: User;
  out: () => Promise<void>;
  refresh: (user: User) => void;
}

export const SessionContext = createContext<Signed | null>(null);

export function useSession(): Signed {
  const signed = useContext(SessionContext);
  if (!signed) throw new Error("not logged in");
  return signed;
}

export const mayAny = (user: User, roles: Role[]): boolean => roles.some((role) => user.roles.includes(role));
