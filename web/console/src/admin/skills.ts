export interface SkillRow {
  name: string;
  level: number;
}

// rows and record turn skills into rows of a form and back.
export const rows = (skills: Record<string, number> = {}): SkillRow[] => Object.entries(skills).map(([name, level]) => ({ name, level }));

export const record = (list: (SkillRow | undefined)[] = []): Record<string, number> =>
  Object.fromEntries(list.filter((row): row is SkillRow => Boolean(row?.name)).map((row) => [row.name.trim(), row.level]));
