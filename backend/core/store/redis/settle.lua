-- W6, C2: a run was closed in Postgres. Drops its reservation and gives back what was not charged.
-- Harmless when the reservation is gone: a sync came first.
-- KEYS: 1 {t}:open  2 {t}:budget
-- ARGV: 1 run_id  2 micros charged
-- Reply: micros given back
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then return '0' end
redis.call('HDEL', KEYS[1], ARGV[1])
local back = tonumber(string.match(entry, '^(%d+):')) - tonumber(ARGV[2])
local available = redis.call('HGET', KEYS[2], 'available')
if available then
  redis.call('HSET', KEYS[2], 'available', string.format('%.0f', tonumber(available) + back))
end
return string.format('%.0f', back)
