import { type SerializedConfig, TestRunner } from "vitest";
import { closeSharedWorld } from "./harness.ts";

let isRegistered = false;

/** Runs files as usual, and closes the world that they shared before their process ends. */
export default class WorldRunner extends TestRunner {
  constructor(config: SerializedConfig) {
    super(config);
    if (!isRegistered) this.onCleanupWorkerContext?.(closeSharedWorld);
    isRegistered = true;
  }
}
