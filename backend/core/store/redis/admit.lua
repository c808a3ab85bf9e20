-- S1: key -> rate -> idempotency hint -> plan -> open runs -> budget -> reserve, in one atomic step.
-- KEYS: 1 {t}:key:<sha>  2 {t}:plan  3 {t}:budget  4 {t}:open  5 {t}:idem:<sha>  6 {t}:rate:keys:submit  7 {t}:rate:submit
-- ARGV: 1 run_id  2 payload sha256  3 micros to reserve  4 pack type  5 life of the hint, s  6 life of the mirror, ms  7 least price, micros
-- Reply: NOT_LOADED (key, plan or budget is not mirrored) | UNAUTHORIZED, else kind, limit, window_ms, remaining, reset_ms, retry_ms
--   and: RESERVED | RATE_LIMITED | SCOPE_MISSING | REPLAY run_id | CONFLICT | PACK_NOT_IN_PLAN
--   | COST_OVER_PLAN_LIMIT max | COST_BELOW_PRICE | TOO_MANY_OPEN | NO_BUDGET available. Only RESERVED changes more than the rate.
local key = redis.call('HMGET', KEYS[1], 'status', 'expires_at_ms', 'scopes', 'submit_limits')
local plan = redis.call('HMGET', KEYS[2], 'submit_per_minute', 'submit_burst', 'max_open_runs', 'max_cost_micros', 'pack_types')
local available = redis.call('HGET', KEYS[3], 'available')
if not key[1] or not key[4] or not plan[1] or not available then return {'NOT_LOADED'} end
if key[1] ~= 'active' or (key[2] ~= '' and tonumber(key[2]) * 1000 <= now) then return {'UNAUTHORIZED'} end

local ok, state = rate(now, limits_of(KEYS[7], plan[1], plan[2], KEYS[6], key[4]))
local function reply(kind, detail) return {kind, state[1], state[2], state[3], state[4], state[5], detail} end
if not ok then return reply('RATE_LIMITED') end
if not string.find(key[3], ',submit,', 1, true) then return reply('SCOPE_MISSING') end

local hint = redis.call('GET', KEYS[5])
if hint then
  local run_id, payload = string.match(hint, '^(.-):(.*)$')
  if payload == ARGV[2] then return reply('REPLAY', run_id) end
  return reply('CONFLICT')
end

local micros, open_runs = tonumber(ARGV[3]), redis.call('HLEN', KEYS[4])
if not string.find(plan[5], ',' .. ARGV[4] .. ',', 1, true) then return reply('PACK_NOT_IN_PLAN') end
if micros > tonumber(plan[4]) then return reply('COST_OVER_PLAN_LIMIT', plan[4]) end
if micros < tonumber(ARGV[7]) then return reply('COST_BELOW_PRICE') end
if open_runs >= tonumber(plan[3]) then return reply('TOO_MANY_OPEN') end
if tonumber(available) < micros then
  return reply('NO_BUDGET', string.format('%.0f', math.max(tonumber(available), 0)))
end

redis.call('HSET', KEYS[3], 'available', string.format('%.0f', tonumber(available) - micros))
redis.call('HSET', KEYS[4], ARGV[1], ARGV[3] .. ':' .. string.format('%.0f', now))
if open_runs == 0 then redis.call('PEXPIRE', KEYS[4], ARGV[6]) end
redis.call('SET', KEYS[5], ARGV[1] .. ':' .. ARGV[2], 'EX', ARGV[5])
return reply('RESERVED')
