import { gatherAssets } from "./gather.ts";

await gatherAssets();
