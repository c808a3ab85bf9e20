/** What every submit of the bench asks for: a small decision, as one comes from an agent. */
export const JOB = {
  pack_type: "decision",
  max_cost_usd: "0.0500",
  inputs: {
    question: "Which queue should a team of four run for its first product?",
    mode: "brief",
    options: ["Hosted queue", "Log broker", "Database table"],
    criteria: [
      { name: "Operations per week (h)", weight: 5, direction: "min" },
      { name: "Cost per month (USD)", weight: 3, direction: "min" },
      { name: "Throughput (msg/s)", weight: 1, direction: "max" },
    ],
    scores: {
      "Hosted queue": { "Operations per week (h)": 0.5, "Cost per month (USD)": 40, "Throughput (msg/s)": 3000 },
      "Log broker": { "Operations per week (h)": 6, "Cost per month (USD)": 350, "Throughput (msg/s)": 90000 },
      "Database table": { "Operations per week (h)": 1, "Cost per month (USD)": 0, "Throughput (msg/s)": 800 },
    },
  },
} as const;
