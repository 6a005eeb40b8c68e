-- KEYS: the namespace's epoch. ARGV: random. Replaces the epoch; its number rises, so that copies of it are only ever
-- replaced by later ones.
local held = string.match(redis.call('GET', KEYS[1]) or '', '^%d+')
local epoch = digits((held or 0) + 1) .. '.' .. ARGV[1]
redis.call('SET', KEYS[1], epoch)
return {'done', epoch}
