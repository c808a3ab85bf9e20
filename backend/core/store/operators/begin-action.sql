-- Records a change that an operator is about to make.
-- $1 operator  $2 command  $3 arguments (JSON text)  $4 reason or null
-- Always one row.
INSERT INTO operator_actions (at, operator, command, arguments, reason)
VALUES (wall_clock(), $1, $2, $3::jsonb, $4)
RETURNING action_id
