-- KEYS: record, tombstone, names, index, lost. ARGV: proof, channel, change.
local record, reason = authorize(KEYS[1], ARGV[1])
if not record then return {reason} end
mark_deleted(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[2], ARGV[3])
return {'done'}
