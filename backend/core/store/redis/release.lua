-- Undoes an admit that Postgres did not confirm: gives the reservation back, and drops the idempotency hint if it
-- still names this run. Harmless when there is nothing to undo.
-- KEYS: 1 {t}:open  2 {t}:budget  3 {t}:idem:<sha>
-- ARGV: 1 run_id
-- Reply: micros given back
local entry = redis.call('HGET', KEYS[1], ARGV[1])
local hint = redis.call('GET', KEYS[3])
if hint and string.sub(hint, 1, #ARGV[1] + 1) == ARGV[1] .. ':' then redis.call('DEL', KEYS[3]) end
if not entry then return '0' end
local micros = string.match(entry, '^(%d+):')
redis.call('HDEL', KEYS[1], ARGV[1])
local available = redis.call('HGET', KEYS[2], 'available')
if available then
  redis.call('HSET', KEYS[2], 'available', string.format('%.0f', tonumber(available) + tonumber(micros)))
end
return micros
