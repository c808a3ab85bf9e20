import { keyLeaked, postgresRestored, receiptKeyRotated, regionLost } from "./drills/incidents.ts";
import { auditFailing, drift, frozenRun, switchSet } from "./drills/money.ts";
import {
  claimsStuck,
  databaseOut,
  horizonStuck,
  mirrorUnwritable,
  redisOut,
  s3Out,
  sqsOut,
  storeSlow,
} from "./drills/stores.ts";
import { noReaper, notProbed, retentionStalled, smokeFails, sweepStalled } from "./drills/upkeep.ts";
import { deadLetters, modelFails, noWorker, restarts, runaway, startedLate } from "./drills/work.ts";

/** Acts follow each other. The lanes of an act are played beside each other, the drills of a lane one after the other. */
export const ACTS = [
  [
    [frozenRun, deadLetters, horizonStuck, keyLeaked],
    [sweepStalled, auditFailing],
    [smokeFails, notProbed],
    [modelFails],
    [retentionStalled],
  ],
  [[runaway, restarts]],
  [[drift, switchSet]],
  [[noWorker], [startedLate]],
  [[claimsStuck, storeSlow, s3Out, sqsOut, redisOut, mirrorUnwritable]],
  [[databaseOut, noReaper, receiptKeyRotated, postgresRestored, regionLost]],
] as const;
