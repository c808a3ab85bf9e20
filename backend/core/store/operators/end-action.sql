-- Records how a change that was recorded before ended.
-- $1 action_id  $2 outcome: done, refused or failed  $3 answer (JSON text)
-- Zero rows: no such change, or it was said already how it ended.
UPDATE operator_actions SET outcome = $2, answer = $3::jsonb, ended_at = wall_clock()
 WHERE action_id = $1::bigint AND outcome IS NULL
RETURNING action_id
