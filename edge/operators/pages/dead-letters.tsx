import { count } from "../../console/formats.ts";
import { Empty, Loaded, PageHead, Status, TableRegion, Time } from "../../console/parts.tsx";
import { hrefOf, Link } from "../../console/router.tsx";
import type { DeadLetters as Answer } from "../answers.ts";
import { useChange } from "../change.tsx";
import { useCommand } from "../operator.ts";
import { Head, right, unseen } from "../../console/table-head.tsx";

export function DeadLetters() {
  // Read when it is asked for alone: each reading counts as one more time that a letter was received.
  const query = useCommand<Answer>("dlq list");
  const { ask, dialog } = useChange(query.reload);
  const about = "The signal goes to the workers again. A signal too many decides nothing: runs are decided without it.";
  const redriveAll = () =>
    ask({
      title: "Send all signals again",
      about,
      command: "dlq redrive",
      given: { all: "yes" },
      doing: "Send again",
      hasDryRun: false,
    });
  const redrive = (run_id: string) =>
    ask({
      title: "Send the signal of this run again",
      about,
      command: "dlq redrive",
      given: { run_id },
      doing: "Send again",
      hasDryRun: false,
    });
  const letters = query.data?.dead_letters ?? [];
  return (
    <>
      <PageHead title="Dead letters" about="Signals that the queue gave up on, with the present state of their runs.">
        <button type="button" onClick={query.reload}>
          Read again
        </button>
        {letters.some(({ run_id }) => run_id !== undefined) && (
          <button type="button" class="primary" onClick={redriveAll}>
            Send all again
          </button>
        )}
      </PageHead>
      <Loaded query={query} rows={5}>
        {({ count: all, dead_letters }) =>
          dead_letters.length === 0 ? (
            <Empty title="There is no dead letter">
              {all > 0 && (
                <p class="muted">About {count(all)} are counted: another reader may hold them for a moment.</p>
              )}
            </Empty>
          ) : (
            <>
              <TableRegion label="Dead letters">
                <table class="rows">
                  <Head of={["Run", "Status", right("Received"), "Sent", unseen("Actions")]} />
                  <tbody>
                    {dead_letters.map((letter, index) => (
                      <tr key={index}>
                        <th scope="row">
                          {letter.run_id === undefined ? (
                            <span class="muted">No signal: {letter.bytes} bytes</span>
                          ) : (
                            <Link href={hrefOf(["runs", letter.run_id])}>
                              <code>{letter.run_id}</code>
                            </Link>
                          )}
                        </th>
                        <td>{letter.status === undefined ? "" : <Status of={letter.status} />}</td>
                        <td class="right num">{count(letter.times_received)} times</td>
                        <td>
                          <Time of={letter.sent_at} />
                        </td>
                        <td class="right">
                          {letter.run_id !== undefined && (
                            <button
                              type="button"
                              class="small"
                              aria-label={`Send again: run ${letter.run_id}`}
                              onClick={() => redrive(letter.run_id ?? "")}
                            >
                              Send again
                            </button>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </TableRegion>
              {all > dead_letters.length && <p class="muted">About {count(all)} in all.</p>}
            </>
          )
        }
      </Loaded>
      {dialog}
    </>
  );
}
