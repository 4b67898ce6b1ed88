-- Claims a key for the call that will answer under it, or tells who does or did. An answer in flight lives as long as its
-- owner says so (record-answer.lua): a process that was killed lets go by itself.
--
-- KEYS  1 <area>:<workspace>:<key hash>        hash: owner, fingerprint, state, headers; joined: not by its owner alone
--       2 <area>:<workspace>:<key hash>:body   the answer's bytes so far
-- ARGV  1 owner   2 fingerprint of the request   3 ms until the claim lapses
-- Reply {'claimed', owner} · {'reused', ''}: the key belongs to another request · {'known', owner of the answer, its state}
local known = redis.call('HMGET', KEYS[1], 'owner', 'fingerprint', 'state')
if known[1] and known[3] ~= 'failed' then
  if known[2] ~= ARGV[2] then return { 'reused', '' } end
  redis.call('HSET', KEYS[1], 'joined', '1')
  return { 'known', known[1], known[3] }
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fingerprint', ARGV[2], 'state', 'in_flight')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 'claimed', ARGV[1] }
