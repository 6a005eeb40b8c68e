-- KEYS: record.
return head(KEYS[1]) or {'gone'}
