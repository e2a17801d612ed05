import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "../api/client";
import type { Category } from "../api/types";
import { tree, type Categories } from "./tree";

const kept = 5 * 60_000;

export function useCategories(): Categories {
  const { data } = useQuery({ queryKey: ["categories"], queryFn: ({ signal }) => get<{ items: Category[] }>("/knowledge/categories", signal), staleTime: kept });
  return useMemo(() => tree(data?.items ?? []), [data]);
}
