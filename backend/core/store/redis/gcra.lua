-- Shared by admit and authorize: GCRA on two keys at once, both tested, then both moved only when both allow.
-- rate(now, limits): now in Unix micros; limits: list of {key, per_minute, burst}.
-- Answers ok (bool) and {limit, window_ms, remaining, reset_ms} of the tightest limit; reset_ms is the wait when refused.
-- A stored time beyond the window (the clock was set back) lets one request in and the next one wait, lest it refuse
-- all until the clock has caught up; every key bears a time to live.
local function rate(now, limits)
  local ok, wait, tightest, moves = true, 0, nil, {}
  for i = 1, #limits do
    local key, interval = limits[i][1], 60000000 / limits[i][2]
    local window = interval * limits[i][3]
    local tat = math.max(tonumber(redis.call('GET', key) or now) or now, now)
    if tat > now + window + 1 then tat = now + window - interval end
    local late = tat + interval - window - now
    local left = math.max(math.floor((window - (tat + interval - now)) / interval + 0.000001), 0)
    if late > 0 then
      ok, left = false, 0
      wait = math.max(wait, late)
    end
    local reset = (tat + interval - now) / 1000
    if not tightest or left < tightest[3] or (left == tightest[3] and reset > tightest[4]) then
      tightest = {limits[i][3], window / 1000, left, reset}
    end
    moves[i] = {key, tat + interval, window}
  end
  if ok then
    for i = 1, #moves do
      redis.call('SET', moves[i][1], string.format('%.0f', moves[i][2]), 'PX',
        string.format('%.0f', math.ceil(moves[i][3] / 1000) + 1000))
    end
  else
    tightest[3], tightest[4] = 0, wait / 1000
  end
  for i = 1, 4 do tightest[i] = string.format('%.0f', math.ceil(tightest[i])) end
  return ok, tightest
end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
