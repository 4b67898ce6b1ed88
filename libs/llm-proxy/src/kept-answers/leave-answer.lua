-- Forgets an answer whose caller has left, unless another call has joined it (claim-answer.lua).
--
-- KEYS  1 <area>:<workspace>:<key hash>   2 <area>:<workspace>:<key hash>:body
-- ARGV  1 owner
-- Reply 1 when it is forgotten or not this owner's any more, 0 when somebody waits for it
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 1 end
if redis.call('HEXISTS', KEYS[1], 'joined') == 1 then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
return 1
