-- Tells of keys that were changed, and of nothing else: by rising version, so that it may come in any order.
-- KEYS: {t}:key:<sha>, in the order of the keys
-- ARGV: 1 keys (JSON, as key_snapshot gives)  2 life, ms
-- Reply: OK
local keys = cjson.decode(ARGV[1])
for i = 1, #keys do mirror(KEYS[i], keys[i], ARGV[2]) end
return 'OK'
