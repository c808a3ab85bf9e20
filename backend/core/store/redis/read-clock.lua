-- The Redis clock in Unix micros, read before a snapshot is taken.
local clock = redis.call('TIME')
return string.format('%.0f', tonumber(clock[1]) * 1000000 + tonumber(clock[2]))
