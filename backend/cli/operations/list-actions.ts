import { listActions, type RecordedAction } from "#core/store/operators/list-actions.ts";
import type { Operator, Report } from "../operator.ts";
import { table } from "../text.ts";

export async function reportActions(
  { db }: Operator,
  page: { readonly limit: number; readonly before: string | undefined },
): Promise<Report> {
  const actions = await listActions(db, page);
  const last = actions.length === page.limit ? actions.at(-1)?.action_id : undefined;
  const rows = actions.map((each) => [
    each.action_id,
    each.at.toISOString(),
    each.operator,
    `${each.command} ${argumentsText(each)}`.trimEnd(),
    each.outcome ?? "unknown",
    each.reason ?? "",
  ]);
  const lines = [
    rows.length === 0
      ? "nothing was changed"
      : table(["number", "at", "operator", "command", "outcome", "reason"], rows),
    ...(last === undefined ? [] : [`there may be more: --before ${last}`]),
  ];
  return { text: lines.join("\n"), json: { actions, next_before: last ?? null } };
}

const argumentsText = (action: RecordedAction): string =>
  Object.entries(action.arguments)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
