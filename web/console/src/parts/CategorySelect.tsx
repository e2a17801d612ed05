import { Select, type SelectProps } from "antd";
import "./category.css";
import { useCategories } from "./categories";
import { matches } from "./tree";

type Option = { value: string; label: string };

// CategorySelect finds a category by any part of its path or code; of any level, where orders are looked for and not filed.
export function CategorySelect({ anyLevel, ...rest }: { anyLevel?: boolean } & SelectProps<string, Option>) {
  const { list, path } = useCategories();
  return (
    <Select<string, Option>
      {...rest}
      classNames={{ popup: { root: "categories" } }}
      showSearch={{ filterOption: (typed, option) => !!option && matches(typed, option) }}
      options={list.filter((c) => anyLevel || c.leaf).map((c) => ({ value: c.id, label: path(c.id) }))}
      labelRender={({ value }) => path(String(value))}
      optionRender={({ data }) => (
        <>
          {data.label} <small className="quiet">{data.value}</small>
        </>
      )}
    />
  );
}
