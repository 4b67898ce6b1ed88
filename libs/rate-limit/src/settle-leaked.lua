-- Settles a call whose event is in the ledger already: whoever made it died, or lost Redis, between the two. As
-- settle-call.lua does it, but for the event. When both come, the first takes the reservation and the other finds none.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>
-- ARGV  1 reservation (<call>:<tokens>:<day>)   2 tokens reserved   3 day of the admission   4 tokens used
-- Reply 'settled'   the reservation was there
--       'late'      it had lapsed and been given back
--       'unknown'   it was settled in the ordinary way
local seconds_per_day = 86400
local reservation, reserved, day, used = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local today = math.floor(redis.call('TIME')[1] / seconds_per_day)

local outcome, change
if redis.call('ZREM', KEYS[2], reservation) == 1 then
  outcome, change = 'settled', used - reserved
elseif redis.call('ZREM', KEYS[3], reservation) == 1 then
  outcome, change = 'late', used
else
  return 'unknown'
end

-- The count of a day that is over is gone.
if day == today and change ~= 0 then
  local day_end = (today + 1) * seconds_per_day
  local ends = redis.call('EXPIRETIME', KEYS[1])
  local count = 0
  if ends == -1 or ends >= day_end then count = tonumber(redis.call('GET', KEYS[1])) or 0 end
  redis.call('SET', KEYS[1], string.format('%.0f', math.max(0, count + change)), 'EXAT', day_end)
end
return outcome
