import { count, label, percent, plural } from "../formats.ts";
import { Status, TableRegion } from "../parts.tsx";
import type { ResultProps } from "./result-parts.tsx";
import { segmentsOf } from "./segments.ts";
import { Head, right } from "../table-head.tsx";

const MAX_FINDINGS = 500;

export function ComplianceResult({ output: { data }, inputs }: ResultProps<"compliance">) {
  const text = typeof inputs?.["text"] === "string" ? inputs["text"] : undefined;
  const listed = data.findings.slice(0, MAX_FINDINGS);
  return (
    <div class="stack">
      <div class="verdict">
        <Status of={data.verdict} />
        <span class="muted">
          {data.findings_total === 0 ? "Nothing was found" : plural(data.findings_total, "finding")}
        </span>
      </div>
      <div class="split">
        <div class="stack">
          <h3>{text === undefined ? "The text has been deleted" : "Text, with what was found"}</h3>
          {text !== undefined && (
            <p class="text" tabIndex={0} role="region" aria-label="Text with findings">
              {segmentsOf(text, listed).map((part, index) =>
                part.finding === undefined ? (
                  part.text
                ) : (
                  <mark
                    key={index}
                    class={part.finding.severity}
                    title={`${label(part.finding.rule)}, ${part.finding.severity}`}
                  >
                    {part.text}
                  </mark>
                ),
              )}
            </p>
          )}
        </div>
        <div class="stack">
          <h3>Masked text</h3>
          <p class="text" tabIndex={0} role="region" aria-label="Masked text">
            {data.masked_text}
          </p>
        </div>
      </div>
      {listed.length > 0 && (
        <TableRegion label="Findings">
          <table>
            <Head of={["Rule", "Severity", "Category", right("Confidence"), right("Characters")]} />
            <tbody>
              {listed.map((finding) => (
                <tr key={finding.start}>
                  <th scope="row">
                    {label(finding.rule)}
                    {finding.kind && <span class="muted"> {finding.kind}</span>}
                  </th>
                  <td>{label(finding.severity)}</td>
                  <td class="muted">{label(finding.category)}</td>
                  <td class="right num">{finding.confidence === undefined ? "–" : percent(finding.confidence)}</td>
                  <td class="right num">
                    {count(finding.start)}–{count(finding.end)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableRegion>
      )}
      {data.findings.length > MAX_FINDINGS && (
        <p class="muted">The first {MAX_FINDINGS} findings. Download the result for all.</p>
      )}
    </div>
  );
}
