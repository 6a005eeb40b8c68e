-- KEYS: the namespace's epoch. ARGV: random. Replaces the epoch; its number rises, so that copies of it are only ever
-- replaced by later ones.
local held = string.match(redis.call('GET', KEYS[1]) or '', '^%d+')
-- If the epoch was lost, later than every copy of it.
local epoch = digits(held and held + 1 or now()) .. '.' .. ARGV[1]
redis.call('SET', KEYS[1], epoch)
return {'done', epoch}
