-- Admits one call: takes what it asks of every limit, or takes nothing. Every process of the fleet asks the same script and
-- the same clock (Redis'), so the limits hold however many there are.
--
-- KEYS  1 rate_limit:api_key:<key hash>       requests of the key: theoretical arrival time in ms
--       2 rate_limit:tokens:<key hash>        tokens of the key: the same
--       3 rate_limit:parallel:<key hash>      calls in flight: sorted set of call ids by the ms at which they lapse
--       4 rate_limit:workspace:<workspace>    requests of the workspace: theoretical arrival time in ms
--       5 quota:daily:<workspace>             tokens settled or reserved today (UTC); gone with the day
--       6 quota:reservations:<workspace>      sorted set of <call>:<tokens>:<day>, by the ms at which they lapse
--       7 quota:lapsed:<workspace>            those that lapsed, kept so that a late settle is known from a second one
--       8 quota:known:<workspace>             the last day that was counted here from its start
-- ARGV  1 call id   2 tokens to reserve (0: a request that uses none, and holds no slot)   3 ms until the reservation lapses
--       4 requests per window   5 window in s   6 tokens a minute   7 calls in flight   8 requests of the workspace
--       9 their window in s   10 tokens a day   (0 in 6, 7 and 8: no limit)
--       11 limits in shadow, between spaces: ' tokens parallel '   12 tokens used today as the ledger has them, '' when not asked
-- Reply {'unknown', '', 0, now in ms} when Redis has lost the day's count: ask again with ARGV 12
--       {refused by ('': nobody), exceeded in shadow (between spaces), ms until a repeat makes sense, now in ms,
--        then left and ms until all of it is there, of requests, tokens, parallel, workspace requests and the day,
--        theoretical arrival time of the tokens in ms ('' when none were taken)}
local seconds_per_day = 86400
-- How long a lapsed reservation, and the day that was counted, are remembered.
local remembered_ms = 2 * seconds_per_day * 1000
local reaped_per_call = 100
-- Nobody knows when a call ends; a second is what most of them take at least.
local slot_wait_us = 1000000

local call, tokens, lapse_after_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local parallel, daily, shadow = tonumber(ARGV[7]), tonumber(ARGV[10]), ARGV[11]
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)
local day = math.floor(time[1] / seconds_per_day)
local day_end = (day + 1) * seconds_per_day

-- tostring would write 1e+15.
local function whole(number) return string.format('%.0f', number) end
local function count_day(used) redis.call('SET', KEYS[5], whole(used), 'EXAT', day_end) end

-- GCRA (ITU-T I.371) in whole microseconds: no rounding, so a full bucket holds exactly `size`.
local function bucket(key, size, window, amount)
  if size == 0 then return { wait = 0, left = -1, reset = 0, take = function() return '' end } end
  local interval = math.max(1, math.floor(window * 1000000 / size))
  local capacity = interval * size
  local arrival = math.max(now_us, math.floor((tonumber(redis.call('GET', key)) or 0) * 1000 + 0.5))
  local next_arrival = arrival + interval * amount
  local self = { wait = 0 }
  if amount > 0 then self.wait = next_arrival - now_us - capacity end
  local function look(at)
    self.left = math.max(0, math.floor((capacity - (at - now_us)) / interval))
    self.reset = math.ceil((at - now_us) / 1000)
  end
  function self.take()
    if self.wait > 0 or amount == 0 then return '' end
    look(next_arrival)
    local at_ms = string.format('%.3f', next_arrival / 1000)
    -- A bucket that is full again needs no key, but an operator who asks for it a moment later should still find it.
    redis.call('SET', key, at_ms, 'PX', math.max(window * 1000, self.reset))
    return at_ms
  end
  look(arrival)
  return self
end

local function slots()
  if parallel == 0 then return { wait = 0, left = -1, take = function() end } end
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now_ms)
  local self = { wait = 0, left = math.max(0, parallel - redis.call('ZCARD', KEYS[3])) }
  if tokens > 0 and self.left == 0 then self.wait = slot_wait_us end
  -- In shadow, too: a slot is a call that is there, counted or not.
  function self.take()
    if tokens == 0 then return end
    redis.call('ZADD', KEYS[3], now_ms + lapse_after_ms, call)
    redis.call('PEXPIRE', KEYS[3], lapse_after_ms)
    self.left = math.max(0, self.left - 1)
  end
  return self
end

-- Today's count; nil when Redis should have it and has not. A key that should have gone at midnight is not believed: expiry
-- and TIME may differ by a moment.
local function used_today()
  local ends = redis.call('EXPIRETIME', KEYS[5])
  if ends == -1 or ends >= day_end then return tonumber(redis.call('GET', KEYS[5])) or 0 end
  local known = tonumber(redis.call('GET', KEYS[8]))
  if known and known < day then return 0 end
  return nil
end

-- What killed processes left behind comes back. Only today's tokens are in today's count.
local function reap(used)
  local lapsed = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now_ms, 'LIMIT', 0, reaped_per_call)
  if #lapsed == 0 then return used end
  for _, reservation in ipairs(lapsed) do
    local held, held_on = string.match(reservation, ':(%d+):(%d+)$')
    if tonumber(held_on) == day then used = used - tonumber(held) end
    redis.call('ZREM', KEYS[6], reservation)
    redis.call('ZADD', KEYS[7], now_ms + remembered_ms, reservation)
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now_ms)
  redis.call('PEXPIRE', KEYS[7], remembered_ms)
  used = math.max(0, used)
  count_day(used)
  return used
end

local used = used_today()
if not used then
  if ARGV[12] == '' then return { 'unknown', '', 0, now_ms } end
  -- What is held now was not in the ledger's sum.
  used = tonumber(ARGV[12])
  for _, reservation in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do
    local held, held_on = string.match(reservation, ':(%d+):(%d+)$')
    if tonumber(held_on) == day then used = used + tonumber(held) end
  end
  count_day(used)
  redis.call('SET', KEYS[8], day, 'PX', remembered_ms)
end
used = reap(used)

local requests = bucket(KEYS[1], tonumber(ARGV[4]), tonumber(ARGV[5]), 1)
local per_minute = bucket(KEYS[2], tonumber(ARGV[6]), 60, tokens)
local in_flight = slots()
local workspace = bucket(KEYS[4], tonumber(ARGV[8]), tonumber(ARGV[9]), 1)
local quota = { wait = 0 }
if tokens > 0 and used + tokens > daily then quota.wait = day_end * 1000000 - now_us end

local function reply(refused_by, exceeded, wait_us, tokens_until)
  return {
    refused_by, exceeded, math.ceil(wait_us / 1000), now_ms,
    requests.left, requests.reset, per_minute.left, per_minute.reset, in_flight.left, 0,
    workspace.left, workspace.reset, math.max(0, daily - used), day_end * 1000 - now_ms,
    tokens_until,
  }
end

-- The longest wait is the useful answer when several refuse.
local refused_by, exceeded, wait_us = '', ' ', 0
local limits = {
  { 'requests', requests }, { 'tokens', per_minute }, { 'parallel', in_flight },
  { 'workspace_requests', workspace }, { 'daily_tokens', quota },
}
for _, limit in ipairs(limits) do
  local name, wait = limit[1], limit[2].wait
  if wait > 0 and string.find(shadow, ' ' .. name .. ' ', 1, true) then
    exceeded = exceeded .. name .. ' '
  elseif wait > wait_us then
    refused_by, wait_us = name, wait
  end
end
if refused_by ~= '' then return reply(refused_by, exceeded, wait_us, '') end

requests.take()
workspace.take()
in_flight.take()
local tokens_until = per_minute.take()
if tokens > 0 then
  used = used + tokens
  count_day(used)
  redis.call('SET', KEYS[8], day, 'PX', remembered_ms)
  redis.call('ZADD', KEYS[6], now_ms + lapse_after_ms, call .. ':' .. whole(tokens) .. ':' .. day)
  redis.call('PEXPIRE', KEYS[6], lapse_after_ms + remembered_ms)
end
return reply('', exceeded, 0, tokens_until)
