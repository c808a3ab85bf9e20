-- What operators changed, newest first.
-- $1 before this action_id, or null  $2 how many
-- Zero rows: there is no more.
SELECT action_id, at, operator, login, command, arguments, reason, outcome, ended_at, answer
  FROM operator_actions
 WHERE action_id < coalesce($1::bigint, 9223372036854775807)
 ORDER BY action_id DESC
 LIMIT $2
