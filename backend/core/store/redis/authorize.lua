-- The key check of a read: key -> rate -> scope, in one atomic step.
-- KEYS: 1 {t}:key:<sha>  2 {t}:plan  3 {t}:rate:keys:read  4 {t}:rate:read
-- ARGV: 1 scope
-- Reply: NOT_LOADED (key or plan is not mirrored) | UNAUTHORIZED, else kind, limit, window_ms, remaining, reset_ms, retry_ms
--   with kind ALLOWED | RATE_LIMITED | SCOPE_MISSING
local key = redis.call('HMGET', KEYS[1], 'status', 'expires_at_ms', 'scopes', 'read_limits')
local plan = redis.call('HMGET', KEYS[2], 'read_per_minute', 'read_burst')
if not key[1] or not key[4] or not plan[1] then return {'NOT_LOADED'} end
if key[1] ~= 'active' or (key[2] ~= '' and tonumber(key[2]) * 1000 <= now) then return {'UNAUTHORIZED'} end

local ok, state = rate(now, limits_of(KEYS[4], plan[1], plan[2], KEYS[3], key[4]))
local kind = 'ALLOWED'
if not ok then
  kind = 'RATE_LIMITED'
elseif not string.find(key[3], ',' .. ARGV[1] .. ',', 1, true) then
  kind = 'SCOPE_MISSING'
end
return {kind, state[1], state[2], state[3], state[4], state[5]}
