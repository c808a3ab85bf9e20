import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { privateKey } from "#core/domain/receipt-key.ts";
import { newReceiptKey } from "../../backend/cli/operations/new-receipt-key.ts";

/** The key that signs this stack's receipts, as the edge's binding: made once and kept, so that they outlive a restart. */
export async function keptReceiptKey(file: string): Promise<string> {
  if (existsSync(file)) return JSON.stringify(privateKey.parse(JSON.parse(readFileSync(file, "utf8"))));
  const text = JSON.stringify(await newReceiptKey());
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  return text;
}
