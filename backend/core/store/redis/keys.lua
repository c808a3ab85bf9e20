-- Shared by sync and sync-keys: writes mirrored keys by rising version, each to live for `life` ms from now on.
local function list(values)
  if #values == 0 then return ',' end
  return ',' .. table.concat(values, ',') .. ','
end
local function text(value)
  if value == nil or value == cjson.null then return '' end
  if type(value) == 'number' then return string.format('%.0f', value) end
  return value
end
-- What is of another type is nobody's: it must not keep this tenant from being mirrored.
local function own(at)
  local kind = redis.call('TYPE', at).ok
  if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', at) end
end
local function limits_of(limits)
  local entries = {}
  for i = 1, #limits do entries[i] = limits[i].id .. '=' .. text(limits[i].per_minute) end
  return table.concat(entries, ',')
end
-- One that is mirrored in this version or a later one is left as it is. Without `read_limits` nobody can use it: it counts as
-- version 0, for after a failover of Postgres its version may be above every one that comes.
local function mirror(at, key, life)
  own(at)
  local known = redis.call('HMGET', at, 'version', 'read_limits')
  local version = known[2] and tonumber(known[1] or '') or 0
  if tonumber(key.version) > version then
    redis.call('HSET', at, 'version', key.version, 'key_id', key.key_id, 'status', key.status,
      'expires_at_ms', text(key.expires_at_ms), 'scopes', list(key.scopes),
      'submit_per_minute', text(key.submit_per_minute), 'read_per_minute', text(key.read_per_minute),
      'submit_limits', limits_of(key.submit_limits), 'read_limits', limits_of(key.read_limits))
  end
  redis.call('PEXPIRE', at, life)
end
