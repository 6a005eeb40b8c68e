-- KEYS: record, index, value, value of the lease that fences, replay, switches.
-- ARGV: proof, key, mark, life in ms, fence, fingerprints or '', switch or '' for that of the lease, channel, change.
-- Extends a lease of the same holder with the same value: revision and tag stay, and no watcher is notified unless the
-- lease had lapsed.
local proof, key, mark, life, fence, fingerprints, armed, channel, change = (table.unpack or unpack)(ARGV)

local record, reason = authorize(KEYS[1], proof)
if not record then return {reason} end
local first = first_answer(KEYS[5], fingerprints)
if first then return first end
if not holds_fence(KEYS[4], fence) then return {'fence'} end
local held = find_value(KEYS[3])
local switch = redis.call('HGET', KEYS[6], key)
-- A lapsed lease lives on until its switch fires.
if not held or (held.expired and not switch) then return {'condition'} end
if held.expires == 0 or held.mark ~= mark then
  if held.expired then return {'condition'} end
  return {'condition', held.revision, held.mark}
end

local expires = string.format('%015.0f', now() + life)
local head = redis.call('GETRANGE', KEYS[3], 0, 127)
local last = string.find(head, '\n', 1, true)
redis.call('SETRANGE', KEYS[3], last - 16, expires)
local writer = string.match(redis.call('HGET', KEYS[2], key) or '', '^%S+ %S+ %S+ %S+ %S+( %S+)$') or ''
local facts = string.sub(head, 3, last - 16) .. expires .. writer
redis.call('HSET', KEYS[2], key, facts)
if armed ~= '' then
  redis.call('HSET', KEYS[6], key, armed)
elseif switch then
  redis.call('HSET', KEYS[6], key, life .. string.match(switch, '^%d+(.*)$'))
end
remember(KEYS[5], fingerprints, held.revision, held.mark, expires)
if held.expired then publish(channel, change) end
return {'done', held.revision, held.mark, expires}
