-- Workers and reapers that say that they are alive: a few rows, each written every 15 s by its process alone.
CREATE TABLE processes (
  process_id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('worker', 'reaper')),
  beat_at timestamptz NOT NULL
);
ALTER TABLE processes ENABLE ROW LEVEL SECURITY;
CREATE INDEX processes_beat ON processes (kind, beat_at);
