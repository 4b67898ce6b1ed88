-- Writes on at an answer, or only says that its call still runs. Doing it twice does it once: bytes go to a named place.
--
-- KEYS  1 <area>:<workspace>:<key hash>   2 <area>:<workspace>:<key hash>:body
-- ARGV  1 owner   2 state: in_flight, whole, failed (its last bytes say so), or lost (forget it)   3 ms to keep it
--       4 headers as JSON ('': not known yet)   5 offset of the bytes   6 bytes
-- Reply 1, or 0 when the answer is not this owner's any more
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if ARGV[2] == 'lost' then
  redis.call('DEL', KEYS[1], KEYS[2])
  return 1
end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'headers', ARGV[4])
if #ARGV[6] > 0 then redis.call('SETRANGE', KEYS[2], ARGV[5], ARGV[6]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
