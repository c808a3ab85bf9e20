import { type SerializedConfig, TestRunner } from "vitest";
import { closeWorlds } from "./harness.ts";

let isRegistered = false;

/** Runs files as usual, and closes the worlds that they shared before their process ends. */
export default class WorldRunner extends TestRunner {
  constructor(config: SerializedConfig) {
    super(config);
    if (!isRegistered) this.onCleanupWorkerContext?.(closeWorlds);
    isRegistered = true;
  }
}
