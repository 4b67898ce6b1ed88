-- Brings one call to its end, once: the tokens it really used take the place of those reserved for it, its slot is free, and
-- its usage event is on the stream.
--
-- KEYS  1 quota:daily:<workspace>   2 quota:reservations:<workspace>   3 quota:lapsed:<workspace>
--       4 rate_limit:tokens:<key hash>   5 rate_limit:parallel:<key hash>   6 usage:events   7 usage:epoch
--       8 usage:settled:<call>   marks a call that was admitted without Redis as settled
-- ARGV  1 call id   2 tokens reserved   3 day of the admission (days since the epoch)   4 tokens used   5 event (JSON; '': none, the call never was)
--       6 '1' when a reservation is held, '0' when the call was admitted without Redis
--       7 the tokens' theoretical arrival time in ms as the admission left it, '' when it took none
--       8 tokens a minute, as at the admission
-- Reply {outcome, id of the event on the stream, id of the oldest event on it, epoch}, the last three '' when there is none
--       'settled'   the reservation was there, or none was needed
--       'late'      it had lapsed and been given back: the tokens were counted in full
--       'unknown'   no trace of it: settled before, or Redis was flushed. Nothing was counted or recorded
-- The epoch is another one after Redis has lost its memory, and with it what was on the stream.
local seconds_per_day = 86400
local call, reserved, day, used, event = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local reservation = call .. ':' .. ARGV[2] .. ':' .. ARGV[3]
local time = redis.call('TIME')
local today = math.floor(time[1] / seconds_per_day)

redis.call('ZREM', KEYS[5], call)

local outcome = 'unknown'
local change = used
if redis.call('ZREM', KEYS[2], reservation) == 1 then
  outcome, change = 'settled', used - reserved
elseif redis.call('ZREM', KEYS[3], reservation) == 1 then
  outcome = 'late'
elseif ARGV[6] == '0' and redis.call('SET', KEYS[8], 1, 'NX', 'EX', 2 * seconds_per_day) then
  outcome = 'settled'
end
if outcome == 'unknown' then return { outcome, '', '', '' } end

-- Tokens belong to the day on which the call was admitted, as in the ledger. A count that is not there is not begun here: the
-- next admission takes it from the ledger.
if day == today and change ~= 0 then
  local day_end = (today + 1) * seconds_per_day
  local ends = redis.call('EXPIRETIME', KEYS[1])
  if ends == -1 or ends >= day_end then
    local count = tonumber(redis.call('GET', KEYS[1])) or 0
    redis.call('SET', KEYS[1], string.format('%.0f', math.max(0, count + change)), 'EXAT', day_end)
  end
end

-- Of the minute's tokens only what has not yet drained of the reservation comes back: what drained was replaced by time, and
-- given back as well it would let more through than the limit says.
if ARGV[7] ~= '' and used ~= reserved then
  local now_us = time[1] * 1000000 + time[2]
  local interval = math.max(1, math.floor(60 * 1000000 / tonumber(ARGV[8])))
  local arrival = math.floor((tonumber(redis.call('GET', KEYS[4])) or 0) * 1000 + 0.5)
  if used > reserved then
    arrival = math.max(now_us, arrival) + (used - reserved) * interval
  else
    local undrained = math.max(0, math.floor(tonumber(ARGV[7]) * 1000 + 0.5) - now_us)
    arrival = arrival - math.min((reserved - used) * interval, undrained)
  end
  local kept_ms = math.max(60000, math.ceil((arrival - now_us) / 1000))
  redis.call('SET', KEYS[4], string.format('%.3f', arrival / 1000), 'PX', kept_ms)
end

if event == '' then return { outcome, '', '', '' } end
redis.call('SET', KEYS[7], call, 'NX')
local id = redis.call('XADD', KEYS[6], '*', 'event', event)
local oldest = redis.call('XRANGE', KEYS[6], '-', '+', 'COUNT', 1)
return { outcome, id, oldest[1][1], redis.call('GET', KEYS[7]) }
