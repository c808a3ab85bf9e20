-- The Redis clock in Unix micros, read before a snapshot is taken, and up to 1,000 runs that hold a reservation which no
-- snapshot has contained yet: of those Postgres may know that they are over.
-- KEYS: 1 {t}:open
-- Reply: clock, run_id, run_id, ...
local clock = redis.call('TIME')
local reply = {string.format('%.0f', tonumber(clock[1]) * 1000000 + tonumber(clock[2]))}
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return reply end
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  if #reply <= 1000 and string.match(flat[i + 1], '^%d+:%d+$') then reply[#reply + 1] = flat[i] end
end
return reply
