-- Replaces a tenant's mirror by a Postgres snapshot. Reservations that Postgres does not have are kept only while
-- younger than the grace at the clock read before the snapshot; one that an earlier snapshot had is over, and is kept
-- only when that one was applied after the clock was read: it may be the newer of two that crossed. One dated in the
-- future is dropped.
-- An entry of {t}:open is micros:time as admit wrote it, or micros:s<time> when a snapshot that had it was applied.
-- Nothing is kept of runs that Postgres said, before the snapshot, are over.
-- A snapshot older than the one mirrored changes nothing but keys; keys and plan move by rising version only.
-- KEYS: 1 {t}:open  2 {t}:budget  3 {t}:plan  4... {t}:key:<sha>, in the order of the snapshot's keys
-- ARGV: 1 clock read, Unix micros  2 grace, micros  3 available, micros  4 open runs  5 plan  6 keys (JSON each, as tenant_snapshot gives)  7 life, ms
--   8 runs that are over (JSON, ids)
-- Reply: SYNCED, drift in micros, reservations kept | STALE
for i = 1, 3 do own(KEYS[i]) end
local keys = cjson.decode(ARGV[6])
for i = 1, #keys do mirror(KEYS[3 + i], keys[i], ARGV[7]) end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local read_at = tonumber(ARGV[1])
local budget = redis.call('HMGET', KEYS[2], 'available', 'synced_at')
local synced_at = tonumber(budget[2] or '') or 0
if synced_at > read_at and synced_at <= now then return {'STALE'} end

local mirrored = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do mirrored[flat[i]] = flat[i + 1] end
redis.call('DEL', KEYS[1])

local open_runs = cjson.decode(ARGV[4])
for i = 1, #open_runs do
  local run = open_runs[i]
  redis.call('HSET', KEYS[1], run.run_id, run.micros .. ':s' .. string.format('%.0f', now))
  mirrored[run.run_id] = nil
end

local ended = cjson.decode(ARGV[8])
for i = 1, #ended do mirrored[ended[i]] = nil end

local kept, kept_count = 0, 0
for run_id, entry in pairs(mirrored) do
  local micros, had, at = string.match(entry, '^(%d+):(s?)(%d+)$')
  at = tonumber(at or '')
  local young = at and (had == 's' and at >= read_at or had == '' and at > read_at - tonumber(ARGV[2]))
  if young and at <= now then
    redis.call('HSET', KEYS[1], run_id, entry)
    kept, kept_count = kept + tonumber(micros), kept_count + 1
  end
end
local available = tonumber(ARGV[3]) - kept
redis.call('HSET', KEYS[2], 'available', string.format('%.0f', available), 'synced_at', ARGV[1])

local plan = cjson.decode(ARGV[5])
if tonumber(plan.version) >= (tonumber(redis.call('HGET', KEYS[3], 'version') or '') or 0) then
  redis.call('HSET', KEYS[3], 'version', plan.version, 'submit_per_minute', text(plan.submit_per_minute),
    'submit_burst', text(plan.submit_burst), 'read_per_minute', text(plan.read_per_minute),
    'read_burst', text(plan.read_burst), 'max_open_runs', text(plan.max_open_runs),
    'max_cost_micros', plan.max_cost_micros, 'pack_types', list(plan.pack_types))
end
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[7]) end
return {'SYNCED', string.format('%.0f', available - (tonumber(budget[1] or '') or available)), tostring(kept_count)}
