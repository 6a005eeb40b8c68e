-- KEYS: record, index, value, value of the lease that fences, replay. ARGV: proof, key, mark, life in ms, fence,
-- fingerprints or ''. Extends a lease of the same holder with the same value: revision and tag stay, and no watcher is
-- notified.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end
local first = first_answer(KEYS[5], ARGV[6])
if first then return first end
if not holds_fence(KEYS[4], ARGV[5]) then return {'fence'} end
local held = find_value(KEYS[3])
if not held or held.expired then return {'condition'} end
if held.expires == 0 or held.mark ~= ARGV[3] then
  return {'condition', held.revision, held.mark}
end

local expires = string.format('%015.0f', now() + ARGV[4])
local head = redis.call('GETRANGE', KEYS[3], 0, 127)
local last = string.find(head, '\n', 1, true)
redis.call('SETRANGE', KEYS[3], last - 16, expires)
local writer = string.match(redis.call('HGET', KEYS[2], ARGV[2]) or '', '^%S+ %S+ %S+ %S+ %S+( %S+)$') or ''
local facts = string.sub(head, 3, last - 16) .. expires .. writer
redis.call('HSET', KEYS[2], ARGV[2], facts)
remember(KEYS[5], ARGV[6], held.revision, held.mark, expires)
return {'done', held.revision, held.mark, expires}
