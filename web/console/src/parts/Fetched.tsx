import type { UseQueryResult } from "@tanstack/react-query";
import { Button, Empty, Result, Skeleton } from "antd";
import type { ReactNode } from "react";
import { useText } from "../text";
import { explain } from "./problem";

// Fetched shows what was fetched, or that it is on its way, empty or could not be had.
export function Fetched<T>({ of, empty, children }: { of: UseQueryResult<T>; empty?: (data: T) => boolean; children: (data: T) => ReactNode }) {
  const t = useText();
  if (of.data !== undefined) return empty?.(of.data) ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("empty")} /> : children(of.data);
  if (of.isError)
    return (
      <Result
        status="warning"
        title={explain(t, of.error)}
        extra={
          <Button type="primary" onClick={() => void of.refetch()}>
            {t("retry")}
          </Button>
        }
      />
    );
  return (
    <div role="status" aria-label={t("loading")}>
      <Skeleton active />
    </div>
  );
}
