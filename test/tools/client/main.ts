import { writeFileSync } from "node:fs";
import { installTools } from "../referees/tools.ts";
import { clientTypes, TYPES_FILE } from "./write-types.ts";

await installTools();
writeFileSync(TYPES_FILE, await clientTypes());
