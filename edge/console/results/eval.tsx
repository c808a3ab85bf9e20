import { label, percent } from "../formats.ts";
import { Status, TableRegion } from "../parts.tsx";
import { type ResultProps, Share } from "./result-parts.tsx";
import { Head, right } from "../table-head.tsx";

const MAX_CASES = 200;
const interval = ({ low, high }: { low: number; high: number }) => `${percent(low)} – ${percent(high)}`;

export function EvalResult({ output: { data } }: ResultProps<"eval">) {
  const { overall, metrics, cases, comparison } = data;
  return (
    <div class="stack">
      <div class="verdict">
        <span class="big">{percent(overall.pass_rate)}</span>
        <span class="muted">
          {overall.passed} of {data.count} pass; 95% interval {interval(overall.pass_rate_95)}
        </span>
      </div>
      {comparison && (
        <p class="notice">
          <span class="strong">
            {comparison.overall.better === "neither"
              ? "Neither system is better."
              : `The ${comparison.overall.better} is better.`}
          </span>{" "}
          The difference is {comparison.overall.difference.toFixed(3)} (95% interval{" "}
          {comparison.overall.difference_95.low.toFixed(3)} to {comparison.overall.difference_95.high.toFixed(3)}, p ={" "}
          {comparison.overall.p_value.toFixed(3)}).
        </p>
      )}
      <TableRegion label="Metrics">
        <table>
          <Head of={["Metric", "Mean", right("Median"), right("Lowest"), right("Pass rate"), right("95% interval")]} />
          <tbody>
            {[...metrics, { ...overall, label: "All metrics" }].map((metric) => (
              <tr key={metric.label}>
                <th scope="row">{label(metric.label)}</th>
                <td>
                  <Share of={metric.mean} />
                </td>
                <td class="right num">{metric.median.toFixed(3)}</td>
                <td class="right num">{metric.min.toFixed(3)}</td>
                <td class="right num">{percent(metric.pass_rate)}</td>
                <td class="right num">{interval(metric.pass_rate_95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
      <h3>Cases</h3>
      <TableRegion label="Cases">
        <table>
          <Head of={["Case", "Passed", ...metrics.map((metric) => right(label(metric.label)))]} />
          <tbody>
            {cases.slice(0, MAX_CASES).map((each) => (
              <tr key={each.id}>
                <th scope="row">{each.id}</th>
                <td>
                  <Status of={each.passed ? "PASS" : "FAIL"} />
                </td>
                {metrics.map((metric) => (
                  <td key={metric.label} class="right num" title={each.notes?.[metric.label]}>
                    {each.scores[metric.label]?.toFixed(3) ?? "–"}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
      {cases.length > MAX_CASES && <p class="muted">The first {MAX_CASES} cases. Download the result for all.</p>}
    </div>
  );
}
