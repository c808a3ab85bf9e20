-- Shared by admit and authorize: GCRA on several limits at once, all tested, then all moved only when all allow.
-- rate(now, limits): now in Unix micros; limits: list of {key, per_minute, burst, field}: an arrival time is the string at
-- its key, or with a field, that field of a hash.
-- Answers ok (bool) and {limit, window_ms, remaining, reset_ms, retry_ms} of the tightest limit: reset_ms until the whole
-- burst is there again, retry_ms until the next request may come, 0 unless refused. When refused, the tightest is the one to
-- wait for longest.
-- A stored time beyond the window (the clock was set back) lets one request in and the next one wait, lest it refuse
-- all until the clock has caught up; every key bears a time to live. A hash lives as long as the longest of its fields
-- needs, and is rid of those whose time has passed whenever a field more makes it a multiple of SWEEP_FIELDS.
local SWEEP_FIELDS = 256
local function move(at, tat, window, field, now)
  local life = math.ceil(window / 1000) + 1000
  if not field then
    redis.call('SET', at, string.format('%.0f', tat), 'PX', string.format('%.0f', life))
    return
  end
  local added = redis.call('HSET', at, field, string.format('%.0f', tat))
  if redis.call('PTTL', at) < life then redis.call('PEXPIRE', at, string.format('%.0f', life)) end
  local fields = redis.call('HLEN', at)
  if added == 0 or fields % SWEEP_FIELDS ~= 0 then return end
  local flat = redis.call('HGETALL', at)
  for i = 1, #flat, 2 do
    if (tonumber(flat[i + 1]) or 0) <= now then redis.call('HDEL', at, flat[i]) end
  end
end
local function rate(now, limits)
  local wait, tightest, moves = 0, nil, {}
  for i = 1, #limits do
    local key, interval = limits[i][1], 60000000 / limits[i][2]
    local window = interval * limits[i][3]
    local field = limits[i][4]
    local stored = field and redis.call('HGET', key, field) or not field and redis.call('GET', key)
    local tat = math.max(tonumber(stored or now) or now, now)
    if tat > now + window + 1 then tat = now + window - interval end
    local late = math.max(tat + interval - window - now, 0)
    local left = math.max(math.floor((window - (tat + interval - now)) / interval + 0.000001), 0)
    local reset = (late > 0 and tat - now or tat + interval - now) / 1000
    local tighter = not tightest or late > wait
    if late == wait and tightest then tighter = left < tightest[3] or (left == tightest[3] and reset > tightest[4]) end
    if tighter then tightest = {limits[i][3], window / 1000, left, reset} end
    wait = math.max(wait, late)
    moves[i] = {key, tat + interval, window, field}
  end
  local ok = wait == 0
  if ok then
    for i = 1, #moves do move(moves[i][1], moves[i][2], moves[i][3], moves[i][4], now) end
  end
  tightest[5] = wait / 1000
  for i = 1, 5 do tightest[i] = string.format('%.0f', math.ceil(tightest[i])) end
  return ok, tightest
end

-- The tenant's limit at `key`, and those that a key counts against, `own` as id=rate,id=rate, in the hash at `keys`: their
-- burst is the plan's, but never more than one minute of their own rate.
local function limits_of(key, per_minute, burst, keys, own)
  local limits = {{key, per_minute, burst}}
  for id, own_per_minute in string.gmatch(own, '([^,=]+)=(%d+)') do
    limits[#limits + 1] = {keys, own_per_minute, math.min(tonumber(burst), tonumber(own_per_minute)), id}
  end
  return limits
end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
