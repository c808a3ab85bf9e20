import { percent } from "../formats.ts";
import { Facts, TableRegion } from "../parts.tsx";
import { label } from "../formats.ts";
import { type ResultProps, Share } from "./result-parts.tsx";
import { Head, right } from "../table-head.tsx";

const number = (value: number) => String(Number(value.toPrecision(4)));

export function DecisionResult({ output: { data } }: ResultProps<"decision">) {
  if (data.verdict === "NEEDS_INPUT")
    return (
      <>
        <p class="strong">More input is needed. Nothing was charged.</p>
        <ul>
          {data.missing.map(({ pointer, needs }) => (
            <li key={pointer}>
              <code>{pointer}</code> {needs}
            </li>
          ))}
        </ul>
      </>
    );
  const { ranking, sensitivity, warnings = [], excluded = [], robustness } = data;
  const winsOf = (option: string) => robustness?.wins.find((each) => each.option === option)?.share;
  return (
    <div class="stack">
      <p class="muted">{data.question}</p>
      <div class="verdict">
        <span class="big">
          {data.winner ?? (data.verdict === "TIE" ? `Tie: ${data.tied.join(", ")}` : "No option is left")}
        </span>
        {data.verdict === "WINNER" && <span class="muted">ahead by {data.margin.toFixed(3)}</span>}
      </div>
      <TableRegion label="Ranking">
        <table>
          <Head
            of={[right("Rank"), "Option", "Score", right("Behind the first"), ...(robustness ? [right("Wins")] : [])]}
          />
          <tbody>
            {ranking.map(({ option, rank, score }) => (
              <tr key={option}>
                <td class="right num">{rank}</td>
                <th scope="row" class={rank === 1 ? "strong" : undefined}>
                  {option}
                </th>
                <td>
                  <Share of={score} />
                </td>
                <td class="right num">{rank === 1 ? "–" : ((ranking[0]?.score ?? 0) - score).toFixed(3)}</td>
                {robustness && <td class="right num">{percent(winsOf(option) ?? 0)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
      {excluded.length > 0 && (
        <ul>
          {excluded.map(({ option, criterion, score }) => (
            <li key={option + criterion}>
              {option} is excluded: {criterion} is {score}.
            </li>
          ))}
        </ul>
      )}
      {warnings.map(({ code, detail }) => (
        <p key={detail} class="notice">
          <span class="strong">{label(code.toLowerCase())}.</span> {detail}
        </p>
      ))}
      {sensitivity.length > 0 && (
        <>
          <h3>What would change the winner</h3>
          <TableRegion label="What would change the winner">
            <table>
              <Head of={["Criterion", right("Weight"), right("Changes at"), "New winner"]} />
              <tbody>
                {sensitivity.map(({ criterion, weight, switch_weight, new_winners }) => (
                  <tr key={criterion}>
                    <th scope="row">{criterion}</th>
                    <td class="right num">{number(weight)}</td>
                    <td class="right num">{switch_weight === null ? "never" : number(switch_weight)}</td>
                    <td>{new_winners.join(", ") || "–"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableRegion>
        </>
      )}
      <Facts
        of={[
          ["Method", label(data.method)],
          data.pareto_front.length > 0 && ["Not dominated", data.pareto_front.join(", ")],
        ]}
      />
    </div>
  );
}
