-- Before every script of the simulated world: its last argument is the time, in Unix micros, and keys live by it.
-- What is to expire is kept in one hash, since the server's own clock knows nothing of the world's.
local server, sim_now = redis, ARGV[#ARGV]
do
  local due = server.call('HGETALL', 'sim:expiry')
  for i = 1, #due, 2 do
    if tonumber(due[i + 1]) <= tonumber(sim_now) then
      server.call('DEL', due[i])
      server.call('HDEL', 'sim:expiry', due[i])
    end
  end
end
local redis = setmetatable({
  call = function(command, ...)
    local args = {...}
    if command == 'TIME' then return {string.sub(sim_now, 1, -7), string.sub(sim_now, -6)} end
    if command == 'PEXPIRE' then
      if server.call('EXISTS', args[1]) == 0 then return 0 end
      server.call('HSET', 'sim:expiry', args[1], string.format('%.0f', tonumber(sim_now) + tonumber(args[2]) * 1000))
      return 1
    end
    if command == 'PTTL' then
      local at = tonumber(server.call('HGET', 'sim:expiry', args[1]) or '')
      return at and math.ceil((at - tonumber(sim_now)) / 1000) or -1
    end
    if command == 'HDEL' then
      local gone = server.call('HDEL', unpack(args))
      -- The last field takes the key along, and its time.
      if server.call('EXISTS', args[1]) == 0 then server.call('HDEL', 'sim:expiry', args[1]) end
      return gone
    end
    if command == 'DEL' then server.call('HDEL', 'sim:expiry', unpack(args)) end
    if command ~= 'SET' then return server.call(command, unpack(args)) end
    local unit = args[3] == 'EX' and 1000000 or 1000
    if args[3] then
      server.call('HSET', 'sim:expiry', args[1], string.format('%.0f', tonumber(sim_now) + tonumber(args[4]) * unit))
    else
      server.call('HDEL', 'sim:expiry', args[1])
    end
    return server.call('SET', args[1], args[2])
  end,
}, {__index = server})
