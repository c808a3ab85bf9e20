import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import { cellOf } from "./table.ts";

/** Something that must be given before options can be ranked; `pointer` is a JSON Pointer into the inputs. */
export interface Missing {
  readonly pointer: string;
  readonly needs: string;
  readonly option?: string;
  readonly criterion?: string;
}

const pointerPart = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** Everything that is missing, in the order of the inputs; every empty cell is listed once the table's sides are known. */
export function missingOf(inputs: DecisionInputs): Missing[] {
  const options = inputs.options ?? [];
  const criteria = inputs.criteria ?? [];
  const missing: Missing[] = [];
  if (options.length < 2) missing.push({ pointer: "/options", needs: "at least 2 options to choose from" });
  if (criteria.length < 1) {
    missing.push({ pointer: "/criteria", needs: "at least 1 criterion with name, weight and direction" });
  }
  if (options.length === 0 || criteria.length === 0) {
    return [...missing, { pointer: "/scores", needs: "a number for every option under every criterion" }];
  }
  for (const option of options) {
    for (const { name } of criteria) {
      if (cellOf(inputs, option, name) !== undefined) continue;
      const pointer = `/scores/${pointerPart(option)}/${pointerPart(name)}`;
      missing.push({ pointer, needs: "a number", option, criterion: name });
    }
  }
  return missing;
}
