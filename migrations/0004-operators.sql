-- What operators changed: who, when, why, and how it ended. Written by the owner alone, before the change and after it.

CREATE TABLE operator_actions (
  action_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  -- The person, as the command was told; and the login that the database saw.
  operator text NOT NULL CHECK (length(operator) BETWEEN 1 AND 200),
  login text NOT NULL DEFAULT session_user,
  command text NOT NULL CHECK (length(command) BETWEEN 1 AND 100),
  arguments jsonb NOT NULL,
  reason text CHECK (length(reason) BETWEEN 1 AND 2000),
  -- Null: it goes on, or its process ended in the middle: whether it was done is seen at what it changes.
  outcome text CHECK (outcome IN ('done', 'refused', 'failed')),
  ended_at timestamptz,
  -- What the command answered; of a refusal or failure its message.
  answer jsonb,
  CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
ALTER TABLE operator_actions ENABLE ROW LEVEL SECURITY;
