/** What the operations are about, in the document's order. */
export const TAGS = {
  runs: "Paid units of work.",
  receipts: "Signed proof of what a run was, gave and cost.",
  packs: "What can be ordered.",
  budget: "What the account has, holds and was charged.",
  usage: "What was used, and every movement of money.",
  keys: "Making, rotating and revoking API keys.",
  webhooks: "Being told of what happens.",
  mcp: "Buying work over the Model Context Protocol.",
  service: "Health and documentation; no API key needed.",
} as const;
export type Tag = keyof typeof TAGS;
