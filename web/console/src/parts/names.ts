// What the IDs of queues and agents stand for. For who is not there any more, or cannot be asked for, the ID is shown.
import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { Name } from "../api/types";

const kept = 5 * 60_000;
const options = (list: Name[] = []) => list.map((n) => ({ value: n.id, label: n.number ? `${n.name} ${n.number}` : n.name }));

export function useNames() {
  const { data } = useQuery({ queryKey: ["names"], queryFn: ({ signal }) => get<{ queues: Name[]; agents: Name[] }>("/desk/names", signal), staleTime: kept });
  const of = (list: Name[] | undefined, id?: string) => list?.find((n) => n.id === id)?.name ?? id;
  return {
    queue: (id?: string) => of(data?.queues, id),
    agent: (id?: string) => of(data?.agents, id),
    queues: options(data?.queues),
    agents: options(data?.agents),
  };
}
