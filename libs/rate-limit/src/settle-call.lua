-- Puts the tokens a call really used in the place of those reserved for it, once, and its usage event on the stream.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>   4 usage:events
-- ARGV  1 call id   2 tokens reserved   3 day of the admission (days since the epoch)   4 tokens used   5 event (JSON)
--       6 '1' when the call was admitted without Redis and holds no reservation
-- Reply 'settled'   the reservation was there, or none was needed
--       'late'      it had lapsed and been given back: the tokens were counted in full
--       'unknown'   no trace of it: settled before, or Redis was flushed. Nothing was counted or recorded
local seconds_per_day = 86400
local call, reserved, day, used, event = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local reservation = call .. ':' .. ARGV[2] .. ':' .. ARGV[3]
local today = math.floor(redis.call('TIME')[1] / seconds_per_day)

local outcome = 'unknown'
local change = used
if redis.call('ZREM', KEYS[2], reservation) == 1 then
  outcome, change = 'settled', used - reserved
elseif redis.call('ZREM', KEYS[3], reservation) == 1 then
  outcome = 'late'
elseif ARGV[6] == '1' then
  outcome = 'settled'
end
if outcome == 'unknown' then return outcome end

-- Tokens belong to the day on which the call was admitted, as in the ledger. The count of a day that is over is gone.
if day == today and change ~= 0 then
  local day_end = (today + 1) * seconds_per_day
  local ends = redis.call('EXPIRETIME', KEYS[1])
  local count = 0
  if ends == -1 or ends >= day_end then count = tonumber(redis.call('GET', KEYS[1])) or 0 end
  redis.call('SET', KEYS[1], string.format('%.0f', math.max(0, count + change)), 'EXAT', day_end)
end
redis.call('XADD', KEYS[4], '*', 'event', event)
return outcome
